// Promise 3: a client that reconnects misses nothing and sees nothing twice, or is told so (recovered: false).
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, follow, interrupted, listAll, metric, nothingWrong, send, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { behindFrames, never, openProxy } from "../support/proxy.mjs";
import { Wire } from "../support/wire.mjs";

const LIMIT = 50; // events in one recovery
let server, ada, bob;

before(async () => {
  server = await startPlace({ config: { client: { recovery_max_publication_limit: LIMIT } } });
  [ada, bob] = await people(server, ["ada", "bob"]);
});

async function filled(name, count, text = (i) => `m${i}`) {
  const id = await room(ada, name, [bob]);
  for (let i = 0; i < count; i++) await ada.call("message.send", { room: id, text: text(i), key: `${name}${i}` });
  const wire = await Wire.connect(server.url, { token: bob.token });
  const { history } = await wire.ask("history", { channel: `room:${id}`, limit: 0 });
  const recover = async (offset, epoch = history.epoch) => {
    await wire.ask("unsubscribe", { channel: `room:${id}` });
    return (await wire.ask("subscribe", { channel: `room:${id}`, recover: true, offset, epoch })).subscribe;
  };
  return { id, wire, recover, epoch: history.epoch, top: history.offset };
}

const offsets = (s) => (s.publications ?? []).map((p) => p.offset);

test("recovery gives exactly the missed events, nothing at the top, and says no where it cannot", async () => {
  const { id, wire, recover, epoch, top } = await filled("exact", 60);
  const plain = (await wire.ask("subscribe", { channel: `room:${id}` })).subscribe;
  assert.deepEqual([plain.recoverable, plain.positioned, plain.epoch, plain.offset], [true, true, epoch, top]);
  assert.ok(plain.recovered === undefined && plain.was_recovering === undefined && plain.publications === undefined);
  const some = await recover(top - 3);
  assert.deepEqual([some.recovered, some.was_recovering, offsets(some)], [true, true, [top - 2, top - 1, top]]);
  const nothing = await recover(top);
  assert.deepEqual([nothing.recovered, nothing.was_recovering, offsets(nothing), nothing.offset], [true, true, [], top]);
  const limit = await recover(top - LIMIT);
  assert.deepEqual([limit.recovered, offsets(limit).length], [true, LIMIT], "as many as the limit");
  for (const [what, offset, e] of [["one more than the limit", top - LIMIT - 1, epoch], ["another epoch", top - 1, "other"], ["from the future", top + 1, epoch], ["far future", 2 ** 53 - 1, epoch]]) {
    const no = await recover(offset, e);
    assert.ok(no.was_recovering && !no.recovered && offsets(no).length === 0, what);
    assert.deepEqual([no.offset, no.epoch], [top, epoch], `${what}: the answer has the position to go on from`);
  }
  await wire.close();
});

test("a recovery that is too long for one reply is refused, not cut", async () => {
  const { recover, top, wire } = await filled("long", 40, () => "y".repeat(16_000));
  const no = await recover(0);
  assert.ok(no.was_recovering && !no.recovered && offsets(no).length === 0, "640 KB do not fit");
  const yes = await recover(top - 20);
  assert.deepEqual([yes.recovered, offsets(yes).length], [true, 20]);
  await wire.close();
});

test("after recovered: false a client reads on with history while messages go on coming", async () => {
  const id = await room(ada, "behind", [bob]);
  const proxy = await openProxy(server.port);
  const b = await connected(proxy.url, { token: bob.token });
  const a = await connected(server.url, { token: ada.token });
  const log = await follow(b, id);
  const lost = interrupted(b);
  proxy.rule = () => () => 0; // nothing passes any more
  proxy.cutAll();
  await lost;
  for (let i = 0; i < 80; i++) await send(a, id, `missed ${i}`, `missed${i}`);
  const more = (async () => {
    for (let i = 0; i < 40; i++) await send(a, id, `meanwhile ${i}`, `meanwhile${i}`);
  })();
  proxy.rule = never;
  await more;
  const listed = await listAll(ada.call, id);
  await until("bob has all", () => !log.held && log.top >= listed.at(-1).offset);
  assert.deepEqual(log.faults, []);
  assert.deepEqual(log.messages(), listed);
  assert.ok(log.refilled >= 1, "it had to read on");
  b.disconnect();
  a.disconnect();
});

