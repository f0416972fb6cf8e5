// Connecting: who gets in by which door, what the welcome says, and what ends a connection that does not keep to the
// protocol. PROTOCOL.md, SHAPES.md (Connect).
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import net from "node:net";
import { before, test } from "node:test";
import { client, connected, disconnected, until, within } from "../support/chat.mjs";
import { people, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

const SECRET = "a secret that only this test knows";
let server, ada, bob;

before(async () => {
  server = await startPlace({ config: { client: { token: { hmac_secret_key: SECRET }, expired_close_delay: "1s" } } });
  ada = await server.setup({ display: "Ada" });
  [bob] = await people(server, ["bob"]);
});

/** A connection token of our own making. */
function jwt(claims, secret = SECRET, header = { alg: "HS256", typ: "JWT" }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}
const now = () => Math.floor(Date.now() / 1000);

test("a page connects with its cookie, and the welcome says who it is", async () => {
  const wire = await Wire.connect(server.url, { cookie: ada.cookie });
  const { client: id, data, subs, ping, pong, version } = wire.welcome;
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([ping, pong], [25, true]);
  assert.ok(version);
  assert.equal(data.user.id, ada.user.id);
  assert.equal(data.user.role, "admin");
  assert.equal(data.level, "normal");
  assert.equal(data.server, version);
  assert.equal(typeof data.build, "string");
  assert.ok(Math.abs(data.time - Date.now()) < 60_000, "its clock");
  const own = subs[`user:${ada.user.id}`];
  assert.deepEqual(Object.keys(subs), [`user:${ada.user.id}`]);
  assert.ok(own.recoverable && own.positioned && own.epoch, "its own channel, recoverable");
  assert.ok(!id.includes(ada.user.id.padStart(8, "0")));
  await wire.close();
});

test("a program connects with its token, and the welcome says when the token ends", async () => {
  const wire = await Wire.connect(server.url, { token: bob.token });
  assert.equal(wire.welcome.data.user.id, bob.id);
  assert.equal(wire.welcome.expires, true);
  assert.ok(wire.welcome.ttl > 3600, `${wire.welcome.ttl} s`);
  await wire.close();
});

test("a token of the configured secret with nothing but a subject connects, by the reference client", async () => {
  const c = await connected(server.url, { token: jwt({ sub: bob.id }) });
  assert.equal((await c.rpc("user.me", {})).data.user.name, "bob");
  c.disconnect();
});

test("the token wins over the cookie", async () => {
  const wire = await Wire.connect(server.url, { cookie: ada.cookie, token: bob.token });
  assert.equal(wire.welcome.data.user.id, bob.id);
  assert.deepEqual(Object.keys(wire.welcome.subs), [`user:${bob.id}`]);
  await wire.close();
});

test("neither cookie nor token is 101, and a token may still follow on the same line", async () => {
  const wire = await Wire.open(server.url);
  const { error } = await wire.ask("connect");
  assert.equal(error.code, 101);
  assert.ok(error.message);
  assert.ok((await wire.ask("connect", { token: bob.token })).connect);
  await wire.close();
});

test("an unknown cookie is like none", async () => {
  const wire = await Wire.open(server.url, { cookie: "snug_session=" + "A".repeat(43) });
  assert.equal((await wire.ask("connect")).error.code, 101);
});

test("a bad token is closed with 3500, also beside a good cookie", async () => {
  const bad = {
    "not a token at all": "nonsense",
    "another secret": jwt({ sub: bob.id }, "another secret"),
    "no signature": jwt({ sub: bob.id }, SECRET, { alg: "none" }).replace(/[^.]*$/, ""),
    "another algorithm": jwt({ sub: bob.id }, SECRET, { alg: "HS512" }),
    "nobody": jwt({ sub: "999999" }),
    "a subject that cannot be one": jwt({ sub: "a\u0001b" }),
    "a session that is not there": jwt({ sub: bob.id, sid: "999999" }),
    "one changed letter": bob.token.replace(/.$/, (c) => (c === "A" ? "B" : "A")).replace(/\.(.)/, (m, c) => `.${c === "e" ? "f" : "e"}`),
  };
  for (const [what, token] of Object.entries(bad)) {
    const wire = await Wire.open(server.url, { cookie: ada.cookie });
    wire.write({ id: 1, connect: { token } });
    assert.deepEqual(await wire.closed(), { code: 3500, reason: "invalid token" }, what);
  }
});

test("the reference client stays away after 3500", async () => {
  const c = client(server.url, { token: "nonsense" });
  const end = disconnected(c);
  c.connect();
  assert.equal((await end).code, 3500);
});

test("an expired token is 109, so that the client asks for a fresh one and gets in", async () => {
  const wire = await Wire.open(server.url);
  assert.equal((await wire.ask("connect", { token: jwt({ sub: bob.id, exp: now() - 10 }) })).error.code, 109);
  let asked = 0;
  const c = client(
    server.url,
    {},
    { token: jwt({ sub: bob.id, exp: now() - 10 }), getToken: async () => (asked++, jwt({ sub: bob.id, exp: now() + 600 })) },
  );
  c.connect();
  await within("connected", c.ready());
  assert.equal(asked, 1);
  c.disconnect();
});

test("a connection whose token ends is closed with 3005, and has a moment to bring another", async () => {
  const ends = now() + 2;
  const wire = await Wire.connect(server.url, { token: jwt({ sub: bob.id, exp: ends }) });
  assert.equal(wire.welcome.expires, true);
  assert.ok(wire.welcome.ttl >= 1 && wire.welcome.ttl <= 2, `${wire.welcome.ttl} s`);
  assert.deepEqual(await wire.closed(8000), { code: 3005, reason: "connection expired" });
  assert.ok(Date.now() >= (ends + 1) * 1000, "a second after its end");
});

test("what is no command is closed with 3501", async () => {
  const wrong = ["hello", "{", "[1]", '"x"', "null", '{"id":1}{"id":2}', '{"id":2,"rpc":{"method":"user.me","data":{"a":}}}'];
  for (const text of wrong) {
    const wire = await Wire.connect(server.url, { token: bob.token });
    wire.write(text);
    assert.deepEqual(await wire.closed(), { code: 3501, reason: "bad request" }, text);
  }
});

test("S23 a second connect is closed with 3501, and so is anything before the first", async () => {
  const twice = await Wire.connect(server.url, { token: bob.token });
  twice.write({ id: 2, connect: { token: bob.token } });
  assert.equal((await twice.closed()).code, 3501);
  for (const command of [{ id: 1, rpc: { method: "place.get" } }, { id: 1, subscribe: { channel: "room:1" } }, { id: 1, ping: {} }]) {
    const wire = await Wire.open(server.url, { cookie: ada.cookie });
    wire.write(command);
    assert.equal((await wire.closed()).code, 3501, JSON.stringify(command));
    assert.equal(wire.replies.size, 0, "and nothing was answered");
  }
});

test("a field of the wrong type is 107 and names the field, and the connection stays", async () => {
  const wire = await Wire.connect(server.url, { token: bob.token });
  const wrong = [
    ["subscribe", { channel: 5 }, "channel"],
    ["subscribe", { channel: "room:1", recover: "yes" }, "recover"],
    ["subscribe", { channel: "room:1", offset: "7" }, "offset"],
    ["subscribe", { channel: "room:1", offset: -1 }, "offset"],
    ["subscribe", { channel: "room:1", epoch: 1 }, "epoch"],
    ["unsubscribe", { channel: null }, "channel"],
    ["history", { channel: "room:1", limit: "10" }, "limit"],
    ["history", { channel: "room:1", limit: 1.5 }, "limit"],
    ["history", { channel: "room:1", since: 3 }, "since"],
    ["history", { channel: "room:1", reverse: 1 }, "reverse"],
    ["presence", { channel: {} }, "channel"],
    ["rpc", { method: 7 }, "method"],
    ["subscribe", {}, "channel"],
    ["subscribe", { channel: "c".repeat(256) }, "channel"],
    ["presence", { channel: "" }, "channel"],
  ];
  for (const [method, params, field] of wrong) {
    const { error } = await wire.ask(method, params);
    assert.equal(error?.code, 107, `${method} ${JSON.stringify(params)}`);
    assert.ok(error.message.includes(field), `${error.message} names ${field}`);
  }
  assert.ok((await wire.ask("ping")).ping, "it still answers");
  await wire.close();
});

test("unknown methods, commands and channels have their codes", async () => {
  const wire = await Wire.connect(server.url, { token: bob.token });
  assert.equal((await wire.ask("rpc", { method: "no.such" })).error.code, 104);
  assert.equal((await wire.ask("rpc", {})).error.code, 104);
  assert.equal((await wire.ask("rpc", { method: "user.add", data: { name: "eve" } })).error.code, 104, "the command line's own");
  assert.equal((await wire.ask("juggle", {})).error.code, 104);
  assert.equal((await wire.ask("subscribe", { channel: "news" })).error.code, 103, "nothing opens it");
  for (const channel of ["room:", "room:x", "room:01", "room:-1", "room:1x", "rooms:1"]) {
    assert.equal((await wire.ask("subscribe", { channel })).error.code, 102, channel);
  }
  assert.ok((await wire.ask("subscribe", { channel: "room:1" })).subscribe.positioned);
  assert.equal((await wire.ask("subscribe", { channel: "room:1" })).error.code, 105);
  assert.equal((await wire.ask("publish", { channel: "room:1", data: {} })).error.code, 103);
  assert.equal((await wire.ask("publish", { channel: `user:${bob.id}`, data: {} })).error.code, 103);
  assert.deepEqual((await wire.ask("unsubscribe", { channel: "room:1" })).unsubscribe, {});
  assert.deepEqual((await wire.ask("unsubscribe", { channel: "room:1" })).unsubscribe, {}, "twice is no change");
  await wire.close();
});

test("a room that is not there and the channel of another user are both 103", async () => {
  const wire = await Wire.connect(server.url, { token: bob.token });
  for (const channel of ["room:4711", `user:${ada.user.id}`, "user:4711", "user:", "user:01"]) {
    for (const method of ["subscribe", "history", "presence", "presence_stats"]) {
      assert.equal((await wire.ask(method, { channel })).error?.code, 103, `${method} ${channel}`);
    }
  }
  await wire.close();
});

test("several commands in one message are all answered, also those behind the connect", async () => {
  const wire = await Wire.open(server.url);
  wire.write(
    [
      { id: 1, connect: { token: bob.token } },
      { id: 2, rpc: { method: "user.me", data: {} } },
      { id: 3, subscribe: { channel: "room:1" } },
      { id: 4, ping: {} },
      { send: { data: "nobody listens" } },
      { id: 5, rpc: { method: "no.such" } },
    ]
      .map((c) => JSON.stringify(c))
      .join("\n"),
  );
  for (const id of [1, 2, 3, 4, 5]) await wire.reply(id);
  assert.equal(wire.replies.get(2).rpc.data.user.name, "bob");
  assert.ok(wire.replies.get(3).subscribe.epoch);
  assert.ok(wire.replies.get(4).ping);
  assert.equal(wire.replies.get(5).error.code, 104);
  assert.equal(wire.replies.size, 5);
  await wire.close();
});

test("S23 frames that come in the same segment as the upgrade are served", async () => {
  const text = JSON.stringify({ id: 1, connect: { token: bob.token } });
  const mask = Buffer.from([1, 2, 3, 4]);
  const body = Buffer.from(text).map((byte, i) => byte ^ mask[i % 4]);
  const frame = Buffer.concat([Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255]), mask, body]);
  const head =
    `GET /connection/websocket HTTP/1.1\r\nHost: ${server.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  const socket = net.connect(server.port, "127.0.0.1");
  let got = "";
  socket.on("data", (bytes) => (got += bytes.toString("latin1")));
  socket.write(Buffer.concat([Buffer.from(head), frame]));
  await until("the welcome", () => got.includes('"connect":'));
  assert.match(got, /^HTTP\/1\.1 101 /);
  assert.match(got, /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
  socket.destroy();
});

test("unknown fields are ignored", async () => {
  const wire = await Wire.open(server.url);
  const reply = await wire.ask("connect", { token: bob.token, future: { a: [1, 2] }, flag: 3 });
  assert.ok(reply.connect);
  const { subscribe } = await wire.ask("subscribe", { channel: "room:1", delta: "fossil", future: {} });
  assert.ok(subscribe);
  assert.ok(!subscribe.delta, "rooms have no differences, and nobody was promised any");
  await wire.ask("unsubscribe", { channel: "room:1" });
  const filtered = await wire.ask("subscribe", { channel: "room:1", tf: { key: "a", cmp: "ex" } });
  assert.equal(filtered.error.code, 107, "nor filters");
  await wire.close();
});

test("S43 a client that brings new tokens stays connected over the end of the old ones", async () => {
  const fresh = () => jwt({ sub: bob.id, exp: now() + 3 });
  let asked = 0;
  const c = client(server.url, { token: fresh() }, { getToken: async () => (asked++, fresh()) });
  const lines = [];
  c.on("connected", (ctx) => lines.push(ctx.client));
  c.on("disconnected", (ctx) => lines.push(ctx.code));
  c.connect();
  await c.ready();
  await until("three refreshes", () => asked >= 3);
  assert.equal((await c.rpc("user.me")).data.user.id, bob.id);
  assert.equal(lines.length, 1, `one connection, no break: ${lines}`);
});
