// Bounds of a connection and what ends it when they are crossed: silence, too many, too big, too fast.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { metric, nothingWrong, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, bob, cat, id;

before(async () => {
  server = await startPlace({
    config: {
      client: { ping_interval: "1s", pong_timeout: "2s", stale_close_delay: "1500ms" },
      limits: { commands: { burst: 2000, per_s: 1 }, sends: { burst: 20, per_s: 1 } },
    },
  });
  [ada, bob, cat] = await people(server, ["ada", "bob", "cat"]);
  id = await room(ada, "limits", [bob]);
});

const since = (began) => performance.now() - began;

test("S46 a client that answers pings stays, and one that does not is closed with 3012", async () => {
  const began = performance.now();
  const good = await Wire.connect(server.url, { token: ada.token });
  const mute = await Wire.connect(server.url, { token: ada.token, mute: true });
  assert.equal(good.welcome.ping, 1);
  assert.deepEqual(await mute.closed(), { code: 3012, reason: "no pong" });
  assert.ok(mute.pings >= 1, "it was asked");
  assert.ok(since(began) > 1000, "not before interval and timeout were over");
  assert.ok(since(began) < (slow ? 15_000 : 6000), `${since(began)} ms`);
  await until("more pings for the other", () => good.pings >= 3);
  assert.equal(good.ended, null);
  await good.close();
});

test("a connection that does not say who it is is closed with 3502 after its time, wherever it stopped", async () => {
  const began = performance.now();
  const silent = await Wire.open(server.url);
  const unknown = await Wire.open(server.url);
  assert.equal((await unknown.ask("connect")).error.code, 101);
  assert.deepEqual(await silent.closed(), { code: 3502, reason: "stale" });
  assert.ok(since(began) >= 1400, `${since(began)} ms`);
  assert.deepEqual(await unknown.closed(), { code: 3502, reason: "stale" });
});

test("S17 S49 the eleventh connection of a user is closed with 3504, and the first ten live", async () => {
  const ten = [];
  for (let i = 0; i < 10; i++) ten.push(await Wire.connect(server.url, { token: cat.token }));
  for (let i = 0; i < 3; i++) {
    const one = await Wire.open(server.url);
    one.write({ id: 1, connect: { token: cat.token } });
    assert.deepEqual(await one.closed(), { code: 3504, reason: "connection limit" });
    assert.equal(one.replies.size, 0);
  }
  const other = await Wire.connect(server.url, { token: ada.token });
  await other.close();
  for (const wire of ten) assert.ok((await wire.ask("ping")).ping);
  await ten.pop().close();
  const again = await until("a place is free again", async () => {
    const wire = await Wire.open(server.url);
    wire.write({ id: 1, connect: { token: cat.token } });
    await until("an answer", () => wire.ended || wire.replies.get(1));
    return wire.ended ? false : wire;
  });
  for (const wire of [...ten, again]) await wire.close();
});

test("S48 a message of the limit is served, one byte more is closed with 1009, whole or in pieces", async () => {
  const fits = await Wire.connect(server.url, { token: ada.token });
  const command = (bytes) => {
    const text = JSON.stringify({ id: 7, ping: { x: "" } });
    return text.replace('""', `"${"x".repeat(bytes - text.length)}"`);
  };
  assert.equal(command(65536).length, 65536);
  fits.write(command(65536));
  assert.ok((await fits.reply(7)).ping);
  await fits.close();
  const over = await Wire.connect(server.url, { token: ada.token });
  over.write(command(65537));
  assert.equal((await over.closed()).code, 1009);
  const pieces = await Wire.connect(server.url, { token: ada.token });
  const text = command(65537);
  for (let at = 0; at < text.length; at += 10_000) {
    pieces.socket.send(text.slice(at, at + 10_000), { fin: at + 10_000 >= text.length });
  }
  assert.equal((await pieces.closed()).code, 1009);
  const whole = await Wire.connect(server.url, { token: ada.token });
  for (let at = 0; at < 65536; at += 10_000) {
    whole.socket.send(command(65536).slice(at, at + 10_000), { fin: at + 10_000 >= 65536 });
  }
  assert.ok((await whole.reply(7)).ping, "fragments that fit are one message");
  await whole.close();
});

test("binary messages are closed with 1003 and invalid UTF-8 with 1007", async () => {
  const binary = await Wire.connect(server.url, { token: ada.token });
  binary.socket.send(Buffer.from("{}"), { binary: true });
  assert.equal((await binary.closed()).code, 1003);
  const broken = await Wire.connect(server.url, { token: ada.token });
  broken.socket.send(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), { binary: false });
  assert.equal((await broken.closed()).code, 1007);
});

