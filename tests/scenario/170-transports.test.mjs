// Transports other than WebSocket (PROTOCOL.md): the reference client does over http_stream and over server-sent events
// what it does over a WebSocket: nothing missed, nothing twice, over cut lines and kill -9; a stream holds no worker.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { before, test } from "node:test";
import { Centrifuge } from "centrifuge";
import { makeCertificate } from "../support/certificate.mjs";
import { disconnected, follow, interrupted, listAll, metric, nothingWrong, patience, refused, rpc, send, slow, until, within } from "../support/chat.mjs";
import { eventSource } from "../support/event_source.mjs";
import { people, person, room, startPlace } from "../support/place.mjs";
import { atRandom, never, openProxy, seeded } from "../support/proxy.mjs";
import { tempFolder } from "../support/server.mjs";
import { atEnd } from "../support/tidy.mjs";

const STREAMS = { http_stream: { enabled: true }, sse: { enabled: true } };
const TRANSPORTS = ["http_stream", "sse"];
const JSON_TYPE = { "Content-Type": "application/json" };
const CONNECT = '{"id":1,"connect":{}}';
const PASSWORD = "correct horse battery";
let server, boss, ada, bob;

before(async () => {
  server = await startPlace({ config: { ...STREAMS, client: { user_connection_limit: 0 } } });
  await server.setup({ display: "Root", password: PASSWORD });
  [boss] = await people(server, ["boss"], { admin: true });
  [ada, bob] = await people(server, ["ada", "bob"]);
});

/** A client of one of the two transports; who: {token} or {cookie}. */
function client(url, transport, who, options = {}) {
  const headers = who.cookie ? { Cookie: who.cookie } : {};
  const made = new Centrifuge([{ transport, endpoint: `${url}/connection/${transport}` }], {
    fetch: (address, request) => fetch(address, { ...request, headers: { ...request.headers, ...headers } }),
    readableStream: ReadableStream,
    eventsource: eventSource(headers),
    emulationEndpoint: `${url}/emulation`,
    ...(who.token ? { token: who.token } : {}),
    minReconnectDelay: 1,
    maxReconnectDelay: 100,
    timeout: patience,
    ...options,
  });
  made.on("error", () => {}); // a cut line is what these tests are about
  atEnd(() => made.disconnect());
  return made;
}

async function connected(url, transport, who, options) {
  const made = client(url, transport, who, options);
  made.connect();
  await within("connect", made.ready());
  return made;
}

