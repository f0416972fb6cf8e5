// Files: they come in pieces and go on after a cut line and a crash, are sent with a message, are read by those who may read it and
// by nobody else, hold up nobody however slowly they are read, and leave the disk with their message.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";
import { makeCertificate } from "../support/certificate.mjs";
import { connected, follow, listAll, nothingWrong, rpc, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { snug, tempFolder } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";
import { Wire } from "../support/wire.mjs";

const MIB = 1 << 20;
const LARGE = (slow ? 8 : 25) * MIB;
const bearer = (who) => ({ Authorization: `Bearer ${who.token}` });
const begin = (who, name, bytes, key = name) => who.call("file.begin", { name, size: bytes.length, key });

async function put(server, who, id, offset, bytes) {
  const answer = await fetch(`${server.url}/files/${id}?offset=${offset}`, { method: "PUT", headers: bearer(who), body: bytes });
  return { status: answer.status, ...(await answer.json()) };
}

const get = (server, who, file, headers = {}, method = "GET") =>
  fetch(`${server.url}/files/${file.id}/${encodeURIComponent(file.name)}`, { method, headers: { ...bearer(who), ...headers } });

const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());

/** All of it, from where it stands. */
async function upload(server, who, name, bytes, { key = name, piece = MIB } = {}) {
  let { id, offset, file } = await begin(who, name, bytes, key);
  while (!file) {
    const answer = await put(server, who, id, offset, bytes.subarray(offset, offset + piece));
    assert.equal(answer.status, 200, JSON.stringify(answer));
    ({ offset, file } = answer);
  }
  return file;
}

