// The end of the server, wanted and unwanted: SIGTERM under load ends within 5 s with 3001 for everybody and nothing
// acknowledged lost; kill -9 at any moment leaves nothing that needs a hand.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Auditor } from "../support/auditor.mjs";
import { client, connected, follow, nothingWrong, send, slow, until, within } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Server } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";
import { Wire } from "../support/wire.mjs";

// How often it is killed. SNUG_CRASH_ROUNDS=100 takes about half a minute.
const ROUNDS = Number(process.env.SNUG_CRASH_ROUNDS ?? (slow ? 15 : 40));
let server, team, id, books;

before(async () => {
  server = await startPlace({ config: { client: { recovery_max_publication_limit: 100 } } }); // so that some have to read on
  team = await people(server, ["ada", "bob", "cat", "dan", "eve"]);
  id = await room(team[0], "end", team.slice(1));
  books = new Auditor(server, team[0], id);
});

/** Three lanes that write on, over crashes too, each the next message when the last one is acknowledged, while may() says
 * so. The returned function ends them when all they have begun is acknowledged; with abandon, at once. */
function writeOn(auditor, c, who, name, may = () => true) {
  let on = true;
  let abandoned = false;
  const lanes = [0, 1, 2].map(async (lane) => {
    for (let i = 0; on; i++) {
      if (!may()) {
        await until("it may write on", () => !on || may());
        continue;
      }
      const key = `${name}-${lane}-${i}`;
      const text = `text of ${key}`;
      auditor.sends(key, who.name, text);
      const ack = await send(c, auditor.room, text, key, () => !abandoned).catch((error) => {
        if (!abandoned) throw error;
      });
      if (ack) auditor.answered(key, ack);
    }
  });
  return async ({ abandon = false } = {}) => {
    on = false;
    abandoned = abandon;
    if (abandon) c.disconnect();
    await Promise.all(lanes);
    c.disconnect();
  };
}

test("SIGTERM under load: everybody gets 3001, exit 0 within 5 s, everything acknowledged is there at the next start", async (t) => {
  const wires = await Promise.all(team.map((one) => Wire.connect(server.url, { token: one.token })));
  for (const wire of wires) await wire.ask("subscribe", { channel: `room:${id}` });
  const stuck = await Wire.connect(server.url, { token: team[0].token });
  await stuck.ask("subscribe", { channel: `room:${id}` });
  stuck.socket.pause(); // one that does not even read its close
  const stops = [];
  for (const one of team) stops.push(writeOn(books, await connected(server.url, { token: one.token }), one, `stop-${one.name}`));
  await until("they are writing", () => books.acknowledged.size > 100);
  const stopping = server.stop();
  for (const wire of wires) assert.deepEqual(await wire.closed(), { code: 3001, reason: "shutdown" });
  const { code, signal, ms } = await stopping;
  assert.deepEqual([code, signal], [0, null], server.log.slice(-2000));
  assert.ok(ms < (slow ? 15_000 : 5000), `${ms} ms`);
  const atStop = books.acknowledged.size;
  for (const stop of stops) await stop({ abandon: true });
  await server.restart();
  await books.audit();
  await nothingWrong(server.url);
  stuck.socket.terminate();
  t.diagnostic(`${atStop} messages acknowledged, stopped in ${ms} ms`);
});

test("the reference client comes back by itself after 3001, and recovers", async () => {
  const c = await connected(server.url, { token: team[1].token });
  const log = await follow(c, id);
  const codes = [];
  c.on("connecting", (ctx) => codes.push(ctx.code));
  await server.stop();
  await until("it knows", () => codes.length > 0);
  assert.equal(codes[0], 3001);
  await server.restart();
  await within("back", c.ready());
  books.sends("back", "ada", "we are back");
  books.answered("back", await team[0].call("message.send", { room: id, text: "we are back", key: "back" }));
  await until("the new message", () => log.messages().some((m) => m.text === "we are back"));
  assert.deepEqual(log.faults, []);
  c.disconnect();
});

