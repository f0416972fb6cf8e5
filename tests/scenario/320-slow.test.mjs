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

test("S34: a client that takes nothing of what waits is closed with 3008 within a second of its time, whatever it answers", async (t) => {
  const config = { client: { queue_max_size: 64 << 20, ping_interval: "1s", pong_timeout: "3s" } };
  const patient = await startPlace({ config });
  const [gil, hal] = await people(patient, ["gil", "hal"]);
  const silent = await room(gil, "silent", [hal]);
  const writer = await connected(patient.url, { token: gil.token });
  const stuck = await Wire.connect(patient.url, { token: hal.token });
  await stuck.ask("subscribe", { channel: `room:${silent}` });
  stuck.socket.pause();
  const blind = setInterval(() => stuck.socket.readyState === 1 && stuck.write("{}"), 200); // it answers without reading
  try {
    // The kernel takes some megabytes; then what waits at the server stays below its bound, and no other push comes.
    const text = "0123456789abcdef".repeat(900);
    let count = 0;
    const waits = async () => (await metric(patient.url, "snug_outbox_max_bytes")) > 1 << 20;
    while (!(await waits()) && count < 3000) {
      await Promise.all(Array.from({ length: 16 }, () => send(writer, silent, text, `late-${count++}`)));
    }
    assert.equal(await metric(patient.url, "snug_closes_slow_total"), 0, "the bound was not crossed");
    // When the kernel last took something of it: between two looks. Pings to the others are a few bytes.
    let look = performance.now();
    let moved = { after: look, before: look };
    let sent = 0;
    await until("it is closed as slow", async () => {
      const after = look;
      look = performance.now();
      const out = await metric(patient.url, "snug_bytes_out_total");
      if (out - sent > 1000) moved = { after, before: performance.now() };
      sent = out;
      return (await metric(patient.url, "snug_closes_slow_total")) === 1;
    }, 30_000);
    const [most, least] = [moved.after, moved.before].map((at) => Math.round(performance.now() - at));
    t.diagnostic(`closed ${least} to ${most} ms after it took the last byte; the time is 3,000 ms`);
    assert.ok(most > 2500 && least < (slow ? 10_000 : 4000), `${least} to ${most} ms`);
  } finally {
    clearInterval(blind);
  }
  stuck.socket.resume();
  assert.deepEqual(await stuck.closed(), { code: 3008, reason: "slow" });
  await nothingWrong(patient.url);
});

test("S49: what waits for all clients together has a bound: the largest queues go, who reads has everything", async (t) => {
  const config = { reactors: 1, client: { queue_max_size: 32 << 20, queue_total_size: 4 << 20, pong_timeout: "60s" } };
  const tight = await startPlace({ config });
  const [ivy, jim] = await people(tight, ["ivy", "jim"]);
  const id2 = await room(ivy, "crowd", [jim]);
  const writer = await connected(tight.url, { token: ivy.token });
  const log = await follow(writer, id2);
  const stuck = [];
  for (let i = 0; i < 3; i++) {
    const wire = await Wire.connect(tight.url, { token: jim.token });
    await wire.ask("subscribe", { channel: `room:${id2}` });
    wire.socket.pause();
    stuck.push(wire);
  }
  const text = "0123456789abcdef".repeat(900);
  let count = 0;
  let most = 0;
  const crowded = () => metric(tight.url, "snug_closes_crowded_total");
  while ((await crowded()) === 0 && count < 4000) {
    await Promise.all(Array.from({ length: slow ? 4 : 16 }, () => send(writer, id2, text, `crowd-${count++}`)));
    most = Math.max(most, await metric(tight.url, "snug_queued_bytes"));
  }
  const closed = await crowded();
  assert.ok(closed >= 1 && closed <= 3, `${closed} were closed`);
  assert.ok(most <= (4 << 20) + 3 * 16 * (text.length + 500), `${most} bytes waited at most`);
  await until("the bound holds", async () => (await metric(tight.url, "snug_queued_bytes")) <= 4 << 20);
  await until("who reads has all", () => log.messages().length === count);
  assert.deepEqual(log.faults, []);
  assert.equal(await metric(tight.url, "snug_closes_slow_total"), closed);
  stuck.forEach((wire) => wire.socket.resume());
  await until("each is told", () => stuck.filter((wire) => wire.ended?.code === 3008).length === closed);
  t.diagnostic(`${count} messages; ${most} bytes waited at most; ${closed} of 3 closed`);
  await nothingWrong(tight.url);
});