/** Paths below the folder of files. */
const onDisk = (server) =>
  readdirSync(path.join(server.data, "files"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

const isWhole = async (server) => {
  const { out, err } = await snug(["check", "--data", server.data]);
  assert.match(out, /is whole/, err);
};

test("a file comes in pieces, is sent, and is the same for all, after a pause and a restart", async () => {
  const server = await startPlace();
  const [ada, bob, cat] = await people(server, ["ada", "bob", "cat"]);
  const id = await room(ada, "papers", [bob, cat]);
  const [a, b] = await Promise.all([ada, bob].map((who) => connected(server.url, { token: who.token })));
  const log = await follow(b, id);
  const away = await Wire.connect(server.url, { token: cat.token });
  const { subscribe } = await away.ask("subscribe", { channel: `room:${id}` });
  await away.close();

  const bytes = randomBytes(2.5 * MIB);
  const noise = await upload(server, ada, "noise.bin", bytes);
  assert.deepEqual(noise, { id: noise.id, name: "noise.bin", type: "application/octet-stream", size: bytes.length });
  const words = await upload(server, ada, 'naïve "plan".txt', Buffer.from("the naïve plan"));
  assert.equal(words.type, "text/plain");
  for (const file of onDisk(server)) assert.equal(statSync(file).mode & 0o777, 0o600);
  const sent = await rpc(a, "message.send", { room: id, key: "k1", files: [words.id, noise.id] });
  assert.deepEqual(await rpc(a, "message.send", { room: id, key: "k1", files: [words.id, noise.id] }), sent, "once");
  await until("the message", () => log.types().includes("message_created"));
  const event = log.events.at(-1).data;
  assert.equal(event.message.text, "");
  assert.deepEqual(event.message.files, [words, noise]);

  const everywhere = async (where) => {
    assert.deepEqual((await listAll(cat.call, id)).at(-1).files, [words, noise], `${where}: the list`);
    for (const query of ["has:file", "naive", "noise.bin plan"]) {
      const { messages } = await cat.call("message.search", { query, room: id });
      assert.deepEqual(messages.map((m) => m.files), [[words, noise]], `${where}: ${query}`);
    }
    const { files, more } = await cat.call("file.list", { room: id });
    assert.deepEqual(files.map(({ id, message, offset, author }) => [id, message, offset, author.name]),
      [words, noise].map((file) => [file.id, sent.id, sent.offset, "ada"]), where);
    assert.equal(more, false);
    assert.ok((await bytesOf(await get(server, cat, noise))).equals(bytes), where);
  };
  await everywhere("at once");
  assert.equal((await server.stop()).code, 0);
  await isWhole(server);
  await server.restart();
  await Promise.all([a.ready(), b.ready(), log.sub.ready()]);
  await everywhere("after a restart");
  const back = await Wire.connect(server.url, { token: cat.token });
  const { subscribe: missed } = await back.ask("subscribe", { channel: `room:${id}`, recover: true, offset: subscribe.offset ?? 0, epoch: subscribe.epoch });
  assert.deepEqual(missed.publications.at(-1).data, event, "who was away is brought the same");
  await back.close();
  assert.deepEqual(log.faults, []);
  await nothingWrong(server.url);
});

test("its head says what it is, and a part of it, or none, may be asked for", async () => {
  const server = await startPlace();
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "papers", [bob]);
  const bytes = randomBytes(100_000);
  const png = Buffer.from("89504e470d0a1a0a0000000d494844520000012c000000c80806000000", "hex");
  const kinds = [
    ["noise", Buffer.concat([Buffer.from([0]), bytes]), "application/octet-stream", "attachment"],
    ["größe 1%.png", png, "image/png", "inline"],
    ["page.html", Buffer.from("<!doctype html><script>alert(1)</script>"), "text/html; charset=utf-8", "attachment"],
    ["picture.svg", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), "image/svg+xml", "attachment"],
    ["a.log", Buffer.from("\u001b[31mred\u001b[0m\n"), "text/plain; charset=utf-8", "inline"],
    ["empty", Buffer.alloc(0), "text/plain; charset=utf-8", "inline"],
    ["paper.pdf", Buffer.from("%PDF-1.7\n"), "application/pdf", "attachment"],
  ];
  for (const [name, content, type, disposition] of kinds) {
    const file = await upload(server, ada, name, content);
    await ada.call("message.send", { room: id, key: name, files: [file.id] });
    if (name.endsWith("png")) assert.deepEqual([file.width, file.height], [300, 200]);
    for (const method of ["GET", "HEAD"]) {
      const answer = await get(server, bob, file, {}, method);
      const body = await bytesOf(answer);
      assert.equal(answer.status, 200);
      assert.ok(body.equals(method === "GET" ? content : Buffer.alloc(0)), name);
      const head = Object.fromEntries(answer.headers);
      assert.equal(Number(head["content-length"]), content.length);
      assert.equal(head["content-type"], type);
      assert.ok(head["content-disposition"].startsWith(`${disposition}; `), head["content-disposition"]);
      assert.equal(decodeURIComponent(/filename\*=UTF-8''(.*)$/.exec(head["content-disposition"])[1]), name);
      assert.equal(head.etag, `"${createHash("sha256").update(content).digest("hex").slice(0, 32)}"`);
      assert.equal(head["cache-control"], "private, no-cache");
      assert.equal(head["content-security-policy"], "default-src 'none'; sandbox");
      assert.equal(head["x-content-type-options"], "nosniff");
      assert.equal(head["cross-origin-resource-policy"], "same-origin");
      assert.equal(head["accept-ranges"], "bytes");
    }
  }
  const [{ files: [file] }] = await listAll(bob.call, id);
  const all = kinds[0][1];
  const etag = (await get(server, bob, file)).headers.get("etag");
  const parts = [
    [{ Range: "bytes=0-0" }, 206, all.subarray(0, 1), `bytes 0-0/${all.length}`],
    [{ Range: "bytes=50000-69999" }, 206, all.subarray(50_000, 70_000), `bytes 50000-69999/${all.length}`],
    [{ Range: "bytes=100000-" }, 206, all.subarray(100_000), `bytes 100000-100000/${all.length}`],
    [{ Range: "bytes=-10" }, 206, all.subarray(-10), `bytes ${all.length - 10}-${all.length - 1}/${all.length}`],
    [{ Range: "bytes=100001-" }, 416, Buffer.alloc(0), `bytes */${all.length}`],
    [{ Range: "bytes=0-1,3-4" }, 200, all, null],
    [{ Range: "bytes=9-1" }, 200, all, null],
    [{ Range: "bytes=0-9", "If-Range": etag }, 206, all.subarray(0, 10), `bytes 0-9/${all.length}`],
    [{ Range: "bytes=0-9", "If-Range": '"another"' }, 200, all, null],
    [{ "If-None-Match": etag }, 304, Buffer.alloc(0), null],
    [{ "If-None-Match": etag, Range: "bytes=0-9" }, 304, Buffer.alloc(0), null],
    [{ "If-None-Match": '"another"' }, 200, all, null],
  ];
  for (const [headers, status, body, range] of parts) {
    const what = JSON.stringify(headers);
    const answer = await get(server, bob, file, headers);
    assert.equal(answer.status, status, what);
    assert.equal(answer.headers.get("content-range"), range, what);
    assert.ok((await bytesOf(answer)).equals(body), what);
  }
  assert.equal((await get(server, bob, { ...file, name: "any other name" })).status, 200);
  await nothingWrong(server.url);
});

