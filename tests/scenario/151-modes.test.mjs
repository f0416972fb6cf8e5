// What an operator can make managers do, seen over sockets: the modes of S8, and an announcement to everybody (S27).
import assert from "node:assert/strict";
import { test } from "node:test";
import { metric, nothingWrong, slow, until } from "../support/chat.mjs";
import { jwt } from "../support/jwt.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { BIN, snug } from "../support/server.mjs";
import { Wire } from "../support/wire.mjs";

const SECRET = "a secret that only this test knows";
const USERS = slow ? 100 : 1000;
const withMode = async (mode) => {
  const server = await startPlace({ args: ["--manager.mode", mode] });
  const [ada] = await people(server, ["ada"], { admin: true });
  const [bob] = await people(server, ["bob"]);
  return { server, ada, bob };
};
const announced = (wire) => wire.pushes.filter((push) => push.message).map((push) => push.message.data);

test("S8 unified: connections are taken, remembered, and hear announcements", async () => {
  const { server, ada, bob } = await withMode("unified");
  const wire = await Wire.connect(server.url, { token: bob.token });
  assert.deepEqual(await ada.call("place.announce", { text: "lunch" }), { users: 1, connections: 1 });
  const { message } = await wire.push("the announcement", (push) => push.message);
  const { time, ...said } = message.data;
  assert.ok(Math.abs(time - Date.now()) < 60_000);
  assert.deepEqual(said, { type: "announcement", text: "lunch", by: { id: ada.id, name: "ada", display: "ada", role: "admin" } });
  await wire.close();
  await until("its row", async () => (await ada.call("connection.history", { user: bob.id })).closed.length === 1);
  assert.equal((await ada.call("manager.list")).managers[0].mode, "unified");
  await nothingWrong(server.url);
});

test("S27 snug announce tells everybody from the command line, and nobody without a server", async () => {
  const { server, bob } = await withMode("unified");
  const wires = [await Wire.connect(server.url, { token: bob.token }), await Wire.connect(server.url, { token: bob.token })];
  const told = await snug(["announce", "restart at six", "--data", server.data]);
  assert.deepEqual([told.code, told.out, told.err], [0, "Told users: 1, connections: 2.\n", ""]);
  for (const wire of wires) {
    const { message } = await wire.push("the announcement", (push) => push.message);
    assert.deepEqual([message.data.text, message.data.by], ["restart at six", undefined]);
  }
  const wrong = await snug(["announce", " ", "--data", server.data]);
  assert.deepEqual([wrong.code, wrong.out], [1, ""]);
  assert.match(wrong.err, /^snug: text must have 1 to 1000 characters/);
  for (const wire of wires) await wire.close();
  await server.stop();
  server.gone = true;
  assert.equal((await snug(["announce", "anybody?", "--data", server.data])).out, "Told users: 0, connections: 0.\n");
});

test("S8 isolated: everything but announcements", async () => {
  const { server, ada, bob } = await withMode("isolated");
  const wire = await Wire.connect(server.url, { token: bob.token });
  assert.deepEqual(await ada.call("place.announce", { text: "lunch" }), { users: 0, connections: 0 });
  const made = await room(ada, "quiet", [bob]);
  await wire.push("its own channel goes on", (push) => push.pub?.data.type === "room_added" && push.pub.data.room.id === made);
  assert.deepEqual(announced(wire), []);
  assert.equal((await ada.call("manager.list")).managers.find((m) => m.user.id === bob.id).mode, "isolated");
  await wire.close();
  await until("its row", async () => (await ada.call("connection.history", { user: bob.id })).closed.length === 1);
});