// S32, over a real socket: the line is cut behind every frame that carries an event.
test("S32 a client whose line is cut at every frame boundary has exactly the server's list", async (t) => {
  const bursts = slow ? 60 : 300;
  const id = await room(ada, "boundaries", [bob]);
  const proxy = await openProxy(server.port, behindFrames((text) => text.includes('"pub":') || text.includes('"publications":')));
  const b = await connected(proxy.url, { token: bob.token });
  const a = await connected(server.url, { token: ada.token });
  const log = await follow(b, id);
  let count = 0;
  for (let i = 0; i < bursts; i++) {
    const burst = Array.from({ length: 1 + (i % 3) }, () => ++count);
    const acks = await Promise.all(burst.map((n) => send(a, id, `step ${n}`, `step${n}`)));
    const last = Math.max(...acks.map((ack) => ack.offset));
    await until("the burst arrives", () => log.top >= last && !log.held);
  }
  const listed = await listAll(ada.call, id);
  assert.equal(listed.length, count);
  await until(() => `bob has all: ${log.messages().length} of ${count}`, () => !log.held && log.messages().length >= count);
  assert.deepEqual(log.faults, []);
  assert.deepEqual(log.messages(), listed);
  assert.ok(proxy.cuts >= bursts, `${proxy.cuts} cuts`);
  t.diagnostic(`${count} messages, ${proxy.cuts} cuts, ${log.recovered} recoveries, ${log.refilled} read on`);
  b.disconnect();
  a.disconnect();
});

test("subscribing while others write leaves neither gap nor double, from any position", async () => {
  const id = await room(ada, "busy", [bob]);
  const a = await connected(server.url, { token: ada.token });
  let writing = true;
  const writer = (async () => {
    for (let i = 0; writing; i++) {
      await Promise.all([0, 1, 2, 3].map((k) => send(a, id, `w${i}-${k}`, `w${i}-${k}`)));
    }
  })();
  const wire = await Wire.connect(server.url, { token: bob.token });
  let position = (await wire.ask("subscribe", { channel: `room:${id}` })).subscribe;
  let at = position.offset ?? 0;
  let seen = 0;
  let recovered = 0;
  const take = () => {
    for (const push of wire.pushes.splice(0)) {
      if (push.channel !== `room:${id}` || push.pub?.offset === undefined) continue;
      assert.equal(push.pub.offset, ++at);
      seen += 1;
    }
  };
  for (let round = 0; round < (slow ? 20 : 100); round++) {
    await wire.ask("ping");
    take();
    await wire.ask("unsubscribe", { channel: `room:${id}` });
    take();
    const from = at;
    const before = wire.pushes.length;
    const { subscribe } = await wire.ask("subscribe", { channel: `room:${id}`, recover: true, offset: from, epoch: position.epoch });
    assert.equal(before, 0, "nothing between unsubscribe and subscribe");
    let missed = subscribe.publications ?? [];
    if (!subscribe.recovered) { // honest only if the limit was passed; then it is read
      assert.ok(subscribe.offset - from > LIMIT, `from ${from}: ${JSON.stringify(subscribe)}`);
      const { history } = await wire.ask("history", { channel: `room:${id}`, limit: 1000, since: { offset: from, epoch: position.epoch } });
      missed = history.publications.filter((p) => p.offset <= subscribe.offset);
    }
    for (const pub of missed) {
      assert.equal(pub.offset, ++at);
      seen += 1;
    }
    recovered += subscribe.recovered ? 1 : 0;
  }
  writing = false;
  await writer;
  const listed = await listAll(ada.call, id);
  await until("the last one came", () => (take(), at >= listed.at(-1).offset));
  assert.equal(seen, at - (position.offset ?? 0));
  assert.ok(seen > 100 && recovered > 10, `${seen} events, ${recovered} recoveries`);
  await wire.close();
  a.disconnect();
});

test("the own channel recovers what it missed, and says no after a restart, when the page lists its rooms", async () => {
  const wire = await Wire.connect(server.url, { token: bob.token });
  const own = `user:${bob.id}`;
  const { epoch, offset = 0 } = wire.welcome.subs[own];
  await wire.close();
  const first = await room(ada, "own 1", [bob]);
  const again = await Wire.open(server.url);
  const missed = (await again.ask("connect", { token: bob.token, subs: { [own]: { recover: true, epoch, offset } } })).connect.subs[own];
  assert.equal(missed.recovered, true);
  assert.equal(missed.publications[0].offset, offset + 1);
  assert.ok(missed.publications.some((p) => p.data.type === "room_added" && p.data.room.id === first));
  const top = missed.offset;
  await again.close();
  await nothingWrong(server.url);
  await server.kill();
  await server.restart();
  const late = await Wire.open(server.url);
  const fresh = (await late.ask("connect", { token: bob.token, subs: { [own]: { recover: true, epoch, offset: top } } })).connect.subs[own];
  assert.ok(!fresh.recovered, "a new epoch");
  assert.notEqual(fresh.epoch, epoch);
  assert.ok((await late.rpc("room.list")).result.rooms.some((r) => r.id === first));
  await late.close();
});

test("recoveries are counted", async () => {
  const asked = await metric(server.url, "snug_recover_asked_total");
  const recovered = await metric(server.url, "snug_recovered_total");
  const { wire, recover, top } = await filled("counted", 5);
  await recover(top - 1);
  await recover(top - 1, "other");
  assert.equal((await metric(server.url, "snug_recover_asked_total")) - asked, 2);
  assert.equal((await metric(server.url, "snug_recovered_total")) - recovered, 1);
  await wire.close();
  await nothingWrong(server.url);
});