test("a line that is cut in the middle costs that request alone", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const bytes = randomBytes(2 * MIB);
  const { id } = await begin(ada, "noise", bytes);
  assert.equal((await put(server, ada, id, 0, bytes.subarray(0, MIB))).offset, MIB);
  const cut = net.connect(server.port, "127.0.0.1");
  cut.write(`PUT /files/${id}?offset=${MIB} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${ada.token}\r\nContent-Length: ${MIB}\r\n\r\n`);
  cut.write(bytes.subarray(MIB, MIB + 300_000));
  await until("some of it to be there", async () => (await server.metric("snug_http_waiting")) >= 2);
  cut.destroy();
  const again = await begin(ada, "noise", bytes);
  assert.deepEqual(again, { id, offset: MIB, size: bytes.length });
  const file = await upload(server, ada, "noise", bytes);
  assert.ok((await bytesOf(await get(server, ada, file))).equals(bytes));
  const twice = await put(server, ada, id, MIB, bytes.subarray(MIB));
  assert.deepEqual(twice, { status: 200, offset: bytes.length, size: bytes.length, file }, "again is the same");
});

test("after kill -9 in the middle it goes on where it was", async () => {
  const server = await startPlace();
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "papers", [bob]);
  const bytes = randomBytes(4 * MIB);
  for (let round = 0; round < 4; round++) { // once between two pieces, then while one is under way: at its begin, and later
    const key = `round ${round}`;
    const begun = await begin(ada, "noise", bytes, key);
    await put(server, ada, begun.id, 0, bytes.subarray(0, MIB));
    const last = round > 0 ? upload(server, ada, "noise", bytes, { key }).catch(() => null) : null;
    if (round > 1) await until("some bytes", () => onDisk(server).some((file) => statSync(file).size >= round * MIB));
    await server.kill();
    await last;
    await server.restart();
    const { offset, size } = await begin(ada, "noise", bytes, key);
    assert.ok(offset >= MIB && offset <= size, `${offset} of ${size}`);
    const file = await upload(server, ada, "noise", bytes, { key });
    await ada.call("message.send", { room: id, key, files: [file.id] });
    assert.ok((await bytesOf(await get(server, bob, file))).equals(bytes), key);
  }
  assert.equal(onDisk(server).length, 4);
  assert.ok(onDisk(server).every((file) => !file.endsWith(".part")));
  assert.equal((await server.stop()).code, 0);
  await isWhole(server);
  await server.restart();
});

test("on a disk that is full a piece is refused, files are read, and later it goes on", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const file = await upload(server, ada, "there.txt", Buffer.from("already"));
  const bytes = randomBytes(1000);
  const { id } = await begin(ada, "noise", bytes);
  assert.equal((await put(server, ada, id, 0, bytes.subarray(0, 500))).offset, 500);
  assert.equal((await server.stop()).code, 0);
  await server.restart({ args: ["--disk.free_min", "999999999999999999"] });
  const full = await put(server, ada, id, 500, bytes.subarray(500));
  assert.deepEqual([full.status, full.error.code, full.error.message], [507, 108, "The disk of the server is full."]);
  const begun = await ada.post("file.begin", { name: "more", size: 1, key: "more" });
  assert.deepEqual([begun.status, begun.error.code], [503, 108]);
  assert.equal(String(await bytesOf(await get(server, ada, file))), "already");
  assert.equal((await server.stop()).code, 0);
  await server.restart({ args: [] });
  assert.equal((await begin(ada, "noise", bytes)).offset, 500);
  const whole = await upload(server, ada, "noise", bytes);
  assert.ok((await bytesOf(await get(server, ada, whole))).equals(bytes));
});

