// S33: the levels of the server. Each is crossed by what causes it and left again by itself; who is connected is told once a
// change, on every transport and in both encodings; /readyz, /metrics and metrics.query say the same.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import WebSocket from "ws";
import { client, metric, nothingWrong, slow, until, within } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { SCARCE, freeBytes } from "../support/scarce.mjs";
import { Wire } from "../support/wire.mjs";
import { ways } from "../support/ways.mjs";

const MIB = 1 << 20;
const LEVELS = ["normal", "readonly", "shedding", "draining"];

const ready = async (server) => {
  const answer = await fetch(`${server.url}/readyz`);
  return { status: answer.status, retry: answer.headers.get("retry-after"), text: await answer.text() };
};

/** A client of each way; told: every level it was told, in order. */
async function listeners(server, token) {
  const made = ways.map((way) => {
    const client = way.client(server.url, { token });
    const told = [];
    client.on("message", (ctx) => told.push(way.read(ctx.data)));
    client.connect();
    return { name: way.name, client, told };
  });
  for (const { client } of made) await within("connect", client.ready());
  return made;
}

async function becomes(server, level) {
  await until(`the level ${level}`, async () => (await metric(server.url, "snug_level")) === LEVELS.indexOf(level));
}

async function allTold(all, levels) {
  for (const { name, told } of all) {
    await until(() => `${name} is told ${levels}, not ${JSON.stringify(told)}`, () => told.length >= levels.length);
    assert.deepEqual(told.map((m) => [m.type, m.level]), levels.map((l) => ["level", l]), name);
    for (const m of told) assert.equal(m.reason === "", m.level === "normal", `${name}: ${JSON.stringify(m)}`);
  }
}

