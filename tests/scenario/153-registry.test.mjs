// The registry over sockets: its list against an independent count (S13), its bounds (S49), who is gone (S50), and the
// numbers of /metrics before and after a load (S53).
import assert from "node:assert/strict";
import { test } from "node:test";
import { metric, nothingWrong, slow, until } from "../support/chat.mjs";
import { jwt } from "../support/jwt.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

const SECRET = "a secret that only this test knows";
const config = { client: { token: { hmac_secret_key: SECRET } } };

/** /metrics without labels: {name: value}. */
async function metrics(server) {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => /^snug_\w+ /.test(line));
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]));
}

test("S22 connection.wait is answered by the connection itself, at once where there is one, and after its time where none comes", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"], { admin: true });
  const [ana, bob, cid] = await people(server, ["ana", "bob", "cid"]);
  const admin = await Wire.connect(server.url, { token: ada.token });
  const waiting = (params) => ada.call("connection.wait", params);
  assert.deepEqual(await waiting({ user: ada.id }), { connected: true, connections: 1 });
  const began = performance.now();
  assert.deepEqual(await waiting({ user: bob.id, timeout_ms: 300 }), { connected: false });
  assert.ok(performance.now() - began >= 290);

  let answered = 0;
  const both = [waiting({ user: ana.id }), admin.rpc("connection.wait", { user: ana.id }).then(({ result }) => result)];
  for (const one of both) one.then(() => answered++);
  await until("ana has a manager, for they wait", async () => (await ada.call("manager.list")).managers.some((m) => m.user.id === ana.id));
  await (await Wire.connect(server.url, { token: bob.token })).close();
  assert.equal(answered, 0, "somebody else's connection is none");
  const wire = await Wire.connect(server.url, { token: ana.token });
  for (const one of both) assert.deepEqual(await one, { connected: true, connections: 1 });
  await wire.close();

  for (const [who, params, code] of [
    [ana, { user: ana.id }, 103],
    [ada, {}, 107],
    [ada, { user: "x".repeat(251) }, 107],
    [ada, { user: "é".repeat(250) }, 106],
    [ada, { user: ana.id, timeout_ms: 20001 }, 107],
  ])
    assert.equal((await who.post("connection.wait", params)).error.code, code, JSON.stringify(params));
  const last = ada.post("connection.wait", { user: cid.id }).catch((error) => error);
  await until("it waits", async () => (await ada.call("manager.list")).managers.some((m) => m.user.id === cid.id));
  await nothingWrong(server.url);
  await server.stop(); // does not wait for it, and forgets nothing of it
  await last;
});

test("S13 manager.list is what a count of our own says: who, since when, how many lines, page by page", async () => {
  const server = await startPlace({ args: ["--manager.idle", "1s"] });
  const [ada] = await people(server, ["ada"], { admin: true });
  const some = await people(server, ["ana", "bob", "cleo", "dan", "eve"]);
  const list = (params = {}) => ada.call("manager.list", params);
  const began = Date.now();
  assert.deepEqual(await list(), { count: 0, created: 0, freed: 0, oldest: 0, managers: [], more: false });
  const ours = new Map(); // id -> lines
  const open = new Map();
  const join = async (who) => {
    const wire = await Wire.connect(server.url, { token: who.token });
    open.set(who.id, [...(open.get(who.id) ?? []), wire]);
    ours.set(who.id, (ours.get(who.id) ?? 0) + 1);
  };
  const leave = async (who) => {
    await open.get(who.id).pop().close();
    ours.set(who.id, ours.get(who.id) - 1);
  };
  for (const [i, who] of some.entries()) for (let n = 0; n <= i; n++) await join(who); // 1, 2, 3, 4, 5 lines
  await leave(some[4]);
  await leave(some[2]);
  await until("the server has noticed", async () => (await metric(server.url, "snug_connections")) === 13);
  const now = await list();
  assert.deepEqual([now.count, now.created, now.freed, now.more], [5, 5, 0, false]);
  assert.deepEqual(now.managers.map((m) => [m.user.id, m.connections]), some.map((who) => [who.id, ours.get(who.id)]));
  for (const m of now.managers) assert.ok(m.created >= began && m.created <= Date.now() && m.mode === "unified");
  assert.equal(now.oldest, Math.min(...now.managers.map((m) => m.created)));
  const paged = [];
  for (let after, more = true; more; ) {
    const page = await list({ limit: 2, ...(after ? { after } : {}) });
    assert.ok(page.managers.length <= 2);
    paged.push(...page.managers);
    more = page.more;
    after = page.managers.at(-1).user.id;
  }
  assert.deepEqual(paged, now.managers);
  while (ours.get(some[0].id)) await leave(some[0]);
  while (ours.get(some[1].id)) await leave(some[1]);
  await until("two have been idle for a second", async () => (await list()).freed === 2);
  const after = await list();
  assert.deepEqual([after.count, after.created, after.freed], [3, 5, 2]);
  assert.deepEqual(after.managers.map((m) => m.user.id), some.slice(2).map((who) => who.id));
  assert.equal(after.oldest, Math.min(...after.managers.map((m) => m.created)));
  for (const who of some.slice(2)) while (ours.get(who.id)) await leave(who);
  await nothingWrong(server.url);
});

