// Guards: PROTOCOL.md, How strict (Pages, HTTP); DESIGN.md, What stays fixed (HTTP, POST /rpc/<method>).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { makeCertificate } from "../support/certificate.mjs";
import { Server, tempFolder } from "../support/server.mjs";

let server;
let admin;
let page; // the plain bytes of index.html
const assets = []; // paths in it

before(async () => {
  server = await Server.start();
  admin = await server.setup();
  page = (await server.request("/")).body;
  for (const [, found] of page.toString().matchAll(/["'](\/assets\/[^"']+)["']/g)) assets.push(found);
});

after(async () => {
  const { code, ms } = await server.stop();
  assert.equal(code, 0);
  assert.ok(ms < 5000, `stopped in ${ms} ms`);
});

const get = (target, headers = {}) => server.request(target, { headers });

test("every address of the page answers the same document", async () => {
  const paths = ["/setup", "/join", "/login", "/room/1", "/room/1/42", "/search", "/admin/connections", "/admin/metrics", "/admin/people", "/admin/messages"];
  for (const target of paths) {
    const { status, headers, body } = await get(target);
    assert.equal(status, 200, target);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.ok(body.equals(page), target);
  }
  for (const target of ["/room/x", "/setup/", "/nowhere", "/assets/none.00000000.js"])
    assert.equal((await get(target)).status, 404, target);
});

test("the page has a strict policy and the headers of safety", async () => {
  const { headers } = await get("/");
  const policy = headers["content-security-policy"];
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
    assert.ok(policy.includes(part), part);
  assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
  for (const target of ["/", "/healthz", "/nowhere", "/rpc/place.get"]) {
    const answer = await get(target);
    assert.equal(answer.headers["x-content-type-options"], "nosniff", target);
    assert.equal(answer.headers["referrer-policy"], "no-referrer", target);
    assert.ok(answer.headers["content-security-policy"], target);
  }
  assert.ok(!/ style=| on[a-z]+=|<style/.test(page.toString()), "no inline style or handler");
});

test("each encoding is right, has its own tag, and weight zero refuses it", async () => {
  for (const target of ["/", ...assets]) {
    const plain = await get(target);
    const br = await get(target, { "accept-encoding": "gzip, deflate, br" });
    const gzip = await get(target, { "accept-encoding": "gzip" });
    const zero = await get(target, { "accept-encoding": "gzip;q=0, br;q=0" });
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(zero.headers["content-encoding"], undefined);
    assert.equal(zero.headers.etag, plain.headers.etag);
    assert.ok(zero.body.equals(plain.body));
    for (const answer of [plain, br, gzip]) assert.match(answer.headers.vary, /accept-encoding/i);
    if (br.headers["content-encoding"] === "br") {
      assert.ok(brotliDecompressSync(br.body).equals(plain.body), target);
      assert.notEqual(br.headers.etag, plain.headers.etag);
    }
    if (gzip.headers["content-encoding"] === "gzip") {
      assert.ok(gunzipSync(gzip.body).equals(plain.body), target);
      assert.notEqual(gzip.headers.etag, plain.headers.etag);
      assert.notEqual(gzip.headers.etag, br.headers.etag);
    }
  }
});

test("what has not changed is 304, for this encoding only", async () => {
  for (const target of ["/", ...assets.slice(0, 1)]) {
    const first = await get(target, { "accept-encoding": "gzip" });
    const again = await get(target, { "accept-encoding": "gzip", "if-none-match": `"x", ${first.headers.etag}` });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    assert.equal(again.headers.etag, first.headers.etag);
    assert.equal(again.headers["content-length"], undefined);
    const other = await get(target, { "if-none-match": first.headers.etag });
    assert.equal(other.status, 200, "the plain bytes have another tag");
  }
});

test("assets are called by their hash and never change", async () => {
  for (const target of assets) {
    assert.match(target, /^\/assets\/[\w.-]+\.[A-Za-z0-9]{8}\.\w+$/);
    const { status, headers, body } = await get(target);
    assert.equal(status, 200);
    assert.match(headers["cache-control"], /immutable/);
    assert.match(headers["cache-control"], /max-age=31536000/);
    const part = await get(target, { range: "bytes=0-9" });
    assert.equal(part.status, 200, "ranges are ignored");
    assert.ok(part.body.equals(body));
  }
  assert.equal((await get("/")).headers["cache-control"], "no-cache");
});

test("HEAD is GET without the body", async () => {
  for (const target of ["/", "/healthz", "/metrics", ...assets.slice(0, 1)]) {
    const head = await server.request(target, { method: "HEAD" });
    assert.equal(head.status, 200, target);
    assert.equal(head.body.length, 0);
    if (target === "/metrics") continue; // its numbers move
    const whole = await get(target);
    assert.equal(Number(head.headers["content-length"]), whole.body.length);
    assert.equal(head.headers.etag, whole.headers.etag);
  }
});