/** The answer to an upgrade that is refused. */
function refusal(server) {
  const request = `GET /connection/websocket HTTP/1.1\r\nHost: ${server.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  return server.raw(request, { until: ".\n" });
}

const STREAMS = { http_stream: { enabled: true }, sse: { enabled: true } };

test("S33: a disk that fills makes the server read-only, and one with room makes it normal again", async () => {
  freeBytes(500 * MIB);
  const server = await startPlace({ config: { ...STREAMS, disk: { free_min: 100 * MIB } }, env: SCARCE });
  const [boss] = await people(server, ["boss"], { admin: true });
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "levels");
  const all = await listeners(server, ada.token);
  const wire = await Wire.connect(server.url, { token: ada.token });
  const modes = async () => (await boss.call("manager.list")).managers.map((m) => m.mode);
  const rows = async () => (await boss.call("connection.history", { user: ada.id })).closed.map((row) => row.id);
  assert.equal(wire.welcome.data.level, "normal");
  assert.deepEqual(await modes(), ["unified"]);
  assert.ok((await wire.rpc("message.send", { room: id, text: "before", key: "1" })).result);
  assert.equal((await ready(server)).status, 200);

  freeBytes(99 * MIB);
  await becomes(server, "readonly");
  await allTold(all, ["readonly"]);
  assert.equal((await wire.rpc("message.send", { room: id, text: "now", key: "2" })).error.code, 108);
  assert.equal((await wire.rpc("message.list", { room: id })).result.messages.length, 1, "reading goes on");
  const { status, retry, text } = await ready(server);
  assert.equal(status, 503);
  assert.ok(Number(retry) >= 1);
  assert.match(text, /readonly: The disk is nearly full/);
  assert.equal((await boss.call("metrics.query")).level, "readonly");
  const late = await Wire.connect(server.url, { token: ada.token });
  assert.equal(late.welcome.data.level, "readonly", "who comes now is let in, and told at once");
  assert.deepEqual(await modes(), ["degraded"], "S8: what can be stored nowhere is not kept");
  const short = await Wire.connect(server.url, { token: ada.token });
  await short.close();

  freeBytes(500 * MIB);
  await becomes(server, "normal");
  await allTold(all, ["readonly", "normal"]);
  assert.ok((await wire.rpc("message.send", { room: id, text: "now", key: "2" })).result);
  assert.equal((await ready(server)).status, 200);
  const { level, marks } = await boss.call("metrics.query");
  assert.equal(level, "normal");
  assert.equal(await metric(server.url, "snug_level_changes_total"), 2);
  await until("the marks are in the charts", async () => {
    const words = (await boss.call("metrics.query")).marks.map((m) => m.text);
    return words.includes("Disk full, read only") && words.includes("Normal again");
  });
  assert.ok(marks);
  assert.deepEqual(await modes(), ["unified"]);
  await late.close();
  await wire.close();
  await until("the row of who was there before", async () => (await rows()).includes(wire.welcome.client));
  assert.ok(!(await rows()).includes(short.welcome.client), "who came and went with a full disk has none");
  await nothingWrong(server.url);
});

test("S33: memory over its budget sheds: no new socket, the old ones live on; and below it everybody is let in", async () => {
  const config = {
    ...STREAMS,
    channel: { namespaces: [{ name: "big", history_size: 1000, history_ttl: "300s" }] },
  };
  // A sanitizer keeps what was freed; here it must not.
  const env = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64` };
  const idle = await startPlace({ config, env });
  const budget = (await metric(idle.url, "snug_rss_bytes")) + (slow ? 100 : 48) * MIB;
  await idle.stop();
  const server = await startPlace({ config, env, args: ["--memory.limit", String(budget)] });
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "shedding");
  const all = await listeners(server, ada.token);
  const wire = await Wire.connect(server.url, { token: ada.token });
  const api = async (method, params) => {
    const answer = await fetch(`${server.url}/api/${method}`, {
      method: "POST",
      headers: { "X-API-Key": server.api_key, "Content-Type": "application/json" },
      body: JSON.stringify(params),
    });
    const body = await answer.json();
    assert.ok(body.result, JSON.stringify(body));
  };

  const data = "x".repeat(1000 * 1000);
  for (let i = 0; i < 400 && (await metric(server.url, "snug_level")) === 0; i++) await api("publish", { channel: "big:1", data });
  await becomes(server, "shedding");
  await allTold(all, ["shedding"]);
  const text = await refusal(server);
  assert.match(text, /^HTTP\/1.1 503 /);
  assert.match(text, /\r\nRetry-After: [1-9]\d*\r\n/);
  assert.match(text, /Memory is short: nobody new is let in for now\.\n$/);
  for (const path of ["/connection/http_stream", `/connection/sse?cf_connect=${encodeURIComponent('{"id":1,"connect":{}}')}`]) {
    const post = path.endsWith("stream");
    const answer = await fetch(server.url + path, post ? { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"id":1,"connect":{}}' } : {});
    assert.equal(answer.status, 503, path);
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
  }
  assert.ok((await wire.rpc("message.send", { room: id, text: "still here", key: "1" })).result, "old ones are fine");
  const state = await ready(server);
  assert.equal(state.status, 503);
  assert.match(state.text, /shedding: Memory is short/);

  await api("history_remove", { channel: "big:1" });
  await becomes(server, "normal");
  await allTold(all, ["shedding", "normal"]);
  const late = await Wire.connect(server.url, { token: ada.token });
  assert.equal(late.welcome.data.level, "normal");
  await late.close();
  await wire.close();
  await nothingWrong(server.url);
});

test("S33: a system that gives no more descriptors makes the server shed, until it gives some again", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const wire = await Wire.connect(server.url, { token: ada.token });
  const [limit] = execFileSync("prlimit", ["--pid", server.pid, "--nofile", "--output", "SOFT", "--noheadings"]).toString().trim().split(/\s+/);
  const open = await until("the number of descriptors", () => metric(server.url, "snug_fds"));
  execFileSync("prlimit", ["--pid", server.pid, `--nofile=${open + 8}:`]);
  await becomes(server, "shedding");
  await wire.push("told", (p) => p.message?.data.level === "shedding");
  assert.match(await refusal(server), /^HTTP\/1.1 503 [^]*no more descriptors/);
  assert.ok((await wire.ask("ping")).ping);
  execFileSync("prlimit", ["--pid", server.pid, `--nofile=${limit}:`]);
  await becomes(server, "normal");
  await wire.push("told", (p) => p.message?.data.level === "normal");
  assert.equal(wire.pushes.filter((p) => p.message).length, 2);
  await (await Wire.connect(server.url, { token: ada.token })).close();
  await wire.close();
  await nothingWrong(server.url);
});