test("sends over the user's burst are 111 with the time to wait, on all doors, and others are not slowed", async () => {
  const first = await Wire.connect(server.url, { token: bob.token });
  const second = await Wire.connect(server.url, { token: bob.token });
  let passed = 0;
  let refusal;
  for (let i = 0; i < 40 && !refusal; i++) {
    const { error } = await [first, second][i % 2].rpc("message.send", { room: id, text: "quick", key: `quick-${i}` });
    if (error) refusal = error;
    else passed += 1;
  }
  assert.equal(refusal.code, 111);
  assert.equal(refusal.temporary, true);
  assert.match(refusal.message, /retry in \d+ ms/);
  assert.ok(passed >= 20 && passed <= 26, `${passed} passed: the burst and what time gave back`);
  const http = await bob.post("message.send", { room: id, text: "by HTTP", key: "http" });
  assert.equal(http.status, 429);
  assert.equal(http.error.code, 111);
  assert.ok(http.error.retry_ms > 0 && http.error.retry_ms <= 1000, `${http.error.retry_ms}`);
  assert.ok(Number(http.headers.get("retry-after")) >= 1);
  assert.ok(await ada.call("message.send", { room: id, text: "not slowed", key: "other" }));
  assert.ok((await first.rpc("message.list", { room: id })).result, "reading costs nothing");
  const again = await until("time gives back", async () => (await first.rpc("message.send", { room: id, text: "later", key: "later" })).result);
  assert.ok(again.id);
  await first.close();
  await second.close();
});

test("after 1,000 answers with an error within a moment the connection is closed with 3509, others go on", async () => {
  const wire = await Wire.connect(server.url, { token: ada.token });
  const other = await Wire.connect(server.url, { token: ada.token });
  const lines = (from, to) => Array.from({ length: to - from }, (_, i) => JSON.stringify({ id: from + i, subscribe: { channel: "nowhere:1" } })).join("\n");
  wire.write(lines(2, 502));
  wire.write(lines(502, 1010));
  assert.deepEqual(await wire.closed(), { code: 3509, reason: "too many errors" });
  const told = [...wire.replies.values()].filter((r) => r.error?.code === 102);
  assert.equal(told.length, 1000);
  assert.ok((await other.ask("ping")).ping);
  await other.close();
});

test("commands over the burst are 111, and after 1,000 refused ones the connection is closed with 3013", async () => {
  const wire = await Wire.connect(server.url, { token: ada.token });
  const other = await Wire.connect(server.url, { token: ada.token });
  let sent = 1; // the connect
  const ask = () => {
    const lines = [];
    for (let i = 0; i < 500; i++) lines.push(JSON.stringify({ id: ++sent, ping: {} }));
    wire.write(lines.join("\n"));
  };
  for (let i = 0; i < 7; i++) ask();
  assert.deepEqual(await wire.closed(), { code: 3013, reason: "too many requests" });
  const refused = [...wire.replies.values()].filter((r) => r.error);
  assert.ok(refused.length >= 900 && refused.length < 1000, `${refused.length} were told`);
  for (const { error } of refused) assert.equal(error.code, 111);
  const passed = [...wire.replies.values()].filter((r) => r.ping).length;
  assert.ok(passed >= 1990 && passed <= 2100, `${passed} passed`);
  assert.ok((await metric(server.url, "snug_commands_refused_total")) >= 1000);
  assert.ok((await other.ask("ping")).ping, "another connection of the same user has its own bucket");
  await other.close();
});