test("S49 one user too many gets 503 with the reason or an error to try again, and those who are there are served", async () => {
  const server = await startPlace({ config, args: ["--manager.limit", "3", "--manager.idle", "60s"] });
  const ada = await server.setup({ display: "Ada" });
  const wires = [];
  for (const sub of ["one", "two", "three"]) wires.push(await Wire.connect(server.url, { token: jwt({ sub }, SECRET) }));
  const late = await Wire.open(server.url);
  const { error } = await late.ask("connect", { token: jwt({ sub: "four" }, SECRET) });
  assert.deepEqual(error, { code: 111, message: "There are too many people here at the moment, please try again.", temporary: true });
  const refused = await server.request("/connection/websocket", {
    headers: {
      Cookie: ada.cookie,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  });
  assert.equal(refused.status, 503);
  assert.match(refused.body.toString(), /too many people here at the moment/);
  assert.ok(Number(refused.headers["retry-after"]) >= 1);
  for (const wire of wires) assert.ok((await wire.ask("ping")).ping);
  const second = await Wire.connect(server.url, { token: jwt({ sub: "two" }, SECRET) }); // known: no new manager
  await wires.shift().close();
  const again = await until("the place of who has gone is free at once", async () => {
    const reply = await late.ask("connect", { token: jwt({ sub: "four" }, SECRET) });
    return reply.connect;
  });
  assert.ok(again.client);
  assert.equal(await metric(server.url, "snug_managers"), 3);
  assert.equal(await metric(server.url, "snug_auth_failures_total"), 0, "it was nobody's fault");
  for (const wire of [...wires, second, late]) await wire.close();
  await nothingWrong(server.url);
});

test("S49 one user has ten lines, each with its rooms and its queue: an eleventh or a room more is refused, the rest goes on", async () => {
  const server = await startPlace({ config: { ...config, client: { ...config.client, user_connection_limit: 2, channel_limit: 3 } } });
  const [ada] = await people(server, ["ada"]);
  const rooms = [];
  for (let i = 0; i < 3; i++) rooms.push(await room(ada, `r${i}`));
  const wires = [await Wire.connect(server.url, { token: ada.token }), await Wire.connect(server.url, { token: ada.token })];
  for (const wire of wires) {
    for (const id of rooms.slice(0, 2)) assert.ok((await wire.ask("subscribe", { channel: `room:${id}` })).subscribe);
    assert.equal((await wire.ask("subscribe", { channel: `room:${rooms[2]}` })).error.code, 106);
  }
  const third = await Wire.open(server.url);
  third.write({ id: 1, connect: { token: ada.token } });
  assert.deepEqual(await third.closed(), { code: 3504, reason: "connection limit" });
  await until("all subscriptions are counted", async () => (await metric(server.url, "snug_subscriptions")) === 6); // 2 × (user: and two rooms)
  for (const wire of wires) await wire.close();
});

test("S50 people come and go, and none of their managers stays", async () => {
  const server = await startPlace({ config, args: ["--manager.idle", "1s"] });
  const total = slow ? 200 : 3000;
  const resident = async () => (await metrics(server)).snug_rss_bytes / 2 ** 20;
  const one = async (sub) => (await Wire.connect(server.url, { token: jwt({ sub }, SECRET) })).close();
  for (let i = 0; i < 50; i++) await one(`warm ${i}`);
  await until("the first are gone", async () => (await metric(server.url, "snug_managers")) === 0);
  const first = await resident();
  for (let at = 0; at < total; at += 25) await Promise.all(Array.from({ length: 25 }, (_, i) => one(`person ${at + i}`)));
  await until("all managers are gone", async () => (await metric(server.url, "snug_managers")) === 0);
  const now = await metrics(server);
  assert.equal(now.snug_managers_created_total, total + 50);
  assert.equal(now.snug_managers_freed_total, total + 50);
  assert.deepEqual([now.snug_connections, now.snug_users, now.snug_subscriptions], [0, 0, 0]);
  console.log(`# ${total} users came and went: ${first.toFixed(1)} MB resident before, ${(await resident()).toFixed(1)} MB after (their channels are kept for 300 s)`);
  await nothingWrong(server.url);
});

test("S53 each HTTP request and each call of the server API is counted once", async () => {
  const server = await startPlace({ config: { channel: { namespaces: [{ name: "news", history_size: 10, history_ttl: "60s" }] } } });
  const [ada] = await people(server, ["ada"]);
  const before = await metrics(server);
  const api = (method, body) =>
    server.request(`/api/${method}`, { method: "POST", headers: { "X-API-Key": server.api_key, "content-type": "application/json" }, body: JSON.stringify(body) });
  for (let i = 0; i < 4; i++) assert.equal((await api("publish", { channel: "news:1", data: { i } })).status, 200);
  const answer = await api("broadcast", { channels: ["news:1", "news:2", "news:3"], data: {} });
  assert.equal(JSON.parse(answer.body).result.responses.length, 3);
  assert.equal(JSON.parse((await api("nonsense", {})).body).error.code, 104);
  await ada.call("user.me");
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  const after = await metrics(server);
  const diff = (name) => after[`snug_${name}`] - before[`snug_${name}`];
  assert.equal(diff("http_requests_total"), 4 + 1 + 1 + 1 + 1 + 1, "what was asked above, and /metrics itself once");
  assert.equal(diff("publications_total"), 7);
  assert.equal(diff("deliveries_total"), 0, "nobody listens");
  assert.equal(diff("pushes_encoded_total"), 0, "and so nothing is encoded");
  assert.equal(diff("auth_failures_total"), 0);
});

test("S53 what /metrics counts over a scripted load is exactly what was done", async () => {
  const server = await startPlace();
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "counted", [bob]);
  const quiet = async () => {
    // Histories and samples are written in their own time: what is looked at here must stand still.
    let last;
    return until("nothing moves", async () => {
      const now = await metrics(server);
      const same = last && now.snug_bytes_out_total === last.snug_bytes_out_total && now.snug_queue_writer === 0;
      last = now;
      return same && now;
    });
  };
  const before = await quiet();
  const lines = [ada, ada, bob, bob, bob];
  const wires = [];
  for (const who of lines) wires.push(await Wire.connect(server.url, { token: who.token }));
  for (const wire of wires) assert.ok((await wire.ask("subscribe", { channel: `room:${id}` })).subscribe);
  for (let i = 0; i < 7; i++) assert.ok((await wires[0].rpc("message.send", { room: id, text: `${i}`, key: `k${i}` })).result);
  assert.equal((await wires[0].rpc("message.send", { room: id, text: "again", key: "k0" })).result.id !== undefined, true); // the same key: no new one
  assert.equal((await wires[0].rpc("message.send", { room: id, text: "", key: "bad" })).error.code, 107);
  await until("all have all", () => wires.every((w) => w.pushes.filter((p) => p.pub?.data.type === "message_created").length === 7));
  const bad = await Wire.open(server.url);
  bad.write({ id: 1, connect: { token: "no.such.token" } });
  assert.equal((await bad.closed()).code, 3500);
  const stranger = await Wire.open(server.url);
  assert.equal((await stranger.ask("connect")).error.code, 101);
  await stranger.close();
  const during = await quiet();
  const diff = (a, b, name) => b[`snug_${name}`] - a[`snug_${name}`];
  const expected = {
    connections_opened_total: 7,
    connections_closed_total: 2,
    connections: 5,
    users: 2,
    managers: 2,
    managers_created_total: 2,
    subscriptions: 10, // five lines: the own channel and the room
    messages_total: 7,
    commands_total: 5 + 5 + 9 + 2, // connects, subscribes, sends; the two bad connects
    auth_failures_total: 2, // a bad token, and none at all
    ack_seconds_count: 8, // what the writer has answered: the seven, and the first result again
    messages_lost_total: 0,
    messages_doubled_total: 0,
    replies_dropped_total: 0,
    posts_refused_total: 0,
    closes_slow_total: 0,
    closes_1011_total: 0,
    drops_passing_total: 0,
    commands_refused_total: 0,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, diff(before, during, name)])), expected);
  // Each message went to five lines; unread counts and joins besides.
  assert.ok(diff(before, during, "deliveries_total") >= 35);
  const framesOut = wires.concat(bad, stranger).reduce((n, wire) => n + wire.messages.length, 0);
  assert.equal(diff(before, during, "frames_out_total"), framesOut, "one for each message that came");
  for (const wire of wires) await wire.close();
  await until("all are gone", async () => (await metric(server.url, "snug_connections")) === before.snug_connections);
  const after = await metrics(server);
  assert.equal(diff(before, after, "connections_closed_total"), 7);
  assert.deepEqual([after.snug_users, after.snug_subscriptions], [0, 0]);
});
