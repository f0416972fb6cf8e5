// Guards: PROTOCOL.md, How strict: Upgrade; MANAGER.md S41; CIVETWEB.md, hand-over: after it no worker is held and no
// descriptor is left.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { makeCertificate } from "../support/certificate.mjs";
import { Server, tempFolder } from "../support/server.mjs";

let server;
let admin;

before(async () => {
  server = await Server.start({ config: { client: { user_connection_limit: 0 } } });
  admin = await server.setup();
});

after(async () => {
  const { code } = await server.stop();
  assert.equal(code, 0);
});

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** An upgrade request as text; lines replace those of the same name, null leaves one out. */
function upgradeRequest(lines = {}, start = "GET /connection/websocket HTTP/1.1") {
  const all = {
    Host: "127.0.0.1",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...lines,
  };
  const head = Object.entries(all)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return `${start}\r\n${head.join("")}\r\n`;
}

/** A masked text frame. */
function frame(text) {
  const payload = Buffer.from(text);
  assert.ok(payload.length < 126);
  const mask = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ mask[i % 4]);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]).toString("latin1");
}

const CONNECT = frame('{"id":1,"connect":{}}');

/** A WebSocket of the npm package ws, open; `closed` resolves with its code. */
function open(headers = {}, protocols = []) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(server.ws_url, protocols, { headers });
    socket.on("open", () => resolve(socket));
    socket.on("error", reject);
    socket.closed = new Promise((done) => socket.on("close", (code) => done(code)));
  });
}

/** The next message as an object. */
function reply(socket) {
  return new Promise((resolve, reject) => {
    socket.once("message", (bytes) => resolve(JSON.parse(bytes.toString().split("\n")[0])));
    socket.once("close", (code) => reject(new Error(`closed with ${code}`)));
  });
}

test("refusals are complete answers", async () => {
  const rows = [
    [400, { "Sec-WebSocket-Key": null }],
    [400, { "Sec-WebSocket-Key": [KEY, KEY] }],
    [400, { "Sec-WebSocket-Key": "AAAA" }],
    [400, { Connection: null }],
    [400, { Host: null }],
    [400, { "Content-Length": "4" }],
    [403, { Origin: "http://evil.example" }],
    [403, { Origin: "null" }],
    [426, { Upgrade: null }],
    [426, { "Sec-WebSocket-Version": null }],
    [426, { "Sec-WebSocket-Version": "8" }],
    [426, { "Sec-WebSocket-Version": ["13", "13"] }],
  ];
  const before = await server.metric("snug_upgrades_refused_total");
  for (const [status, lines] of rows) {
    const answer = await server.raw(upgradeRequest(lines));
    const [head, body] = answer.split("\r\n\r\n");
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(lines));
    assert.ok(head.includes(`Content-Length: ${body.length}`), JSON.stringify(lines));
    assert.ok(body.length > 5, "in words");
    if (status === 426) assert.match(head, /Sec-WebSocket-Version: 13/);
  }
  // A missing Host is no request at all, the others are upgrades that were refused.
  assert.equal(await server.metric("snug_upgrades_refused_total"), before + rows.length - 1);
  assert.match(await server.raw(upgradeRequest({}, "GET /connection/websocket HTTP/1.0")), /^HTTP\/1\.1 400 /);
  assert.match(await server.raw(upgradeRequest({}, "POST /connection/websocket HTTP/1.1")), /^HTTP\/1\.1 405 /);
  assert.match(await server.raw(upgradeRequest({}, "GET /elsewhere HTTP/1.1")), /^HTTP\/1\.1 404 /);
});