test("the theme is in the page before any script runs (U9)", async () => {
  for (const theme of ["dark", "light"]) {
    const plain = await get("/", { cookie: `snug_theme=${theme}` });
    assert.ok(plain.body.toString().includes(`<html lang="en" data-theme="${theme}"`));
    assert.match(plain.headers.vary, /cookie/i);
    const gzip = await get("/", { cookie: `snug_theme=${theme}`, "accept-encoding": "br, gzip" });
    assert.equal(gzip.headers["content-encoding"], "gzip");
    assert.ok(gunzipSync(gzip.body).equals(plain.body));
    assert.notEqual(plain.headers.etag, (await get("/")).headers.etag);
  }
  const hostile = await get("/", { cookie: 'snug_theme="><script>' });
  assert.ok(hostile.body.equals(page));
});

test("/rpc takes POST with JSON up to 1 MiB", async () => {
  const wrong = await get("/rpc/place.get");
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, "POST");
  const post = (headers, body) => server.request("/rpc/place.get", { method: "POST", headers, body });
  assert.equal((await post({}, "{}")).status, 415);
  assert.equal((await post({ "content-type": "text/plain" }, "{}")).status, 415);
  assert.equal((await post({ "content-type": "application/json; charset=utf-8" }, "{}")).status, 200);
  for (const bad of ["[]", "{", "null", '{"a":1}x', '"x"'])
    assert.equal(JSON.parse((await post({ "content-type": "application/json" }, bad)).body).error.code, 107, bad);
  const most = `{"x":"${"a".repeat(1024 * 1024 - 8)}"}`;
  assert.equal(most.length, 1024 * 1024);
  assert.equal((await post({ "content-type": "application/json" }, most)).status, 200);
  const over = await post({ "content-type": "application/json" }, `${most} `);
  assert.equal(over.status, 413);
  assert.equal(JSON.parse(over.body).error.code, 106);
  const announced = await server.raw(
    "POST /rpc/place.get HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
  );
  assert.match(announced, /^HTTP\/1\.1 413 /);
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"])
    assert.equal((await server.request("/rpc/place.get", { method })).status, 405, method);
});

test("errors have their status, code and field", async () => {
  const none = await server.post("no.such");
  assert.deepEqual([none.status, none.error.code], [404, 104]);
  const stranger = await server.post("room.list");
  assert.deepEqual([stranger.status, stranger.error.code], [401, 101]);
  const bad = await server.post("message.send", { room: "1", text: "", key: "k" }, admin.cookie);
  assert.deepEqual([bad.status, bad.error.code, bad.error.field], [400, 107, "text"]);
  const foreign = await server.post("message.send", { room: "99", text: "x", key: "k" }, admin.cookie);
  assert.deepEqual([foreign.status, foreign.error.code], [403, 103]);
});