test("S33: who is connected hears that the server stops before it is told to come back", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const wire = await Wire.connect(server.url, { token: ada.token });
  const ended = server.stop();
  assert.deepEqual(await wire.closed(), { code: 3001, reason: "shutdown" });
  assert.deepEqual(wire.pushes.filter((p) => p.message).map((p) => p.message.data.level), ["draining"]);
  assert.equal((await ended).code, 0);
});

test("S33: who is past the door when the server drains is told to come back, and does: the old ones are served", async () => {
  const server = await startPlace();
  const [boss] = await people(server, ["boss"], { admin: true });
  const [ada] = await people(server, ["ada"]);
  const old = await Wire.connect(server.url, { token: ada.token });
  const early = await Wire.open(server.url); // its connect comes later
  let goOn;
  const may = new Promise((resolve) => (goOn = resolve));
  let held = 0;
  class Held extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { perMessageDeflate: false });
    }
    send(bytes) {
      held++;
      may.then(() => this.readyState === WebSocket.OPEN && super.send(bytes));
    }
  }
  const page = client(server.url, { token: ada.token }, { websocket: Held });
  const lost = [];
  page.on("error", ({ error }) => lost.push(error.code));
  page.connect();
  await until("its socket is past the door", () => held === 1);

  server.child.kill("SIGUSR1");
  await becomes(server, "draining");
  assert.deepEqual((await boss.call("manager.list")).managers.map((m) => [m.user.id, m.mode, m.connections]), [[ada.id, "emergency", 1]]);
  const { error } = await early.ask("connect", { token: ada.token });
  assert.deepEqual([error.code, error.temporary], [111, true]);
  assert.match(error.message, /takes nobody new at the moment/);
  goOn();
  await until("it is refused", () => lost.includes(111));
  assert.equal(page.state, "connecting", "it comes back");
  assert.ok((await old.ask("ping")).ping);
  assert.deepEqual(await boss.call("place.announce", { text: "soon" }), { users: 1, connections: 1 });

  server.child.kill("SIGUSR2");
  await within("connected by itself", page.ready());
  assert.equal(page.state, "connected");
  assert.deepEqual((await boss.call("manager.list")).managers.map((m) => [m.mode, m.connections]), [["unified", 2]]);
  for (const wire of [old, early]) await wire.close();
  await nothingWrong(server.url);
});

test("S33: SIGUSR1 drains: nobody new, who is there stays, until SIGUSR2 or the stop", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "draining");
  const wire = await Wire.connect(server.url, { token: ada.token });
  server.child.kill("SIGUSR1");
  await becomes(server, "draining");
  await wire.push("told", (p) => p.message?.data.level === "draining");
  assert.match(await refusal(server), /^HTTP\/1.1 503 [^]*The server is being emptied: connect again later\.\n$/);
  assert.equal((await ready(server)).status, 503);
  assert.ok((await wire.rpc("message.send", { room: id, text: "still here", key: "1" })).result);
  server.child.kill("SIGUSR2");
  await becomes(server, "normal");
  await (await Wire.connect(server.url, { token: ada.token })).close();
  server.child.kill("SIGUSR1");
  await becomes(server, "draining");
  const told = () => wire.pushes.filter((p) => p.message).map((p) => p.message.data.level);
  await until("the third is told", () => told().length === 3);
  assert.deepEqual(told(), ["draining", "normal", "draining"]);
  const ended = server.stop();
  assert.deepEqual(await wire.closed(), { code: 3001, reason: "shutdown" });
  assert.equal((await ended).code, 0);
  assert.equal(wire.pushes.filter((p) => p.message).length, 3, "the stop of a drained server is no news");
});
