// A conversation of two over real sockets: both are told at once, under each other's name; it is there after a restart, and only there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, follow, nothingWrong, refused, rpc, until } from "../support/chat.mjs";
import { people, startPlace } from "../support/place.mjs";
import { snug } from "../support/server.mjs";

test("two write to each other, and nobody else sees any of it", async () => {
  const server = await startPlace();
  const [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
  const [boss] = await people(server, ["boss"], { admin: true });
  const [a, b, e] = await Promise.all([ada, bob, eve].map((who) => connected(server.url, { token: who.token })));
  const told = { ada: [], bob: [], eve: [] };
  for (const [c, who] of [[a, ada], [b, bob], [e, eve]])
    c.on("publication", ({ channel, data }) => channel === `user:${who.id}` && data.type === "room_added" && told[who.name].push(data.room));

  const both = await Promise.all([rpc(a, "room.direct", { user: "bob" }), rpc(b, "room.direct", { user: "ada" })]);
  const { id } = both[0];
  assert.equal(both[1].id, id, "asked at the same time it is one");
  assert.deepEqual(both.map(({ room }) => [room.name, room.direct.name, room.private]), [["bob", "bob", true], ["ada", "ada", true]]);
  await until("both to be told", () => told.ada.length === 1 && told.bob.length === 1);
  assert.deepEqual([told.ada[0].direct.name, told.bob[0].direct.name, told.eve], ["bob", "ada", []]);

  const log = await follow(b, id);
  await rpc(a, "message.send", { room: id, text: "lunch?", key: "k1" });
  await until("bob to have it", () => log.messages().length === 1);
  for (const who of [eve, boss]) {
    for (const method of ["message.list", "room.members", "run.list"]) assert.equal((await who.post(method, { room: id })).error.code, 103);
    assert.deepEqual((await who.call("message.search", { query: "lunch" })).messages, []);
  }
  assert.equal((await refused(e.newSubscription(`room:${id}`).subscribe() ?? e.history(`room:${id}`, { limit: 1 }))).code, 103);
  for (const [method, more] of [["room.leave", {}], ["room.invite", { user: "eve" }]]) {
    const { status, error } = await ada.post(method, { room: id, ...more });
    assert.deepEqual([status, error.field], [409, "room"], method);
  }

  assert.equal((await server.stop()).code, 0);
  assert.match((await snug(["check", "--data", server.data])).out, /is whole/);
  await server.restart();
  await Promise.all([a.ready(), b.ready()]);
  assert.equal((await rpc(b, "room.direct", { user: ada.id })).id, id);
  const list = (await rpc(b, "room.list")).rooms.find((room) => room.id === id);
  assert.deepEqual([list.name, list.direct.id, list.unread], ["ada", ada.id, 1]);
  assert.deepEqual(log.faults, []);
  await nothingWrong(server.url);
  for (const c of [a, b, e]) c.disconnect();
  assert.equal((await server.stop()).code, 0);
});
