// Reactions: who is there sees each at once, who was away is brought them in their order, a restart and a check find them again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, follow, listAll, nothingWrong, refused, rpc, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { snug } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";
import { Wire } from "../support/wire.mjs";

const told = (message) => (message.reactions ?? []).map(({ emoji, users }) => `${emoji} ${users.join(" ")}`);

test("each is told live, after a pause, after a restart, and by every list the same", async () => {
  const server = await startPlace();
  const [ada, bob, cat] = await people(server, ["ada", "bob", "cat"]);
  const id = await room(ada, "signs", [bob, cat]);
  const [a, b] = await Promise.all([ada, bob].map((who) => connected(server.url, { token: who.token })));
  const log = await follow(b, id);
  const sent = await rpc(a, "message.send", { room: id, text: "it is done", key: "k1" });
  const away = await Wire.connect(server.url, { token: cat.token });
  const { subscribe } = await away.ask("subscribe", { channel: `room:${id}` });
  await away.close();

  const sign = (c, method, emoji) => rpc(c, method, { room: id, id: sent.id, emoji });
  assert.deepEqual(await sign(a, "reaction.add", "🎉"), {});
  assert.deepEqual(await sign(b, "reaction.add", "👍"), {});
  assert.deepEqual(await sign(b, "reaction.add", "👍"), {}, "again is the same");
  assert.deepEqual(await sign(a, "reaction.add", "👍"), {});
  assert.deepEqual(await sign(a, "reaction.remove", "🎉"), {});
  await until("all to come", () => log.types().includes("reaction_removed"));
  const events = log.events.slice(-4).map(({ data }) => data);
  assert.deepEqual(events.map(({ type, emoji, user }) => [type, emoji, user.name]), [
    ["reaction_added", "🎉", "ada"], ["reaction_added", "👍", "bob"], ["reaction_added", "👍", "ada"], ["reaction_removed", "🎉", "ada"]]);
  for (const { message } of events) assert.deepEqual(message, { id: sent.id, room: id, offset: sent.offset });

  const everywhere = async (where) => {
    const wanted = [`👍 ${bob.id} ${ada.id}`];
    assert.deepEqual(told((await listAll(cat.call, id)).at(-1)), wanted, `${where}: the list`);
    const found = await until(`${where}: the search`, async () => (await cat.call("message.search", { query: "done", room: id })).messages[0]);
    assert.deepEqual(told(found), wanted, `${where}: the search`);
  };
  await everywhere("at once");
  assert.equal((await server.stop()).code, 0);
  const { out, err } = await snug(["check", "--data", server.data]);
  assert.match(out, /is whole/, err);
  await server.restart();
  await Promise.all([a.ready(), b.ready()]);
  await log.sub.ready();
  await everywhere("after a restart");

  const back = await Wire.connect(server.url, { token: cat.token });
  const { subscribe: missed } = await back.ask("subscribe", { channel: `room:${id}`, recover: true, offset: sent.offset, epoch: subscribe.epoch });
  assert.equal(missed.recovered, true);
  assert.deepEqual(missed.publications.map((p) => p.data), events, "who was away is brought the same");
  await back.close();

  await rpc(a, "message.delete", { room: id, id: sent.id });
  const late = await refused(sign(b, "reaction.add", "👍"));
  assert.equal(late.code, 400);
  assert.deepEqual(told((await listAll(cat.call, id)).at(-1)), [], "a deletion takes them");
  assert.deepEqual(log.faults, []);
  await nothingWrong(server.url);
  for (const c of [a, b]) c.disconnect();
  assert.equal((await server.stop()).code, 0);
});

test("snug check names a message that does not tell what it has", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const sent = await ada.call("message.send", { room: "1", text: "hello", key: "k1" });
  await ada.call("reaction.add", { room: "1", id: sent.id, emoji: "👋" });
  await server.stop();
  await sql(server, `UPDATE message SET reactions = '' WHERE id = ${sent.id};`);
  const { out, code } = await snug(["check", "--data", server.data]);
  assert.match(out, new RegExp(`Message ${sent.id} has 1 reactions and tells of 0`));
  assert.equal(code, 1);
});