test("who may not read the message finds nothing, by cookie and by token", async () => {
  const server = await startPlace();
  const admin = await server.setup();
  const guest = await server.join("Guest");
  const [ada, bob] = await people(server, ["ann", "bob"]);
  const id = await room(ada, "papers", [bob]);
  const file = await upload(server, ada, "plan.txt", Buffer.from("the plan"));
  const status = async (headers, method = "GET") => (await fetch(`${server.url}/files/${file.id}/plan.txt`, { method, headers })).status;
  assert.equal(await status(bearer(ada)), 200);
  assert.equal(await status(bearer(bob)), 404, "it is not sent yet");
  await ada.call("message.send", { room: id, key: "k", files: [file.id] });
  assert.equal(await status(bearer(bob)), 200);
  assert.equal(await status({ Cookie: admin.cookie }), 404, "an admin who is not in the room");
  assert.equal(await status({ Cookie: guest.cookie }), 404);
  assert.equal(await status({}), 401);
  assert.equal(await status({ Authorization: "Bearer x" }), 401);
  await ada.call("room.invite", { room: id, user: guest.user.id });
  assert.equal(await status({ Cookie: guest.cookie }), 200);
  assert.equal(await status({ Cookie: guest.cookie }, "HEAD"), 200);
  assert.equal(await status({ Cookie: guest.cookie }, "DELETE"), 405);
  assert.equal(await status({ Cookie: guest.cookie }, "OPTIONS"), 405, "other origins may not ask");

  const page = (headers) => fetch(`${server.url}/files/1?offset=0`, { method: "PUT", body: "x", headers: { Cookie: guest.cookie, ...headers } });
  assert.equal((await page({ Origin: "https://evil.example" })).status, 403);
  assert.equal((await page({ Origin: server.url })).status, 404, "the own page may; the file is another's");
  const { result } = await server.post("file.begin", { name: "a", size: 1, key: "k" }, guest.cookie);
  const own = await fetch(`${server.url}/files/${result.id}?offset=0`, { method: "PUT", body: "x", headers: { Cookie: guest.cookie, Origin: server.url } });
  assert.equal((await own.json()).file.name, "a");
});