test("a cookie or a token says who calls, and ends with its session", async () => {
  const login = await server.post("session.login", { name: "ada", password: "correct horse battery", stay: true });
  const set = login.headers.get("set-cookie");
  for (const part of ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"]) assert.ok(set.includes(part), set);
  assert.ok(!set.includes("Secure"), "plain HTTP");
  assert.equal((await server.post("user.me", {}, login.cookie)).result.user.name, "ada");
  const bearer = { authorization: `Bearer ${login.result.token}` };
  assert.equal((await server.post("user.me", {}, "", bearer)).result.user.name, "ada");
  const both = await server.post("user.me", {}, login.cookie, { authorization: "Bearer nonsense" });
  assert.equal(both.status, 401, "a token wins over a cookie, also a bad one");
  const out = await server.post("session.logout", {}, login.cookie);
  assert.ok(out.headers.get("set-cookie").includes("Max-Age=0"));
  assert.equal((await server.post("user.me", {}, login.cookie)).status, 401);
  assert.equal((await server.post("user.me", {}, "", bearer)).status, 401);
});

test("pages of other origins may not call", async () => {
  const call = (origin) => server.post("place.get", {}, "", { origin }).catch((e) => e);
  assert.equal((await call(server.url)).status, 200);
  const raw = (origin) =>
    server.request("/rpc/place.get", {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: "{}",
    });
  for (const origin of ["http://evil.example", "null", `${server.url}.evil.example`, "http://127.0.0.1"])
    assert.equal((await raw(origin)).status, 403, origin);
});

test("a head that can be read in two ways ends the connection with 400", async () => {
  const heads = [
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /rpc/place.get HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "POST /rpc/place.get HTTP/1.1\r\nHost: a\r\nContent-Length: 2x\r\n\r\n{}",
    "POST /rpc/place.get HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /rpc/place.get HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
  ];
  for (const head of heads) {
    const answer = await server.raw(`${head}GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(head));
    assert.equal(answer.split("HTTP/1.1 ").length, 2, `only one answer: ${JSON.stringify(head)}`);
  }
  assert.match(await server.raw("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 405 /);
  assert.match(await server.raw("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 405 /);
  assert.match(await server.raw("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 501 /);
});

test("pipelined requests are all answered", async () => {
  const one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  const answer = await server.raw(`${one.repeat(20)}GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  assert.equal(answer.split("HTTP/1.1 200 ").length - 1, 21);
});

test("a head that is not finished within 10 s is cut", async () => {
  const began = Date.now();
  const answer = await server.raw("GET / HTTP/1.1\r\nHost: a\r\nX: ", { deadline_ms: 20_000 });
  const lasted = Date.now() - began;
  assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.ok(lasted > 8000 && lasted < 12_500, `${lasted} ms`);
});

test("health, readiness and metrics are open on the loopback", async () => {
  assert.equal((await get("/healthz")).status, 200);
  assert.equal((await get("/readyz")).status, 200);
  const { status, headers, body } = await get("/metrics");
  assert.equal(status, 200);
  assert.match(headers["content-type"], /version=0\.0\.4/);
  const names = new Set();
  for (const line of body.toString().trim().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) snug_\w+ .+|snug_\w+(\{[^}]*\})? [-+0-9.eInfNa]+)$/, line);
    names.add(line.split(/[ {]/)[0]);
  }
  for (const name of ["snug_connections", "snug_messages_total", "snug_http_requests_total", "snug_rss_bytes"])
    assert.ok(names.has(name), name);
  assert.ok((await server.metric("snug_http_requests_total")) > 20);
});

test("metrics need a key where not only the loopback is listened to", async () => {
  const open = await Server.start({ args: ["--listen", "0.0.0.0:0"] });
  try {
    assert.equal((await open.request("/metrics")).status, 401);
    assert.equal((await open.request("/metrics", { headers: { "x-api-key": "nonsense" } })).status, 401);
    assert.equal((await open.request("/metrics", { headers: { "x-api-key": open.api_key } })).status, 200);
    const boss = await open.setup();
    const member = await open.join("Bob");
    assert.equal((await open.request("/metrics", { headers: { cookie: boss.cookie } })).status, 200);
    assert.equal((await open.request("/metrics", { headers: { cookie: member.cookie } })).status, 401);
    assert.equal((await open.request("/healthz")).status, 200);
  } finally {
    await open.stop();
  }
});

test("with a certificate every listener speaks TLS, and cookies are Secure", async () => {
  const folder = tempFolder();
  const { cert, key } = makeCertificate();
  writeFileSync(path.join(folder, "cert.pem"), cert);
  writeFileSync(path.join(folder, "key.pem"), key);
  const files = { cert_pem_file: path.join(folder, "cert.pem"), key_pem_file: path.join(folder, "key.pem") };
  const secure = await Server.start({ config: { http_server: { tls: files } } });
  const ask = (target, { method = "GET", headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const request = https.request(
        { host: "127.0.0.1", port: secure.port, path: target, method, headers, ca: cert, agent: false },
        (response) => {
          let text = "";
          response.on("data", (bytes) => (text += bytes));
          response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  try {
    assert.match(secure.url, /^https:/);
    assert.equal((await ask("/healthz")).text, "ok\n");
    const body = JSON.stringify({
      secret: secure.setup_url.split("#")[1],
      place: "Here",
      display: "Ada",
      password: "correct horse battery",
    });
    const call = (origin) =>
      ask("/rpc/place.setup", { method: "POST", headers: { "content-type": "application/json", origin }, body });
    assert.equal((await call(`http://${secure.host}`)).status, 403, "an origin without TLS is another one");
    const done = await call(`https://${secure.host}`);
    assert.equal(done.status, 200);
    assert.match(done.headers["set-cookie"][0], /; Secure/);
    const big = `{"x":"${"a".repeat(300_000)}"}`;
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: big };
    assert.equal((await ask("/rpc/place.get", post)).status, 200);
    assert.equal((await secure.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).startsWith("HTTP/1.1 200"), false);
  } finally {
    assert.equal((await secure.stop()).code, 0);
  }
});

test("secrets are in no log line", async () => {
  const secrets = [server.api_key, server.setup_url.split("#")[1], admin.cookie.split("=")[1], admin.token];
  for (const secret of secrets) {
    assert.ok(secret.length > 10);
    assert.ok(!server.log.includes(secret), createHash("sha256").update(secret).digest("hex"));
  }
});
