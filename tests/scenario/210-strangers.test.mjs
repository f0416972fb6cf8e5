// Promise 4: one user never reaches another's. A room, run or channel that one may not see answers 103, word for word the
// same as one that is not there, on every method and both doors.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { nothingWrong, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

const NOWHERE = "4711";
let server, ada, bob, eve, id, message, run;

before(async () => {
  server = await startPlace();
  [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
  id = await room(ada, "secret plans", [bob], { topic: "hush" });
  message = await ada.call("message.send", { room: id, text: "the zebra flies at noon @eve", key: "z" });
  run = (await ada.call("run.start", { room: id, agent: "nook", text: "who is here" })).run_id;
  await until("the run is over", async () => (await ada.call("run.list", { room: id })).runs[0].state === "completed");
});

const methods = (where) => [
  ["message.list", { room: where }],
  ["message.list", { room: where, around: 1 }],
  ["message.send", { room: where, text: "hello?", key: "e" }],
  ["message.search", { query: "zebra", room: where }],
  ["typing.start", { room: where }],
  ["room.members", { room: where }],
  ["room.update", { room: where, name: "mine" }],
  ["room.invite", { room: where, user: eve.id }],
  ["room.join", { room: where }],
  ["room.leave", { room: where }],
  ["read.mark", { room: where, offset: 1 }],
  ["run.start", { room: where, agent: "nook", text: "who is here" }],
  ["run.list", { room: where }],
];

test("a stranger gets 103 for every method of a private room, as if it were not there", async () => {
  const before = await ada.call("message.list", { room: id });
  const members = await ada.call("room.members", { room: id });
  const wire = await Wire.connect(server.url, { token: eve.token });
  for (const [i, [method, params]] of methods(id).entries()) {
    const [, elsewhere] = methods(NOWHERE)[i];
    const there = await eve.post(method, params);
    const nowhere = await eve.post(method, elsewhere);
    if (method !== "room.leave") {
      assert.equal(there.error?.code, 103, `${method} ${JSON.stringify(there.result)}`);
      assert.equal(there.status, 403);
    }
    assert.deepEqual([there.status, there.result, there.error], [nowhere.status, nowhere.result, nowhere.error], `${method} shows nothing`);
    assert.deepEqual(await wire.rpc(method, params), await wire.rpc(method, elsewhere), `${method} over the WebSocket`);
  }
  const { offset, messages } = await ada.call("message.list", { room: id });
  assert.deepEqual([offset, messages], [before.offset, before.messages], "nothing changed");
  assert.deepEqual((await ada.call("room.members", { room: id })).members.map((m) => m.user.id), members.members.map((m) => m.user.id));
  await wire.close();
});

test("a stranger gets 103 for subscribe, history, presence and publish, as if it were not there", async () => {
  const wire = await Wire.connect(server.url, { token: eve.token });
  for (const method of ["subscribe", "history", "presence", "presence_stats", "publish"]) {
    const there = await wire.ask(method, { channel: `room:${id}`, data: {} });
    const nowhere = await wire.ask(method, { channel: `room:${NOWHERE}`, data: {} });
    assert.equal(there.error?.code, 103, method);
    assert.deepEqual(there.error, nowhere.error, method);
  }
  const recovering = await wire.ask("subscribe", { channel: `room:${id}`, recover: true, offset: 1, epoch: "x" });
  assert.equal(recovering.error?.code, 103);
  await ada.call("message.send", { room: id, text: "still among us", key: "s" });
  assert.ok((await wire.ask("ping")).ping);
  assert.ok(!wire.messages.some((text) => text.includes("among us") || text.includes("secret plans")), "nothing of it ever came");
  await wire.close();
});

test("a run of a room one is not in is as if it were not there", async () => {
  const there = await eve.post("run.stop", { run_id: run });
  const nowhere = await eve.post("run.stop", { run_id: "A".repeat(26) });
  assert.equal(there.status, 403);
  assert.deepEqual(there.error, nowhere.error);
  assert.equal((await ada.post("run.stop", { run_id: run })).error.code, 400, "its starter is told that it is over");
});

test("search, lists and mentions show nothing of a private room", async () => {
  for (const query of ["zebra", "noon", "among"]) assert.deepEqual((await eve.call("message.search", { query })).messages, []);
  assert.equal((await bob.call("message.search", { query: "zebra" })).messages.length, 1);
  for (const joinable of [false, true]) {
    const { rooms } = await eve.call("room.list", { joinable });
    assert.ok(!rooms.some((r) => r.id === id));
    assert.equal(rooms.find((r) => r.id === "1").mentions, 0);
  }
  const general = { room: "1", text: "an answer to what I cannot see", key: "reply" };
  const there = await eve.post("message.send", { ...general, reply_to: message.id });
  const nowhere = await eve.post("message.send", { ...general, reply_to: "999999" });
  assert.deepEqual([there.status, there.error], [nowhere.status, nowhere.error], "reply_to tells nothing");
  assert.ok(there.error, "and is refused");
});

test("an agent asked elsewhere tells nothing of a private room", async () => {
  const { run_id } = await eve.call("run.start", { room: "1", agent: "nook", text: "find zebra" });
  const done = await until("the run is over", async () =>
    (await eve.call("run.list", { room: "1" })).runs.find((r) => r.id === run_id && r.state === "completed"),
  );
  const { messages } = await eve.call("message.list", { room: "1" });
  const answer = messages.find((m) => m.id === done.message_id);
  assert.ok(answer && !answer.text.includes("noon") && !answer.text.includes("secret plans"), answer?.text);
});

test("connections of others are not listed, and asking for them is 103", async () => {
  const wire = await Wire.connect(server.url, { token: ada.token });
  const mine = await Wire.connect(server.url, { token: eve.token });
  const list = (await mine.rpc("connection.list")).result;
  assert.deepEqual(list.connections.map((c) => [c.id, c.user.id, c.this]), [[mine.welcome.client, eve.id, true]]);
  for (const method of ["connection.list", "connection.history"]) {
    const there = await eve.post(method, { user: ada.id });
    const nowhere = await eve.post(method, { user: "999999" });
    assert.equal(there.error?.code, 103, method);
    assert.deepEqual(there.error, nowhere.error);
  }
  await wire.close();
  await mine.close();
  await nothingWrong(server.url);
});
