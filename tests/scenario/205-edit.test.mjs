// A message that is edited: everybody who is there sees it, who was away finds the new text and never the old one, in the
// stream from any offset, in lists, in the search, in an export; a kill in the middle leaves one of both, whole.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { connected, follow, listAll, nothingWrong, refused, rpc, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { snug, tempFolder } from "../support/server.mjs";
import { Wire } from "../support/wire.mjs";

/** All events of a room after an offset, as a client reads them. */
async function history(c, id, since, epoch) {
  const all = [];
  for (let offset = since; ; ) {
    const page = await c.history(`room:${id}`, { limit: 1000, since: { offset, epoch } });
    if (page.publications.length === 0) return all;
    all.push(...page.publications);
    offset = page.publications.at(-1).offset;
  }
}

async function checked(data) {
  const { out, err, code } = await snug(["check", "--data", data]);
  assert.match(out, /is whole/, err);
  assert.equal(code, 0);
}

test("who is there sees it at once, who comes back has the new text and never the old one", async () => {
  const server = await startPlace();
  const [ada, bob, cat] = await people(server, ["ada", "bob", "cat"]);
  const id = await room(ada, "texts", [bob, cat]);
  const [a, b] = await Promise.all([ada, bob].map((who) => connected(server.url, { token: who.token })));
  const log = await follow(b, id);
  const away = await Wire.connect(server.url, { token: cat.token });
  const { subscribe } = await away.ask("subscribe", { channel: `room:${id}` });
  const before = await rpc(a, "message.send", { room: id, text: "one before", key: "k0" });
  const sent = await rpc(a, "message.send", { room: id, text: "a herring", key: "k1" });
  await until("bob to have it", () => log.messages().length === 2);
  await away.close();

  const first = await rpc(a, "message.edit", { room: id, id: sent.id, text: "a trout" });
  assert.deepEqual([first.id, first.offset, first.edited >= sent.time], [sent.id, sent.offset, true]);
  const second = await rpc(a, "message.edit", { room: id, id: sent.id, text: "a carp for @bob" });
  assert.deepEqual(await rpc(a, "message.edit", { room: id, id: sent.id, text: "a carp for @bob" }), second, "again is the same");
  assert.deepEqual(await rpc(a, "message.send", { room: id, text: "a herring", key: "k1" }), sent, "the send's first result stands");
  await until("both to come", () => log.types().filter((t) => t === "message_edited").length === 2);
  assert.deepEqual(log.events.slice(-2).map(({ data }) => [data.message.id, data.message.text]), [[sent.id, "a trout"], [sent.id, "a carp for @bob"]]);
  const { message } = log.events.at(-1).data;
  assert.deepEqual((await listAll(bob.call, id))[1], message, "lists have what the event brought");
  assert.deepEqual([message.edited, message.time, message.key, message.author.name], [second.edited, sent.time, "k1", "ada"]);
  assert.equal((await bob.call("room.list")).rooms.find((r) => r.id === id).mentions, 1);

  // A third person, and programs: nobody else may, and what is wrong is named.
  const wrong = [
    [bob, { id: sent.id, text: "mine" }, 103, undefined],
    [ada, { id: "999", text: "x" }, undefined, "id"],
    [ada, { id: sent.id, text: " " }, 107, "text"],
    [ada, { id: sent.id, text: "x".repeat(16_001) }, 107, "text"],
    [ada, { id: "one", text: "x" }, 107, "id"],
  ];
  for (const [who, params, code, field] of wrong) {
    const { error } = await who.post("message.edit", { room: id, ...params });
    if (code) assert.equal(error.code, code, JSON.stringify(params).slice(0, 60));
    if (field) assert.equal(error.field, field);
  }

  const everywhere = async (where) => {
    for (const since of [0, before.offset, sent.offset, sent.offset + 1]) {
      const events = await history(b, id, since, log.epoch);
      const words = JSON.stringify(events);
      assert.ok(!words.includes("herring") && !words.includes("trout"), `${where}, from ${since}: an old text is there`);
      assert.ok(words.includes("a carp for @bob"), `${where}, from ${since}: the new text is there`);
      assert.deepEqual(events.map((e) => e.offset), events.map((_, i) => since + 1 + i), "without holes");
    }
    const texts = async (query) => (await bob.call("message.search", { query, room: id })).messages.map((m) => [m.text, m.edited]);
    await until("the new word to be found", async () => (await texts("carp")).length === 1);
    assert.deepEqual([await texts("herring"), await texts("trout"), await texts("carp")], [[], [], [["a carp for @bob", second.edited]]]);
  };
  await everywhere("at once");
  assert.equal((await server.stop()).code, 0);
  await checked(server.data);
  await server.restart();
  await Promise.all([a.ready(), b.ready()]);
  await log.sub.ready();
  await everywhere("after a restart");

  // Who went before the edits recovers over the restart, and is brought all of it.
  const back = await Wire.connect(server.url, { token: cat.token });
  const { subscribe: found } = await back.ask("subscribe", { channel: `room:${id}`, recover: true, offset: subscribe.offset ?? 0, epoch: subscribe.epoch });
  assert.deepEqual([found.recovered, found.publications.map((p) => p.data.type)],
    [true, ["message_created", "message_created", "message_edit_replaced", "message_edited"]]);
  assert.deepEqual(found.publications.filter((p) => p.data.message.id === sent.id).map((p) => p.data.message.text), ["a carp for @bob", undefined, "a carp for @bob"]);
  await back.close();

  await rpc(a, "message.delete", { room: id, id: sent.id });
  const late = await refused(rpc(a, "message.edit", { room: id, id: sent.id, text: "back again" }));
  assert.equal(late.code, 400);
  assert.ok(!JSON.stringify(await history(b, id, 0, log.epoch)).includes("carp"), "a deletion takes the edit's text too");
  assert.deepEqual(log.faults, []);
  await nothingWrong(server.url);
  for (const c of [a, b]) c.disconnect();
  assert.equal((await server.stop()).code, 0);
});

