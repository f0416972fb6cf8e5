// Promise 5: a slow client hurts only itself. Who does not read is closed with 3008 when its queue is full; the others
// get everything, and it recovers by offset when it comes back.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, follow, listAll, metric, nothingWrong, send, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, bob, eve, id;

before(async () => {
  server = await startPlace();
  [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
  id = await room(ada, "fast", [bob, eve]);
});

test("a client that does not read is closed with 3008, and the others lose nothing", async (t) => {
  const writer = await connected(server.url, { token: ada.token });
  const reader = await connected(server.url, { token: bob.token });
  const log = await follow(reader, id);
  const stuck = await Wire.connect(server.url, { token: eve.token });
  const first = (await stuck.ask("subscribe", { channel: `room:${id}` })).subscribe;
  stuck.socket.pause();

  // The kernel takes a few megabytes before the server's own queue grows.
  const text = "0123456789abcdef".repeat(900);
  let count = 0;
  const closedSlow = () => metric(server.url, "snug_closes_slow_total");
  async function write(lane) {
    while ((await closedSlow()) === 0 && count < 3000) await send(writer, id, text, `fill-${lane}-${count++}`);
  }
  await Promise.all(Array.from({ length: slow ? 4 : 8 }, (_, lane) => write(lane)));
  assert.equal(await closedSlow(), 1, "one client was closed as slow");

  const listed = await listAll(ada.call, id, 20);
  assert.equal(listed.length, count);
  await until(() => `bob has all: ${log.messages().length} of ${count}`, () => log.messages().length === count);
  assert.deepEqual(log.faults, []);
  assert.deepEqual(log.messages().map((m) => m.id), listed.map((m) => m.id));

  stuck.socket.resume();
  assert.deepEqual(await stuck.closed(), { code: 3008, reason: "slow" });
  const offsets = stuck.pushes.filter((p) => p.pub?.offset && p.channel === `room:${id}`).map((p) => p.pub.offset);
  assert.deepEqual(offsets, offsets.map((_, i) => first.offset + 1 + i), "what it did get is in order, without a gap");
  assert.ok(offsets.length < count, "it did not get everything");

  const back = await Wire.connect(server.url, { token: eve.token });
  let at = offsets.at(-1) ?? first.offset;
  const { subscribe } = await back.ask("subscribe", { channel: `room:${id}`, recover: true, epoch: first.epoch, offset: at });
  assert.equal(subscribe.was_recovering, true);
  if (subscribe.recovered) for (const pub of subscribe.publications) assert.equal(pub.offset, ++at);
  while (at < listed.at(-1).offset) {
    const { history } = await back.ask("history", { channel: `room:${id}`, limit: 1000, since: { offset: at, epoch: first.epoch } });
    for (const pub of history.publications) assert.equal(pub.offset, ++at);
  }
  await nothingWrong(server.url);
  t.diagnostic(`${count} messages of ${text.length} bytes until 3008; it had read ${offsets.length}`);
});

test("a burst of messages, more at once than a queue holds, closes nobody who reads", async () => {
  const small = await startPlace({ config: { client: { queue_max_size: 131072 } } });
  const [dan, fay] = await people(small, ["dan", "fay"]);
  const burstRoom = await room(dan, "burst", [fay]);
  const writers = await Promise.all([1, 2, 3, 4].map(() => connected(small.url, { token: dan.token })));
  const reader = await connected(small.url, { token: fay.token });
  const log = await follow(reader, burstRoom);
  let cut = 0;
  reader.on("connecting", () => (cut += 1));
  const text = "0123456789abcdef".repeat(1000);
  const burst = Array.from({ length: 200 }, (_, i) => send(writers[i % 4], burstRoom, text, `burst-${i}`));
  await Promise.all(burst);
  await until(() => `fay has all: ${log.messages().length}`, () => log.messages().length === burst.length);
  assert.deepEqual(log.faults, []);
  assert.equal(await metric(small.url, "snug_closes_slow_total"), 0, "nobody was closed as slow");
  assert.equal(cut, 0, "fay's line was not cut");
  await nothingWrong(small.url);
});
