// Retention: what is over a bound goes, everywhere and for everybody; who comes back from before it is told that it cannot
// have what it missed; who was ahead of it misses nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listAll, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

test("a bound that is set at a restart is kept from then on", async () => {
  const server = await startPlace();
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "brief", [bob]);
  const sent = [];
  for (let i = 0; i < 30; i++) sent.push(await ada.call("message.send", { room: id, text: `number ${i} for @bob`, key: `k${i}` }));
  const before = await Wire.connect(server.url, { token: bob.token });
  const { subscribe } = await before.ask("subscribe", { channel: `room:${id}` });
  await before.close();
  assert.equal(await server.stop().then(({ code }) => code), 0);

  await server.restart({ config: { retention: { messages: 10 } } });
  await until("the old ones to be gone", async () => (await listAll(bob.call, id)).length === 10);
  assert.deepEqual((await listAll(bob.call, id)).map((m) => m.offset), sent.slice(20).map((m) => m.offset));
  assert.equal(await server.metric("snug_messages_expired_total"), 20);
  const page = await bob.call("message.list", { room: id });
  assert.deepEqual([page.trimmed, page.more], [sent[19].offset, false]);
  assert.equal((await bob.call("message.search", { query: "number", room: id })).messages.length, 10);
  assert.equal((await bob.call("room.list")).rooms.find((r) => r.id === id).mentions, 10);

  // The first result of a key is the same, though its message is gone.
  const again = await ada.call("message.send", { room: id, text: "number 0 for @bob", key: "k0" });
  assert.deepEqual(again, sent[0]);

  const wire = await Wire.connect(server.url, { token: bob.token });
  const recover = async (offset) => {
    const reply = await wire.ask("subscribe", { channel: `room:${id}`, recover: true, offset, epoch: subscribe.epoch });
    await wire.ask("unsubscribe", { channel: `room:${id}` });
    return reply.subscribe;
  };
  const late = await recover(sent[10].offset);
  assert.deepEqual([late.recovered ?? false, late.was_recovering, late.publications ?? []], [false, true, []]);
  const intime = await recover(sent[19].offset);
  assert.deepEqual([intime.recovered, intime.publications.length], [true, 10]);
  await wire.close();
  assert.equal((await server.stop()).code, 0);
});

test("an owner keeps less; nobody else does", async () => {
  const server = await startPlace();
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "brief", [bob]);
  await assert.rejects(bob.call("room.update", { room: id, keep_messages: 1 }), (e) => e.code === 103);
  await assert.rejects(ada.call("room.update", { room: id, keep_days: 1.5 }), (e) => e.code === 107);
  const { room: changed } = await ada.call("room.update", { room: id, keep_messages: 3 });
  assert.equal(changed.keep_messages, 3);
  for (let i = 0; i < 9; i++) await ada.call("message.send", { room: id, text: `number ${i}`, key: `k${i}` });
  assert.equal((await server.stop()).code, 0);
  await server.restart(); // the first look is at the start, then one a minute
  await until("the old ones to be gone", async () => (await listAll(bob.call, id)).length === 3);
  assert.equal((await server.stop()).code, 0);
});

test("an admin keeps less without a restart, within the configuration, and everybody is told", async () => {
  const server = await startPlace({ config: { retention: { age: "36h", messages: 100 } } });
  const [ada] = await people(server, ["ada"], { admin: true });
  const [bob] = await people(server, ["bob"]);
  const id = await room(ada, "long", [bob]);
  for (let i = 0; i < 30; i++) await ada.call("message.send", { room: id, text: `number ${i}`, key: `k${i}` });
  const wire = await Wire.connect(server.url, { token: bob.token });

  const most = { age_ms: 36 * 3_600_000, messages: 100, size_bytes: 0 };
  const wider = { age_ms: 0, messages: 1000, size_bytes: 0 }; // after a restart
  const none = { age_ms: 0, messages: 0, size_bytes: 0 };
  assert.deepEqual((await bob.call("place.get")).keep, { now: most, set: none, most });
  assert.equal((await server.post("place.get", {})).result.keep, undefined, "strangers are not told");

  for (const method of ["place.update", "place.preview"]) {
    assert.equal((await bob.post(method, { keep_messages: 1 })).error.code, 103);
    assert.equal((await server.post(method, { keep_messages: 1 })).error.code, 101);
    for (const [field, value] of [["keep_days", 2], ["keep_messages", 101], ["keep_bytes", 1], ["keep_days", "soon"]]) {
      const { error, status } = await ada.post(method, { keep_messages: 1, [field]: value });
      assert.deepEqual([status, error.code, error.field], [400, 107, field]);
      assert.match(error.message, new RegExp(`^${field} must be `));
    }
  }
  assert.deepEqual((await bob.call("place.get")).keep.set, none, "nothing has changed");
  assert.deepEqual(await ada.call("place.preview", { keep_messages: 10 }), { messages: 20, about: false, more: false });
  assert.equal((await listAll(bob.call, id)).length, 30);

  const { keep } = await ada.call("place.update", { keep_messages: 10, keep_days: 1 });
  assert.deepEqual(keep, { now: { age_ms: 86_400_000, messages: 10, size_bytes: 0 }, set: { age_ms: 86_400_000, messages: 10, size_bytes: 0 }, most });
  const { message } = await wire.push("the change", (push) => push.message?.data.type === "place_changed");
  assert.deepEqual(message.data, { type: "place_changed", keep });
  await until("the old ones to be gone", async () => (await listAll(bob.call, id)).length === 10);
  assert.equal(await server.metric("snug_messages_expired_total"), 20);
  await wire.close();

  assert.equal((await server.stop()).code, 0);
  await server.restart({ config: { retention: { messages: 1000 } } }); // what was set is in the database
  assert.deepEqual((await bob.call("place.get")).keep, { now: keep.set, set: keep.set, most: wider });
  for (let i = 30; i < 60; i++) await ada.call("message.send", { room: id, text: `number ${i}`, key: `k${i}` });
  await ada.call("place.update", { keep_messages: 20 });
  await until("the old ones to be gone", async () => (await listAll(bob.call, id)).length === 20);
  await ada.call("place.update", { keep_messages: 0, keep_days: 0 });
  assert.deepEqual((await bob.call("place.get")).keep, { now: wider, set: none, most: wider });
  assert.equal((await server.stop()).code, 0);
});