test("of edits at the same time one is the last, for everybody; each is answered", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "race");
  const tabs = await Promise.all([0, 1, 2].map(() => connected(server.url, { token: ada.token })));
  const logs = await Promise.all(tabs.map((c) => follow(c, id)));
  const { id: message } = await rpc(tabs[0], "message.send", { room: id, text: "begin", key: "k" });
  const rounds = slow ? 10 : 40;
  const edits = [];
  for (let i = 0; i < rounds; i++) edits.push(rpc(tabs[i % 3], "message.edit", { room: id, id: message, text: `text ${i}` }));
  for (const { id: answered, edited } of await Promise.all(edits)) assert.deepEqual([answered, edited > 0], [message, true]);
  for (const log of logs) await until("all edits to come", () => log.types().filter((t) => t === "message_edited").length === rounds);
  const [{ text }] = await listAll(ada.call, id);
  for (const log of logs) {
    assert.equal(log.events.at(-1).data.message.text, text);
    assert.deepEqual(log.faults, []);
  }
  const told = logs[0].events.filter((e) => e.data.type === "message_edited").map((e) => e.data.message.text);
  assert.deepEqual([...told].sort(), Array.from({ length: rounds }, (_, i) => `text ${i}`).sort(), "each was told once");
  for (const c of tabs) c.disconnect();
  assert.equal((await server.stop()).code, 0);
  await checked(server.data);
});

test("a kill in the middle of edits: what was acknowledged is there, and all places say the same", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "killed");
  const { id: message } = await ada.call("message.send", { room: id, text: "n 0", key: "k" });
  for (let round = 0, n = 0; round < (slow ? 3 : 8); round++) {
    const c = await connected(server.url, { token: ada.token });
    let answered = n;
    let on = true;
    const writer = (async () => {
      while (on) {
        const mine = ++n;
        try {
          await rpc(c, "message.edit", { room: id, id: message, text: `n ${mine}` });
          answered = mine;
        } catch {
          return; // killed
        }
      }
    })();
    const enough = answered + 20 + 7 * round;
    await until("some to be answered", () => answered >= enough);
    await server.kill();
    on = false;
    c.disconnect();
    await writer;
    await checked(server.data);
    await server.restart();
    const [{ text }] = await listAll(ada.call, id);
    const got = Number(text.slice(2));
    assert.ok(got >= answered && got <= n, `${got} is none of ${answered} to ${n}`);
    n = Math.max(n, got);
  }
  assert.equal((await server.stop()).code, 0);
});

test("an export has the time of the edit, and an import brings it back", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const { id } = await ada.call("message.send", { room: "1", text: "first", key: "k1" });
  await ada.call("message.send", { room: "1", text: "as it was", key: "k2" });
  const { edited } = await ada.call("message.edit", { room: "1", id, text: "second" });
  assert.equal((await server.stop()).code, 0);
  const exported = async (data) => {
    const { out } = await snug(["export", "--data", data]);
    return out.trimEnd().split("\n").map((line) => JSON.parse(line)).filter((line) => line.type === "message").map((m) => [m.text, m.edited]);
  };
  const wanted = [["second", edited], ["as it was", undefined]];
  assert.deepEqual(await exported(server.data), wanted);
  const file = path.join(tempFolder(), "place.jsonl");
  const other = path.join(tempFolder(), "other");
  assert.equal((await snug(["export", file, "--data", server.data])).code, 0);
  const { code, err } = await snug(["import", file, "--data", other]);
  assert.equal(code, 0, err);
  assert.deepEqual(await exported(other), wanted);
  await checked(other);
});