test("an upgrade may be spelled in many ways", async () => {
  for (const lines of [
    {},
    { Connection: "keep-alive, Upgrade" },
    { Connection: ["keep-alive", "uPGRADE"] },
    { Upgrade: "WebSocket" },
    { Origin: `http://127.0.0.1` },
    { "Content-Length": "0" },
  ]) {
    const answer = await server.raw(upgradeRequest(lines), { until: "\r\n\r\n" });
    assert.match(answer, /^HTTP\/1\.1 101 /, JSON.stringify(lines));
    assert.ok(answer.includes(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`));
  }
});

test("frames in the same segment as the request are served", async () => {
  const request = upgradeRequest({ Cookie: admin.cookie });
  const whole = await server.raw(request + CONNECT, { until: '"client"' });
  assert.match(whole, /^HTTP\/1\.1 101 /);
  assert.ok(whole.includes('"connect":{'), whole);
  // A frame that is cut by the hand-over, and byte by byte behind it.
  const socket = net.connect(server.port, "127.0.0.1");
  socket.setNoDelay(true);
  let text = "";
  const answered = new Promise((resolve) =>
    socket.on("data", (bytes) => (text += bytes.toString("latin1")).includes('"client"') && resolve()),
  );
  socket.write(request + CONNECT.slice(0, 3), "latin1");
  await Server.until(() => text.includes("\r\n\r\n"), "the 101");
  for (const byte of CONNECT.slice(3)) socket.write(byte, "latin1");
  await answered;
  socket.destroy();
});

test("subprotocols: none, or one for each encoding", async () => {
  for (const [offer, chosen] of [
    [[], ""],
    [["centrifuge-json"], "centrifuge-json"],
    [["other", "centrifuge-json"], "centrifuge-json"],
    [["centrifuge-protobuf"], "centrifuge-protobuf"],
  ]) {
    const socket = await open({ cookie: admin.cookie }, offer);
    assert.equal(socket.protocol, chosen);
    socket.terminate();
  }
});

test("a cookie connects, a stranger gets 101, a token wins over a cookie", async () => {
  const known = await open({ cookie: admin.cookie });
  known.send('{"id":1,"connect":{}}');
  assert.equal((await reply(known)).connect.data.user.name, "ada");
  known.terminate();

  const stranger = await open();
  stranger.send('{"id":1,"connect":{}}');
  assert.equal((await reply(stranger)).error.code, 101);
  stranger.terminate();

  const old = await open({ cookie: "snug_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
  old.send('{"id":1,"connect":{}}');
  assert.equal((await reply(old)).error.code, 101);
  old.terminate();

  const bob = await server.join("Bob");
  const both = await open({ cookie: admin.cookie });
  both.send(JSON.stringify({ id: 1, connect: { token: bob.token } }));
  assert.equal((await reply(both)).connect.data.user.name, "bob");
  both.terminate();

  const bad = await open({ cookie: admin.cookie });
  bad.send('{"id":1,"connect":{"token":"nonsense"}}');
  assert.equal(await bad.closed, 3500);
});

test("the official client connects with a token", async () => {
  const client = new Centrifuge(server.ws_url, { websocket: WebSocket, token: admin.token });
  const connected = new Promise((resolve, reject) => {
    client.on("connected", resolve);
    client.on("disconnected", (ctx) => reject(new Error(`${ctx.code} ${ctx.reason}`)));
  });
  client.connect();
  assert.match((await connected).client, /^[0-9a-f-]{36}$/);
  assert.equal((await client.rpc("user.me", {})).data.user.name, "ada");
  client.removeAllListeners();
  client.disconnect();
});

test("strangers get few places, and each comes back (S41)", async () => {
  const PLACES = 64;
  const waiting = [];
  // Places of earlier tests come back when their sockets are seen to be closed.
  await Server.until(async () => {
    while (waiting.length < PLACES) {
      const socket = await open().catch(() => null);
      if (!socket) return false;
      waiting.push(socket);
    }
    return true;
  }, "64 places");
  const refused = await server.raw(upgradeRequest());
  assert.match(refused, /^HTTP\/1\.1 503 /);
  assert.match(refused, /Retry-After: \d+\r\n/);
  const known = await open({ cookie: admin.cookie }); // who has a cookie needs no such place
  known.terminate();
  // A right that is shown gives the place back, as closing does.
  waiting[0].send(JSON.stringify({ id: 1, connect: { token: admin.token } }));
  assert.ok((await reply(waiting[0])).connect);
  waiting.push(await Server.until(() => open().catch(() => null), "the place of the connected one"));
  waiting[1].terminate();
  waiting.push(await Server.until(() => open().catch(() => null), "the place of the closed one"));
  for (const socket of waiting) socket.terminate();
});

const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length;

test("after 1,000 upgrades there are as many descriptors as before", async () => {
  await Server.until(async () => (await server.metric("snug_connections")) === 0, "all sockets closed");
  const before = descriptors();
  const opened = await server.metric("snug_connections_opened_total");
  for (let round = 0; round < 20; round++) {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open({ cookie: admin.cookie })));
    for (const [i, socket] of sockets.entries()) {
      if (i % 3 === 0) socket.terminate();
      else socket.close(1000);
    }
    await Promise.all(sockets.map((socket) => socket.closed));
    // A person may have 64 that have not connected: those of this round are over when the server says so.
    await Server.until(async () => (await server.metric("snug_connections")) === 0, "all sockets closed");
  }
  await Server.until(() => descriptors() <= before + 1, `${before} descriptors`); // one is the question's own
  assert.equal(await server.metric("snug_connections_opened_total"), opened + 1000);
});

test("open WebSockets hold no worker of HTTP", async () => {
  const small = await Server.start({ config: { http: { workers: 2 }, client: { user_connection_limit: 0 } } });
  const sockets = [];
  try {
    const boss = await small.setup();
    for (let i = 0; i < 60; i++) {
      const socket = new WebSocket(small.ws_url, { headers: { cookie: boss.cookie } });
      sockets.push(socket);
      await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    }
    const began = Date.now();
    for (let i = 0; i < 20; i++) assert.equal((await small.request("/healthz")).status, 200);
    assert.ok(Date.now() - began < 3000);
  } finally {
    for (const socket of sockets) socket.terminate();
    assert.equal((await small.stop()).code, 0);
  }
});

test("over TLS too: early frames, and the same descriptors", async () => {
  const folder = tempFolder();
  const { cert, key } = makeCertificate();
  const file = path.join(folder, "both.pem");
  writeFileSync(file, cert + key);
  const secure = await Server.start({ config: { http_server: { tls: { cert_pem_file: file } } } });
  try {
    const early = await new Promise((resolve, reject) => {
      const socket = tls.connect({ host: "127.0.0.1", port: secure.port, ca: cert }, () => {
        socket.write(upgradeRequest() + CONNECT, "latin1");
      });
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes.toString("latin1");
        if (!text.includes('"error"')) return;
        socket.destroy();
        resolve(text);
      });
      socket.on("error", reject);
      socket.on("end", () => reject(new Error(`ended: ${text}`)));
    });
    assert.match(early, /^HTTP\/1\.1 101 /);
    assert.ok(early.includes('"code":101'), "a stranger, answered");
    const count = () => readdirSync(`/proc/${secure.pid}/fd`).length;
    const before = count();
    for (let i = 0; i < 40; i++) {
      const socket = new WebSocket(secure.ws_url, { ca: cert });
      await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
      socket.send("{}".padEnd(20_000)); // more than one TLS record
      socket.terminate();
    }
    await Server.until(() => count() <= before, `${before} descriptors`);
  } finally {
    assert.equal((await secure.stop()).code, 0);
  }
});