test("S47: connects, publications and commands have limits of a user or an address, and nobody else is slowed", async () => {
  const tight = await startPlace({
    config: {
      limits: {
        connects: { burst: 5, per_s: 0.001 },
        publishes: { burst: 8, per_s: 0.001 },
        address_commands: { burst: 30, per_s: 0.001 },
      },
      channel: { namespaces: [{ name: "talk", allow_publish_for_client: true }] },
    },
  });
  const [dan, eve] = await people(tight, ["dan", "eve"]);
  const at = (who, address) => Wire.connect(tight.url, { token: who.token, headers: { "X-Forwarded-For": address } });
  const busy = ({ error }, words) => {
    assert.equal(error.code, 111);
    assert.equal(error.temporary, true);
    assert.match(error.message, words);
  };
  const wires = [await at(dan, "10.4.0.1"), await at(dan, "10.4.0.2")];
  let passed = 0;
  for (let i = 0; i < 12; i++) {
    const reply = await wires[i % 2].ask("publish", { channel: "talk:1", data: i });
    if (reply.publish) passed += 1;
    else busy(reply, /^Too many publications\. \(retry in \d+ ms\)$/);
  }
  assert.equal(passed, 8, "on both lines together");
  assert.equal(await metric(tight.url, "snug_publishes_refused_total"), 4);

  const other = await at(eve, "10.4.0.3");
  assert.ok((await other.ask("publish", { channel: "talk:1", data: 1 })).publish);
  let pings = 0;
  for (let i = 0; i < 30; i++) {
    const reply = await wires[0].ask("ping");
    if (reply.ping) pings += 1;
    else busy(reply, /^Too many commands from this address\. /);
  }
  assert.equal(pings, 30 - 7, "its connect and six publications came from there too");
  assert.equal(await metric(tight.url, "snug_address_commands_refused_total"), 7);
  assert.ok((await wires[1].ask("ping")).ping, "the same user elsewhere");
  assert.ok((await other.ask("ping")).ping);

  for (let i = 0; i < 3; i++) await (await at(dan, "10.4.0.5")).close();
  const sixth = await Wire.open(tight.url);
  busy(await sixth.ask("connect", { token: dan.token }), /^This user connects too often\. /);
  assert.equal(await metric(tight.url, "snug_connects_refused_total"), 1);
  assert.ok((await sixth.ask("connect", { token: eve.token })).connect, "another user may");
  for (const wire of [...wires, other, sixth]) await wire.close();
  await nothingWrong(tight.url);
});

test("S47: messages have a limit of their address, whoever sends them and by which door, and it gives back", async () => {
  const tight = await startPlace({ config: { limits: { address_sends: { burst: 6, per_s: 0.5 } } } });
  const [dan, eve] = await people(tight, ["dan", "eve"]);
  const id = await room(dan, "together", [eve]);
  const from = (address) => ({ headers: { "X-Forwarded-For": address } });
  const wires = [];
  for (const who of [dan, eve]) wires.push(await Wire.connect(tight.url, { token: who.token, ...from("10.4.1.1") }));
  let sent = 0;
  let refusal;
  const send = (wire) => wire.rpc("message.send", { room: id, text: "quick", key: `quick-${++sent}` });
  for (let i = 0; i < 40 && !refusal; i++) refusal = (await send(wires[i % 2])).error;
  assert.ok(sent > 6 && sent < 40, `${sent - 1} passed, of both together`);
  assert.equal(refusal.code, 111);
  assert.match(refusal.message, /retry in \d+ ms/);
  assert.equal(await metric(tight.url, "snug_address_sends_refused_total"), 1);
  assert.equal(await metric(tight.url, "snug_sends_refused_total"), 0);
  const other = await Wire.connect(tight.url, { token: dan.token, ...from("10.4.1.2") });
  assert.ok((await send(other)).result, "the same person from elsewhere");
  assert.ok((await wires[0].rpc("message.list", { room: id })).result, "reading costs nothing");
  for (let i = 0; i < 12; i++) assert.ok(await dan.call("message.send", { room: id, text: "here", key: `here-${i}` }), "this machine has no limit");
  await until("time gives back", async () => (await send(wires[1])).result);
  for (const wire of [...wires, other]) await wire.close();
  await nothingWrong(tight.url);
});

test("more subscriptions than the limit are 106", async () => {
  const small = await startPlace({ config: { client: { channel_limit: 3 } } });
  const [dan] = await people(small, ["dan"]);
  const rooms = [];
  for (let i = 0; i < 3; i++) rooms.push(await room(dan, `r${i}`));
  const wire = await Wire.connect(small.url, { token: dan.token });
  assert.ok((await wire.ask("subscribe", { channel: `room:${rooms[0]}` })).subscribe);
  assert.ok((await wire.ask("subscribe", { channel: `room:${rooms[1]}` })).subscribe, "with user: these are three");
  assert.equal((await wire.ask("subscribe", { channel: `room:${rooms[2]}` })).error.code, 106);
  await wire.ask("unsubscribe", { channel: `room:${rooms[0]}` });
  assert.ok((await wire.ask("subscribe", { channel: `room:${rooms[2]}` })).subscribe);
  await wire.close();
});

test("none of this lost or doubled anything", async () => {
  await nothingWrong(server.url);
});
