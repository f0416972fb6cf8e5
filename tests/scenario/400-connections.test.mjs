// Connection history: a row after a close equals what the client did, and a crash leaves no row open. MANAGER.md S18, S25.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, nothingWrong, until } from "../support/chat.mjs";
import { people, person, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

let server, boss, ada, bob, id;

before(async () => {
  server = await startPlace({ config: { client: { ping_interval: "60s" } } }); // no pings: every byte is ours
  [boss] = await people(server, ["boss"], { admin: true });
  [ada, bob] = await people(server, ["ada", "bob"]);
  id = await room(ada, "room", [bob]);
});

/** The closed row of a connection, as soon as it is written. */
function row(who, client, params = {}) {
  return until(`a row of ${client}`, async () => (await who.call("connection.history", { limit: 500, ...params })).closed.find((r) => r.id === client));
}

/** Bytes of a client's own frame with this payload: header, mask, text. */
const frameIn = (text) => {
  const n = Buffer.byteLength(text);
  return n + 6 + (n > 125 ? 2 : 0) + (n > 65535 ? 6 : 0);
};
const frameOut = (text) => frameIn(text) - 4;

test("the row of a closed connection equals what the client did", async () => {
  const began = Date.now();
  const wire = await Wire.open(server.url, { headers: { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0" } });
  const sent = [];
  const write = wire.write.bind(wire);
  wire.write = (text) => {
    const line = typeof text === "string" ? text : JSON.stringify(text);
    sent.push(line);
    write(line);
  };
  wire.welcome = (await wire.ask("connect", { token: ada.token, data: { tab: "tab-of-ada" } })).connect;
  await wire.ask("subscribe", { channel: `room:${id}` });
  await wire.rpc("message.send", { room: id, text: "x".repeat(300), key: "row" });
  await wire.push("its own message", (p) => p.pub?.data.type === "message_created");
  const open = (await ada.call("connection.list")).connections.find((c) => c.id === wire.welcome.client);
  assert.equal(open.rooms, 1);
  assert.equal(open.client, "Firefox, Linux");
  assert.equal(open.transport, "websocket");
  assert.equal(open.address, "127.0.0.1");
  assert.equal(open.user.id, ada.id);
  assert.ok(open.since >= began - 1000 && open.since <= Date.now() + 1000);
  await wire.close(); // 1000, by the client
  const closed = await row(ada, wire.welcome.client);
  const inBytes = sent.reduce((n, line) => n + frameIn(line), 0) + 8; // a close frame with a code
  const outBytes = wire.messages.reduce((n, line) => n + frameOut(line), 0) + 4; // its echo
  assert.deepEqual(
    { bytes_in: closed.bytes_in, frames_in: closed.frames_in, bytes_out: closed.bytes_out, code: closed.code, by: closed.by },
    { bytes_in: inBytes, frames_in: sent.length, bytes_out: outBytes, code: 1000, by: "client" },
  );
  assert.ok(closed.frames_out === wire.messages.length || closed.frames_out === wire.messages.length + 1, `${closed.frames_out} frames out, ${wire.messages.length} messages`);
  assert.ok(closed.queue_peak_bytes > 0 && closed.queue_peak_bytes <= outBytes);
  assert.equal(closed.since, open.since);
  assert.ok(closed.closed >= closed.since && closed.lasted_ms === closed.closed - closed.since);
  assert.equal(closed.user.name, "ada");
  assert.ok(!("rooms" in closed) && !("this" in closed));
});

test("each way to end has its code and who did it", async () => {
  const byServer = await Wire.connect(server.url, { token: ada.token });
  byServer.write("nonsense");
  await byServer.closed();
  const cut = await Wire.connect(server.url, { token: ada.token });
  cut.socket.terminate();
  const own = await Wire.connect(server.url, { token: ada.token });
  own.socket.close(4321, "I am done");
  await own.closed();
  const pick = ({ code, reason, by }) => ({ code, reason, by });
  assert.deepEqual(pick(await row(ada, byServer.welcome.client)), { code: 3501, reason: "bad request", by: "server" });
  assert.deepEqual(pick(await row(ada, cut.welcome.client)), { code: 1006, reason: "", by: "network" });
  assert.deepEqual(pick(await row(ada, own.welcome.client)), { code: 4321, reason: "I am done", by: "client" });
  const only = await ada.call("connection.history", { code: 3501 });
  assert.ok(only.closed.length > 0 && only.closed.every((r) => r.code === 3501));
  const all = await ada.call("connection.history", { limit: 1 });
  assert.equal(all.closed.length, 1);
  assert.equal(all.more, true);
  assert.ok(all.by_code["3501"] >= 1 && all.by_code["1006"] >= 1 && all.by_code["4321"] >= 1);
  assert.equal(all.total, Object.values(all.by_code).reduce((a, b) => a + b, 0));
  const next = await ada.call("connection.history", { limit: 500, before: all.closed[0].closed });
  assert.ok(next.closed.every((r) => r.closed <= all.closed[0].closed));
});

test("a tab that comes back is joined to its break, with the time it took and whether it recovered", async () => {
  const first = await Wire.connect(server.url, { token: bob.token, data: { tab: "bobs tab" } });
  const { subscribe } = await first.ask("subscribe", { channel: `room:${id}` });
  first.socket.terminate();
  await row(bob, first.welcome.client);
  await ada.call("message.send", { room: id, text: "missed", key: "missed" });
  const second = await Wire.connect(server.url, { token: bob.token, data: { tab: "bobs tab" } });
  const back = await second.ask("subscribe", { channel: `room:${id}`, recover: true, epoch: subscribe.epoch, offset: subscribe.offset });
  assert.equal(back.subscribe.recovered, true);
  const other = await Wire.connect(server.url, { token: ada.token, data: { tab: "bobs tab" } }); // another user's tab of that name
  await other.close();
  await second.close();
  await row(bob, second.welcome.client);
  const joined = await until("the break is joined", async () => {
    const r = await row(bob, first.welcome.client);
    return r.back_ms > 0 && r;
  });
  assert.ok(joined.back_ms < 30_000, `${joined.back_ms}`);
});

test("members see their own rows, an admin everybody's", async () => {
  const mine = await bob.call("connection.history", { limit: 500 });
  assert.ok(mine.closed.length > 0 && mine.closed.every((r) => r.user.id === bob.id));
  const all = await boss.call("connection.history", { limit: 500 });
  assert.ok(all.closed.some((r) => r.user?.id === ada.id) && all.closed.some((r) => r.user?.id === bob.id));
  const adas = await boss.call("connection.history", { user: ada.id });
  assert.ok(adas.closed.every((r) => r.user.id === ada.id));
});

test("rows that a crash left open are closed at the next start as 3001, server stopped", async () => {
  const open = [];
  for (const one of [ada, bob, bob]) open.push(await Wire.connect(server.url, { token: one.token }));
  await until("they are in the list", async () => (await boss.call("connection.list")).total === 3);
  const marker = await Wire.connect(server.url, { token: ada.token });
  await marker.close();
  await row(boss, marker.welcome.client); // rows are written in order: those before it are on disk too
  await nothingWrong(server.url);
  await server.kill();
  await server.restart();
  const rows = [];
  for (const wire of open) rows.push(await row(boss, wire.welcome.client));
  for (const r of rows) {
    assert.deepEqual([r.code, r.reason, r.by], [3001, "server stopped", "server"]);
    assert.ok(r.closed >= r.since);
  }
  const { connections, total } = await boss.call("connection.list");
  assert.deepEqual([connections, total], [[], 0], "nobody is open");
});

test("a stop closes everybody's row with 3001, shutdown, by the server", async () => {
  const c = await connected(server.url, { token: ada.token });
  const wire = await Wire.connect(server.url, { token: bob.token });
  const { code } = await server.stop();
  assert.equal(code, 0);
  assert.equal((await wire.closed()).code, 3001);
  c.disconnect();
  await server.restart();
  boss = await person(server, "boss");
  const r = await row(boss, wire.welcome.client);
  assert.deepEqual([r.code, r.reason, r.by], [3001, "shutdown", "server"]);
});