test("what is wrong with a piece is said, and changes nothing", async () => {
  const server = await startPlace({ config: { files: { size_limit: 3 * MIB, total_limit: 5 * MIB } } });
  const [ada, bob] = await people(server, ["ada", "bob"]);
  assert.equal((await ada.call("place.get")).limits.upload_bytes, 3 * MIB);
  const large = await ada.post("file.begin", { name: "film.mp4", size: 3 * MIB + 1, key: "k" });
  assert.deepEqual([large.status, large.error.code, large.error.field, large.error.message],
    [413, 106, "size", "film.mp4 is 3.1 MB; 3 MB is the most here."]);
  const { id } = await begin(ada, "noise", Buffer.alloc(2 * MIB));
  const much = await bob.post("file.begin", { name: "a", size: 3 * MIB + 0, key: "k" });
  assert.equal(much.result.offset, 0);
  const more = await bob.post("file.begin", { name: "a", size: 1, key: "k2" });
  assert.deepEqual([more.status, more.error.code, more.error.field], [503, 108, "size"]);

  const raw = async (target, body, headers = {}) => {
    const answer = await server.request(target, { method: "PUT", body, headers: { ...bearer(ada), ...headers } });
    return [answer.status, JSON.parse(answer.body).error?.code, JSON.parse(answer.body).error?.field];
  };
  for (const query of ["", "?", "?offset=", "?offset=x", "?offset=-1", "?offset=01", "?offset=1.5", "?offset=0&offset=0", "?offset=9223372036854775808", "?offset=%zz"])
    assert.deepEqual(await raw(`/files/${id}${query}`, "x"), [400, 107, "offset"], query);
  const gap = await put(server, ada, id, 1, Buffer.from("x"));
  assert.deepEqual([gap.status, gap.error.code, gap.error.field, gap.offset, gap.size], [409, 400, "offset", 0, 2 * MIB]);
  assert.deepEqual(await raw(`/files/${id}?offset=${2 * MIB}`, "x"), [409, 400, "offset"]);
  assert.deepEqual(await raw(`/files/${id}?offset=0`, Buffer.alloc(MIB + 1)), [413, 106, undefined]);
  assert.equal((await put(server, ada, id, 0, Buffer.alloc(MIB))).offset, MIB);
  assert.equal((await put(server, ada, id, MIB, Buffer.alloc(MIB - 1))).offset, 2 * MIB - 1);
  assert.deepEqual(await raw(`/files/${id}?offset=${2 * MIB - 1}`, "xx"), [413, 106, "offset"]);
  assert.deepEqual(await raw("/files/999?offset=0", "x"), [404, 103, undefined]);
  assert.deepEqual(await raw(`/files/${id}?offset=0`, "x", { Authorization: "Bearer x" }), [401, 101, undefined]);
  for (const target of ["/files/", "/files/0?offset=0", "/files/x?offset=0", "/files/-1?offset=0"])
    assert.equal((await server.request(target, { method: "PUT", body: "x", headers: bearer(ada) })).status, 404, target);
  assert.deepEqual(await begin(ada, "noise", Buffer.alloc(2 * MIB)), { id, offset: 2 * MIB - 1, size: 2 * MIB });
  const chunked = await server.raw(
    `PUT /files/${id}?offset=${2 * MIB - 1} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${ada.token}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n`);
  assert.match(chunked, /^HTTP\/1\.1 200 OK[^]*"file":\{/);
  await nothingWrong(server.url);
});

/** Clients that ask for the file and read nothing of it. */
async function readers(server, who, file, count, secure) {
  const list = [];
  for (let i = 0; i < count; i++) {
    const socket = secure
      ? tls.connect({ port: server.port, host: "127.0.0.1", ca: secure, servername: "localhost" })
      : net.connect(server.port, "127.0.0.1");
    await once(socket, secure ? "secureConnect" : "connect");
    socket.on("error", () => {});
    socket.write(`GET /files/${file.id}/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${who.token}\r\nConnection: close\r\n\r\n`);
    socket.pause();
    list.push(socket);
  }
  return list;
}

/** The body of an answer that comes from now on, to its end. */
async function rest(socket) {
  const parts = [];
  socket.on("data", (bytes) => parts.push(bytes));
  socket.resume();
  await once(socket, "close");
  const all = Buffer.concat(parts);
  return all.subarray(all.indexOf("\r\n\r\n") + 4);
}

const rss = (server) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) * 1024;

const filesOpen = (server) =>
  readdirSync(`/proc/${server.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${server.pid}/fd/${fd}`).startsWith(path.join(server.data, "files"));
    } catch {
      return false; // closed meanwhile
    }
  }).length;

test("however slowly they are read, files hold no worker and no memory, and all of them comes in the end", async (t) => {
  const server = await startPlace({ config: { http: { workers: 1 } } });
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "films", [bob]);
  const bytes = randomBytes(LARGE);
  bytes[0] = 0;
  const before = rss(server);
  const file = await upload(server, ada, "film", bytes);
  await ada.call("message.send", { room: id, key: "k", files: [file.id] });
  const after = rss(server);
  const slowOnes = await readers(server, bob, file, 20);
  await until("all to be begun", async () => (await server.metric("snug_files_sent_total")) >= 20);
  let worst = 0;
  for (let i = 0; i < 30; i++) {
    const began = performance.now();
    await bob.call("user.me");
    worst = Math.max(worst, performance.now() - began);
  }
  const during = rss(server);
  const mib = (n) => `${(n / MIB).toFixed(1)} MiB`;
  t.diagnostic(`a call beside 20 slow readers: ${worst.toFixed(1)} ms at most; memory before ${mib(before)}, after the upload ${mib(after)}, with the readers ${mib(during)}`);
  assert.ok(worst < (slow ? 5000 : 1000), `${worst} ms`);
  if (!slow) assert.ok(during - before < 20 * MIB, `memory grew by ${mib(during - before)}`);
  const got = await Promise.all(slowOnes.map(rest));
  for (const one of got) assert.ok(one.equals(bytes));
  const began = performance.now();
  assert.ok((await bytesOf(await get(server, bob, file))).equals(bytes));
  t.diagnostic(`${mib(LARGE)} in ${(performance.now() - began).toFixed(0)} ms`);
  assert.equal(filesOpen(server), 0);
  const gone = await readers(server, bob, file, 5);
  await until("them to be begun", async () => (await server.metric("snug_files_sent_total")) >= 26);
  for (const socket of gone) socket.destroy();
  await until("their files to be closed", () => filesOpen(server) === 0);
  const { code, ms } = await server.stop();
  assert.equal(code, 0);
  assert.ok(ms < 5000, `stopped in ${ms} ms`);
  await server.restart();
});

