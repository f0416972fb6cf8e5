// auditor: of one room, what was acknowledged, what is stored and what was delivered, compared. It reads the database
// itself, so that it does not believe the server.
import assert from "node:assert/strict";
import { listAll, until } from "./chat.mjs";
import { snug } from "./server.mjs";
import { sql } from "./sqlite.mjs";
import { Wire } from "./wire.mjs";

/** 1, 2, ... without a hole. */
function assertNumbered(numbers, what) {
  for (const [i, n] of numbers.entries()) assert.equal(n, i + 1, `${what}: ${n} is in the place of ${i + 1}`);
}

export class Auditor {
  sent = new Map(); // key: {author, text}, before it is sent
  acknowledged = new Map(); // key: {id, offset, time}
  logs = []; // of those who listen, from chat.mjs

  constructor(server, owner, room) {
    this.server = server;
    this.owner = owner;
    this.room = room;
  }

  sends(key, author, text) {
    assert.ok(!this.sent.has(key), `the test uses ${key} twice`);
    this.sent.set(key, { author, text });
  }

  /** An answer to a send; one that is repeated must say the same. */
  answered(key, { id, offset, time }) {
    const before = this.acknowledged.get(key);
    if (before) assert.deepEqual({ id, offset, time }, before, `${key} was answered differently`);
    this.acknowledged.set(key, { id, offset, time });
  }

  async rows(select) {
    const out = await sql(this.server, select);
    return out ? out.split("\n").map((line) => JSON.parse(line)) : [];
  }

  /** Everything acknowledged so far is stored once, as it was answered, and nothing that nobody sent. How many are stored. */
  async storedIsWhatWasAcknowledged() {
    const known = new Map(this.acknowledged); // what comes meanwhile may be stored later
    const rows = await this.rows(
      `SELECT json_array(m.key, CAST(m.id AS TEXT), m.offset, m.created_ms, u.name, m.text)
       FROM message m JOIN user u ON u.id = m.author_id WHERE m.room_id = ${this.room} ORDER BY m.offset;`,
    );
    const byKey = new Map();
    for (const [key, id, offset, time, author, text] of rows) {
      assert.ok(!byKey.has(key), `${key} is stored twice`);
      assert.deepEqual({ author, text }, this.sent.get(key), `${key} is not as it was sent`);
      byKey.set(key, { id, offset, time });
    }
    for (const [key, ack] of known) assert.deepEqual(byKey.get(key), ack, `${key} was acknowledged`);
    return rows.length;
  }

  /** The room's numbers have no hole, and each message is there with its event, its key and its number. The events. */
  async storedIsWhole() {
    const events = await this.rows(
      `SELECT json_array(offset, json(data)) FROM stream WHERE room_id = ${this.room} ORDER BY offset;`,
    );
    assertNumbered(events.map(([offset]) => offset), "the stream");
    const [[top, messages, keys, strays]] = await this.rows(
      `SELECT json_array((SELECT top FROM room WHERE id = ${this.room}),
         (SELECT count(*) FROM message WHERE room_id = ${this.room}),
         (SELECT count(*) FROM message m JOIN send_key k ON k.message_id = m.id AND k.key = m.key WHERE room_id = ${this.room}),
         (SELECT count(*) FROM send_key k LEFT JOIN message m ON m.id = k.message_id WHERE m.id IS NULL));`,
    );
    assert.equal(top, events.length, "the room's top");
    assert.equal(keys, messages, "each message has its key");
    assert.equal(strays, 0, "no key is without a message");
    const created = events.filter(([, data]) => data.type === "message_created");
    assert.equal(created.length, messages, "each message has its event");
    for (const [offset, data] of created) assert.equal(data.message.offset, offset);
    return events.map(([, data]) => data);
  }

  /** What each listener saw, live and recovered, is what is stored: nothing else, nothing twice, nothing left out. */
  async deliveredIsWhatIsStored(events) {
    for (const log of this.logs) {
      await until(() => `somebody has all: ${log.top} of ${events.length}`, () => !log.held && log.top >= events.length);
      assert.deepEqual(log.faults, []);
      const from = events.length - log.events.length;
      for (const [i, { offset, data }] of log.events.entries()) {
        assert.equal(offset, from + i + 1, "a listener's numbers");
        assert.deepEqual(data, events[from + i], `offset ${offset} was delivered differently`);
      }
    }
  }

  /** What the server says of the room is what is stored. */
  async servedIsWhatIsStored(events) {
    const listed = await listAll(this.owner.call, this.room);
    assert.deepEqual(listed, events.filter((e) => e.type === "message_created").map((e) => e.message));
    const wire = await Wire.connect(this.server.url, { token: this.owner.token });
    const served = [];
    while (served.length < events.length) {
      const since = { offset: served.length, epoch: "" };
      const { history } = await wire.ask("history", { channel: `room:${this.room}`, limit: 1000, since });
      assert.ok(history.publications?.length > 0, `history ends at ${served.length} of ${events.length}`);
      served.push(...history.publications);
    }
    assertNumbered(served.map((p) => p.offset), "history");
    assert.deepEqual(served.map((p) => p.data), events);
    await wire.close();
  }

  /** Everything, when nobody writes any more: {acknowledged, stored, delivered}. */
  async audit() {
    const stored = await this.storedIsWhatWasAcknowledged();
    const events = await this.storedIsWhole();
    await this.deliveredIsWhatIsStored(events);
    await this.servedIsWhatIsStored(events);
    const { code, out, err } = await snug(["check", "--data", this.server.data]);
    assert.equal(code, 0, out + err);
    return {
      acknowledged: this.acknowledged.size,
      stored,
      delivered: this.logs.reduce((sum, log) => sum + log.messages().length, 0),
    };
  }
}