/** A stream by hand: {socket, text(), ended}; what comes is behind the head. */
async function rawStream(port, token, { pause = false } = {}) {
  const socket = net.connect(port, "127.0.0.1");
  atEnd(() => socket.destroy());
  const stream = { socket, text: "" };
  stream.ended = new Promise((told) => socket.on("close", told));
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    stream.text += bytes.toString("latin1");
  });
  const body = JSON.stringify({ id: 1, connect: { token } });
  socket.write(`POST /connection/http_stream HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await until("the connect reply", () => stream.text.includes('"session":"'));
  stream.connect = JSON.parse(stream.text.split("\r\n\r\n")[1].split("\n")[0]).connect;
  if (pause) socket.pause();
  return stream;
}

const emulate = (session, node, data, url = server.url) =>
  fetch(`${url}/emulation`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ session, node, data }) });

for (const transport of TRANSPORTS) {
  test(`${transport}: connect, subscribe, send, history, presence, unsubscribe`, async () => {
    const id = await room(ada, `all of it by ${transport}`, [bob]);
    const a = await connected(server.url, transport, { token: ada.token });
    const b = await connected(server.url, transport, { token: bob.token });
    const log = await follow(b, id);
    for (let i = 0; i < 20; i++) await send(a, id, `line\n${i} "ä" 漢`, `${transport}-${i}`);
    await until("bob has all", () => log.messages().length === 20);
    assert.deepEqual(log.faults, []);
    assert.deepEqual(log.messages(), await listAll(ada.call, id));
    const history = await log.sub.history({ limit: 5, reverse: true });
    assert.equal(history.publications.length, 5);
    assert.equal(history.offset, log.top);
    assert.ok(Object.values((await log.sub.presence()).clients).some((c) => c.user === bob.id));
    assert.equal((await refused(a.rpc("no.method", {}))).code, 104);
    log.sub.unsubscribe();
    await send(a, id, "to nobody", `${transport}-nobody`);
    await until("bob left", async () => !Object.values((await a.presence(`room:${id}`).catch(() => ({ clients: {} }))).clients).some((c) => c.user === bob.id));
    assert.equal(log.messages().length, 20);
    const { connections: open } = await boss.call("connection.list", {});
    assert.equal(open.filter((c) => c.transport === transport).length, 2);
    a.disconnect();
    b.disconnect();
    const closed = await until("the row of the end", async () => {
      const rows = (await boss.call("connection.history", { limit: 500 })).closed.filter((c) => c.transport === transport);
      return rows.length === 2 && rows;
    });
    for (const row of closed) assert.ok(row.frames_in > 2 && row.bytes_in > 50 && row.bytes_out > 200, JSON.stringify(row));
    await nothingWrong(server.url);
  });

  test(`${transport}: a log-in connects, and logging out closes with 3503`, async () => {
    const { cookie, result } = await server.post("session.login", { name: "root", password: PASSWORD });
    const c = await connected(server.url, transport, transport === "sse" ? { token: result.token } : { cookie });
    assert.equal((await rpc(c, "user.me")).user.name, "root");
    const end = disconnected(c);
    await server.call("session.logout", {}, cookie);
    assert.equal((await end).code, 3503);
    // A link to /connection/sse brings the cookie along, wherever it stands: there it is nobody's.
    const stranger = client(server.url, transport, transport === "sse" ? { cookie: (await server.post("session.login", { name: "root", password: PASSWORD })).cookie } : {});
    const refusal = disconnected(stranger);
    stranger.connect();
    assert.equal((await refusal).code, 101);
    const wrong = client(server.url, transport, { token: "nonsense" });
    const end2 = disconnected(wrong);
    wrong.connect();
    assert.equal((await end2).code, 3500);
  });

  test(`${transport}: over lines that are cut at random nothing is missed and nothing comes twice`, async (t) => {
    const id = await room(ada, `cut ${transport}`, [bob]);
    const proxy = await openProxy(server.port);
    const a = await connected(proxy.url, transport, { token: ada.token });
    const b = await connected(proxy.url, transport, { token: bob.token });
    const log = await follow(b, id);
    const lost = interrupted(b);
    proxy.cutAll();
    await lost;
    const count = slow ? 40 : 120;
    proxy.rule = atRandom(seeded(transport.length), 20_000);
    for (let i = 0; i < count; i++) await send(a, id, `m${i}`, `cut-${transport}-${i}`);
    proxy.rule = never;
    await until(() => `bob has all: ${log.messages().length}`, () => log.messages().length === count);
    assert.deepEqual(log.faults, []);
    assert.deepEqual(log.messages().map((m) => m.text), Array.from({ length: count }, (_, i) => `m${i}`));
    assert.deepEqual(log.messages(), await listAll(ada.call, id));
    assert.ok(log.recovered >= 1, "it recovered");
    await nothingWrong(server.url);
    t.diagnostic(`${proxy.cuts} cuts, ${log.recovered} recoveries`);
    a.disconnect();
    b.disconnect();
  });

  test(`${transport}: over kill -9 and restart every message is there exactly once, in order`, async () => {
    const own = await startPlace({ config: STREAMS });
    const [writer, reader] = await people(own, ["ann", "ben"]);
    const id = await room(writer, "crash", [reader]);
    const a = await connected(own.url, transport, { token: writer.token });
    const b = await connected(own.url, transport, { token: reader.token });
    const log = await follow(b, id);
    for (let round = 0; round < 2; round++) {
      const sending = (async () => {
        for (let i = 0; i < 15; i++) await send(a, id, `r${round} m${i}`, `${round}-${i}`);
      })();
      await until("some are there", () => log.messages().length >= round * 15 + 5);
      await own.kill();
      await own.restart();
      await sending;
    }
    await until(() => `ben has all: ${log.messages().length}`, () => log.messages().length === 30);
    assert.deepEqual(log.faults, []);
    assert.deepEqual(log.messages(), await listAll((await person(own, "ann")).call, id));
    await nothingWrong(own.url);
    a.disconnect();
    b.disconnect();
  });

  test(`${transport}: a stop says 3001, and the client comes back`, async () => {
    const own = await startPlace({ config: STREAMS });
    const [ann] = await people(own, ["ann"]);
    const c = await connected(own.url, transport, { token: ann.token });
    const lost = interrupted(c);
    const { code, ms } = await own.stop();
    assert.equal(code, 0);
    assert.ok(ms < 5000, `${ms} ms`);
    assert.equal((await lost).code, 3001);
    await own.restart();
    await within("back", c.ready());
    c.disconnect();
  });
}

test("what is no stream is refused with a sentence, and nothing is left of it", async () => {
  const before = await metric(server.url, "snug_connections");
  const stream = (body, headers = JSON_TYPE) => fetch(`${server.url}/connection/http_stream`, { method: "POST", headers, body });
  const sse = (query, headers = {}) => fetch(`${server.url}/connection/sse${query}`, { headers });
  const rows = [
    [400, "connect", await stream("")],
    [400, "connect", await stream("{")],
    [400, "connect", await stream('{"id":1,"ping":{}}')],
    [413, "longer", await stream(CONNECT + " ".repeat(70_000))],
    [415, "application/json", await stream(CONNECT, { "Content-Type": "text/plain" })],
    [403, "origin", await stream(CONNECT, { ...JSON_TYPE, Origin: "http://evil.example" })],
    [405, "method", await fetch(`${server.url}/connection/http_stream`)],
    [400, "cf_connect", await sse("")],
    [400, "cf_connect", await sse("?cf_connect=%zz")],
    [400, "connect", await sse("?cf_connect=%7B")],
    [403, "origin", await sse(`?cf_connect=${encodeURIComponent(CONNECT)}`, { Origin: "http://evil.example" })],
    [405, "method", await fetch(`${server.url}/connection/sse`, { method: "POST", headers: JSON_TYPE, body: CONNECT })],
    [404, "nothing", await fetch(`${(await startPlace()).url}/connection/sse`)],
  ];
  for (const [status, word, response] of rows) {
    const text = await response.text();
    assert.equal(response.status, status, `${response.url} ${text}`);
    assert.ok(text.includes(word) && text.endsWith(".\n"), text);
  }
  assert.equal(await metric(server.url, "snug_connections"), before);
});

test("a session is the right to speak: guessed, another's or an old one reaches nobody", async () => {
  const mine = await rawStream(server.port, ada.token);
  const other = await rawStream(server.port, bob.token);
  const { session, node } = mine.connect;
  assert.equal(node, other.connect.node);
  const me = '{"id":9,"rpc":{"method":"user.me","data":{}}}';
  assert.equal((await emulate(session, node, me)).status, 204);
  await until("the answer", () => mine.text.includes('{"id":9,'));
  assert.ok(mine.text.includes(`"name":"ada"`) && !other.text.includes('"id":9'));
  const guess = session.slice(0, -1) + (session.endsWith("0") ? "1" : "0");
  assert.equal((await emulate(guess, node, '{"id":10,"ping":{}}')).status, 204, "as for one that is gone");
  for (const [status, word, body] of [
    [400, "session", ["", node, me]],
    [400, "session", ["nonsense", node, me]],
    [400, "data", [session, node, ""]],
    [404, "node", [session, "another", me]],
    [413, "data", [session, node, " ".repeat(65_537)]],
  ]) {
    const response = await emulate(...body);
    assert.equal(response.status, status);
    assert.match(await response.text(), new RegExp(`^${word} .*\\.\\n$`));
  }
  assert.equal((await emulate(session, node, '{"id":11,"ping":{}}')).status, 204);
  await until("the last answer", () => mine.text.includes('{"id":11,'));
  assert.ok(!mine.text.includes('{"id":10,'), "the guess reached nobody");
  assert.equal((await emulate(other.connect.session, node, "nonsense")).status, 204);
  await other.ended;
  assert.ok(other.text.endsWith('{"push":{"disconnect":{"code":3501,"reason":"bad request"}}}\n'), other.text);
  mine.socket.destroy();
  for (const secret of [session, guess, other.connect.session, ada.token, bob.token]) assert.ok(!server.log.includes(secret), "no secret in the log");
});

test("a stream that is not read is closed with 3008, and the others lose nothing", async () => {
  const id = await room(ada, "fast", [bob]);
  const a = await connected(server.url, "http_stream", { token: ada.token });
  const reader = await connected(server.url, "sse", { token: bob.token });
  const log = await follow(reader, id);
  const stuck = await rawStream(server.port, bob.token);
  const { session, node, client: number } = stuck.connect;
  assert.equal((await emulate(session, node, JSON.stringify({ id: 2, subscribe: { channel: `room:${id}` } }))).status, 204);
  await until("subscribed", () => stuck.text.includes('{"id":2,'));
  stuck.socket.pause();
  const text = "0123456789abcdef".repeat(900);
  let count = 0;
  const closedSlow = () => metric(server.url, "snug_closes_slow_total");
  const write = async (lane) => {
    while ((await closedSlow()) === 0 && count < 3000) await send(a, id, text, `fill-${lane}-${count++}`);
  };
  await Promise.all(Array.from({ length: slow ? 4 : 8 }, (_, lane) => write(lane)));
  assert.equal(await closedSlow(), 1);
  await until("bob has all", () => log.messages().length === count);
  assert.deepEqual(log.faults, []);
  stuck.socket.resume();
  await within("the end", stuck.ended);
  assert.ok(stuck.text.endsWith('{"push":{"disconnect":{"code":3008,"reason":"slow"}}}\n'), stuck.text.slice(-200));
  const row = await until("its row", async () => (await boss.call("connection.history", { limit: 500 })).closed.find((c) => c.id === number));
  assert.deepEqual([row.code, row.transport, row.by], [3008, "http_stream", "server"]);
  await nothingWrong(server.url);
  a.disconnect();
  reader.disconnect();
});

test("200 idle streams hold no worker, and end with their clients", async () => {
  const own = await startPlace({ config: { ...STREAMS, http: { workers: 4 }, client: { user_connection_limit: 0, ping_interval: "1s" } } });
  const [ann] = await people(own, ["ann"]);
  const streams = [];
  for (let i = 0; i < 200; i++) streams.push(await rawStream(own.port, ann.token));
  assert.equal(await metric(own.url, "snug_connections"), 200);
  const began = performance.now();
  for (let i = 0; i < 20; i++) assert.equal((await fetch(`${own.url}/healthz`)).status, 200);
  assert.ok(performance.now() - began < patience / 4, "answered at once");
  await until("each was pinged", () => streams.every((s) => s.text.endsWith("\n{}\n")));
  for (const s of streams) s.socket.destroy();
  await until("all are gone", async () => (await metric(own.url, "snug_connections")) === 0);
});

test("over TLS the same", async () => {
  const { cert, key } = makeCertificate();
  const file = path.join(tempFolder(), "both.pem");
  writeFileSync(file, cert + key);
  const own = await startPlace({ config: { ...STREAMS, http_server: { tls: { cert_pem_file: file } } } });
  const call = (target, options, body) =>
    within(
      target,
      new Promise((resolve, reject) => {
        const request = https.request({ host: "127.0.0.1", port: own.port, path: target, ca: cert, agent: false, ...options }, resolve);
        request.on("error", reject);
        request.end(body);
      }),
    );
  for (const [target, options, body] of [
    ["/connection/http_stream", { method: "POST", headers: JSON_TYPE }, CONNECT],
    [`/connection/sse?cf_connect=${encodeURIComponent(CONNECT)}`, {}],
  ]) {
    const response = await call(target, options, body);
    assert.equal(response.statusCode, 200);
    let text = "";
    response.on("error", () => {});
    response.on("data", (bytes) => (text += bytes));
    await until("a stranger is answered", () => text.includes('{"id":1,"error":{"code":101,'));
    response.destroy();
  }
  const refusal = await call("/emulation", { method: "POST", headers: JSON_TYPE }, "{}");
  assert.equal(refusal.statusCode, 400);
  refusal.resume();
});