test("the same over TLS, and a stop does not wait for who does not read", async () => {
  const folder = tempFolder();
  const { cert, key } = makeCertificate();
  writeFileSync(path.join(folder, "cert.pem"), cert);
  writeFileSync(path.join(folder, "key.pem"), key);
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const bytes = randomBytes(LARGE);
  bytes[0] = 0;
  const file = await upload(server, ada, "film", bytes);
  await server.stop();
  await server.restart({ config: { http: { workers: 2 }, http_server: { tls: { cert_pem_file: path.join(folder, "cert.pem"), key_pem_file: path.join(folder, "key.pem") } } } });
  const list = await readers(server, ada, file, 6, cert);
  const answer = await new Promise((resolve, reject) => {
    https.get({ port: server.port, host: "127.0.0.1", path: "/healthz", ca: cert, servername: "localhost" }, resolve).on("error", reject);
  });
  assert.equal(answer.statusCode, 200);
  answer.resume();
  for (const one of await Promise.all(list.slice(0, 5).map(rest))) assert.ok(one.equals(bytes));
  const { code, ms } = await server.stop(); // one has read nothing
  assert.equal(code, 0);
  assert.ok(ms < 5000, `stopped in ${ms} ms`);
  const cut = await rest(list[5]);
  assert.ok(cut.length < bytes.length && cut.equals(bytes.subarray(0, cut.length)), "what came of it is right");
  await server.restart({ config: {} });
});

test("with its message a file leaves the disk: by hand, by retention, with its author", async () => {
  const server = await startPlace();
  const [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
  const [root] = await people(server, ["root"], { admin: true });
  const id = await room(ada, "papers", [bob, eve]);
  const sent = [];
  for (const [who, name] of [[ada, "a"], [ada, "b"], [eve, "c"], [ada, "d"], [bob, "e"]]) {
    const file = await upload(server, who, name, Buffer.from(`content of ${name}`));
    sent.push({ file, ...(await who.call("message.send", { room: id, key: name, files: [file.id] })) });
  }
  await upload(server, bob, "dropped", Buffer.from("x")).then(({ id }) => bob.call("file.drop", { id }));
  await begin(eve, "never", Buffer.alloc(5));
  const left = (count) => until(`${count} to be left`, () => onDisk(server).length === count);
  await left(5);
  await ada.call("message.delete", { room: id, id: sent[0].id });
  assert.equal((await get(server, bob, sent[0].file)).status, 404, "at once");
  assert.equal((await listAll(bob.call, id))[0].files, undefined);
  await left(4);
  const late = await bob.post("message.send", { room: id, key: "again", files: [sent[0].file.id] });
  assert.deepEqual([late.status, late.error.field], [400, "files"]);
  await root.call("user.erase", { user: "eve", messages: "delete" });
  await left(3);
  assert.equal((await get(server, bob, sent[2].file)).status, 404);
  assert.equal((await server.stop()).code, 0);
  await server.restart({ config: { retention: { messages: 1 } } });
  await left(1);
  assert.ok((await bytesOf(await get(server, ada, sent[4].file))).equals(Buffer.from("content of e")));
  await until("no name to be left", async () => (await sql(server, "SELECT count(*) FROM file_gone;")) === "0");
  await until("the gauge", async () => (await server.metric("snug_files_bytes")) > 0);
  assert.equal((await server.stop()).code, 0);
  await isWhole(server);
  await server.restart({ config: {} });
});