test("S8 degraded: everything is delivered live, and nothing of a connection is stored", async () => {
  const { server, ada, bob } = await withMode("degraded");
  const wire = await Wire.connect(server.url, { token: bob.token });
  await ada.call("place.announce", { text: "lunch" });
  await wire.push("the announcement", (push) => push.message);
  const made = await room(ada, "live", [bob]);
  const added = await wire.push("room_added", (push) => push.pub?.data.type === "room_added");
  assert.equal(added.pub.offset, undefined, "it passes: it has no offset, and is not kept");
  assert.ok((await wire.ask("subscribe", { channel: `room:${made}` })).subscribe);
  await ada.call("message.send", { room: made, text: "stored: a room is not the manager's", key: "1" });
  await wire.push("the message", (push) => push.pub?.data.type === "message_created");
  await wire.close();
  await until("it is gone", async () => (await ada.call("connection.list")).total === 0);
  const kept = await Wire.connect(server.url, { token: bob.token });
  const own = kept.welcome.subs[`user:${bob.id}`];
  assert.equal(own.offset ?? 0, 0, "its own channel has kept nothing");
  await kept.close();
  // The history is written in batches, twice a second and more: a row of something that did happen shows that it was.
  const refused = await Wire.open(server.url);
  refused.write("nonsense");
  assert.equal((await refused.closed()).code, 3501);
  await until("the row of a stranger", async () => (await ada.call("connection.history")).closed.some((row) => row.code === 3501));
  assert.equal((await ada.call("connection.history", { user: bob.id })).total, 0);
  assert.equal((await ada.call("message.list", { room: made })).messages.length, 1);
});

test("S8 emergency: no new connection, and HTTP goes on", async () => {
  const { server, ada, bob } = await withMode("emergency");
  const wire = await Wire.open(server.url);
  wire.write({ id: 1, connect: { token: bob.token } });
  assert.deepEqual(await wire.closed(), { code: 3508, reason: "not available" });
  assert.equal((await ada.call("user.me")).user.id, ada.id);
  const { managers } = await ada.call("manager.list");
  assert.deepEqual(managers.map(({ user, mode, connections }) => [user.id, mode, connections]), [[bob.id, "emergency", 0]]);
});

test("S8 a mode that is none stops the start and names its option", async () => {
  assert.ok(BIN);
  const { code, err } = await snug(["serve", "--ephemeral", "--manager.mode", "panic"]);
  assert.equal(code, 2);
  assert.match(err, /manager\.mode must be one of unified, isolated, degraded and emergency/);
});

test(`S27 an announcement reaches ${USERS} users but for 3, and is encoded once`, async () => {
  // On one reactor: two may make the same frame at the same moment, and both are right (hub/push.c).
  const server = await startPlace({ args: ["--reactors", "1"], config: { client: { token: { hmac_secret_key: SECRET } } } });
  const [ada] = await people(server, ["ada"], { admin: true });
  const names = Array.from({ length: USERS }, (_, i) => `user-${i}`);
  const wires = [];
  for (let at = 0; at < USERS; at += 20) {
    const some = names.slice(at, at + 20);
    wires.push(...(await Promise.all(some.map((sub) => Wire.connect(server.url, { token: jwt({ sub }, SECRET) })))));
  }
  assert.equal(await metric(server.url, "snug_users"), USERS);
  const except = ["user-0", "user-7", `user-${USERS - 1}`, "nobody"];
  const encoded = await metric(server.url, "snug_pushes_encoded_total");
  const reached = await ada.call("place.announce", { text: "the server restarts at six", except });
  assert.deepEqual(reached, { users: USERS - 3, connections: USERS - 3 });
  await until("everybody has heard it", () => wires.filter((wire) => announced(wire).length === 1).length === USERS - 3);
  assert.equal((await metric(server.url, "snug_pushes_encoded_total")) - encoded, 1, "encoded once");
  wires.forEach((wire, i) => assert.equal(announced(wire).length, except.includes(names[i]) ? 0 : 1));
  assert.deepEqual(announced(wires[1])[0].text, "the server restarts at six");
  await Promise.all(wires.map((wire) => wire.close()));
  await until("all are gone", async () => (await metric(server.url, "snug_users")) === 0);
  assert.deepEqual(await ada.call("place.announce", { text: "nobody hears this" }), { users: 0, connections: 0 });
  await nothingWrong(server.url);
});