test("the auditor notices whatever is wrong", async () => {
  const place = await startPlace();
  const [ada] = await people(place, ["ada"]);
  const c = await connected(place.url, { token: ada.token });
  const faults = [ // of the second of three messages, $
    ["UPDATE message SET text = 'other' WHERE key = '$'", /is not as it was sent/],
    ["UPDATE message SET offset = offset + 7 WHERE key = '$'", /was acknowledged/],
    ["INSERT INTO message (id, room_id, offset, author_id, text, created_ms, key) SELECT id + 1000, room_id, offset, author_id, text, created_ms, key FROM message WHERE key = '$'", /is stored twice/],
    ["DELETE FROM send_key WHERE key = '$'", /each message has its key/],
    ["DELETE FROM stream WHERE data LIKE '%$%'", /the stream: \d+ is in the place of/],
    ["UPDATE stream SET data = replace(data, '\"$\"', '\"other\"') WHERE data LIKE '%$%'", /was delivered differently/],
    ["UPDATE room SET top = top + 1", /the room's top/],
    ["DELETE FROM message WHERE key = '$'", /was acknowledged/],
  ];
  const clean = `DELETE FROM send_key; DELETE FROM message; DELETE FROM stream; UPDATE room SET top = 0;
    UPDATE member SET read_offset = 0; INSERT INTO message_text (message_text) VALUES ('rebuild');`;
  for (const [n, [statement, words]] of faults.entries()) {
    const auditor = new Auditor(place, ada, await room(ada, `room ${n}`));
    auditor.logs.push(await follow(c, auditor.room));
    for (const key of [`a${n}`, `b${n}`, `c${n}`]) {
      auditor.sends(key, "ada", `text of ${key}`);
      auditor.answered(key, await ada.call("message.send", { room: auditor.room, text: `text of ${key}`, key }));
    }
    await auditor.audit();
    await sql(place, `${statement.replaceAll("$", `b${n}`)};`);
    await assert.rejects(auditor.audit(), words, statement);
    await sql(place, clean); // else snug check, which is a part of the audit, finds it once more
  }
  c.disconnect();
});

/** Random, and the same again for the same seed. */
function chanceOf(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Starts it; sometimes it is killed while it starts, too. How long the start took in the end. */
async function startAgain(chance) {
  if (chance(4) === 0) {
    const starting = server.restart().catch(() => null); // killed before it was ready, or after
    const until_ms = performance.now() + chance(slow ? 300 : 40);
    await until("a moment of the start", () => performance.now() >= until_ms);
    await server.kill();
    await starting;
  }
  const began = performance.now();
  await server.restart();
  return performance.now() - began;
}

test("kill -9 at random moments under load: acknowledged, stored and delivered are the same, every start is quick", async (t) => {
  const seed = Number(process.env.SNUG_CRASH_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SNUG_CRASH_SEED=${seed}`);
  const chance = chanceOf(seed);
  const auditor = new Auditor(server, team[0], await room(team[0], "crash", team.slice(1)));
  const listeners = [];
  for (const who of [team[1], team[2], team[3]]) {
    const c = await connected(server.url, { token: who.token });
    listeners.push(c);
    auditor.logs.push(await follow(c, auditor.room));
  }
  const sleepy = listeners[2]; // misses whole rounds
  let budget = 0; // of messages, so that a hundred rounds stay small enough to be audited each time
  const stops = [];
  for (const one of team)
    stops.push(writeOn(auditor, await connected(server.url, { token: one.token }), one, one.name, () => auditor.sent.size < budget));
  const starts = [];
  for (let round = 0; round < ROUNDS; round++) {
    const enough = auditor.acknowledged.size + chance(200);
    budget = enough + 200;
    if (chance(3) === 0) sleepy.state === "disconnected" ? sleepy.connect() : sleepy.disconnect();
    await until("they are writing", () => auditor.acknowledged.size >= enough);
    await server.kill();
    starts.push(await startAgain(chance));
    await auditor.storedIsWhatWasAcknowledged();
  }
  await Promise.all(stops.map((stop) => stop()));
  sleepy.connect();
  const { acknowledged, stored, delivered } = await auditor.audit();
  assert.equal(stored, acknowledged, "who repeats until it is acknowledged has it there once");
  await nothingWrong(server.url);
  const recovered = auditor.logs.reduce((sum, log) => sum + log.recovered, 0);
  const refilled = auditor.logs.reduce((sum, log) => sum + log.refilled, 0);
  assert.ok(recovered + refilled >= ROUNDS, `${recovered} recoveries, ${refilled} read on`);
  for (const c of listeners) c.disconnect();
  t.diagnostic(`${ROUNDS} kills: ${acknowledged} acknowledged, ${stored} stored, ${delivered} delivered to 3`);
  t.diagnostic(`${recovered} recoveries, ${refilled} read on, slowest start ${Math.round(Math.max(...starts))} ms`);
});

test("a second server does not take a folder that is in use", async () => {
  await assert.rejects(Server.start({ data: server.data }), /ended before it was ready \(1\)/);
  assert.ok((await team[0].call("user.me")).user, "the first one goes on");
});

test("a client that connects while the server stops is told or refused, never left hanging", async () => {
  const c = client(server.url, { token: team[2].token }, { timeout: 2000 });
  const stopping = server.stop();
  c.connect();
  assert.equal((await stopping).code, 0);
  await server.restart();
  await within("connected after all", c.ready());
  c.disconnect();
});
