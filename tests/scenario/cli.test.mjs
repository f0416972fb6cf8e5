// Guards: DESIGN.md, What stays fixed: the commands, their exit codes, the ready line, SIGTERM and SIGKILL; SHAPES.md,
// Defaults.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import WebSocket from "ws";
import { makeCertificate } from "../support/certificate.mjs";
import { Server, snug, tempFolder } from "../support/server.mjs";

const PASSWORD = "correct horse battery";

/** One JSON line to the private socket, one back. */
function local(folder, line) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path.join(folder, "snug.sock"));
    let text = "";
    socket.on("data", (bytes) => (text += bytes));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
    socket.write(line);
  });
}

/** Connects with a token; the connect reply, or the close code. */
function connectWith(server, token) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(server.ws_url);
    socket.on("open", () => socket.send(JSON.stringify({ id: 1, connect: { token } })));
    socket.on("message", (bytes) => {
      socket.terminate();
      resolve(JSON.parse(bytes));
    });
    socket.on("close", (code) => resolve({ code }));
    socket.on("error", reject);
  });
}

test("help is on stdout with 0, wrong use on stderr with 2", async () => {
  for (const args of [["--help"], ["help"], ["serve", "--help"], ["user", "add", "--help"], ["token", "-h"]]) {
    const { code, out, err } = await snug(args);
    assert.deepEqual([code, err], [0, ""], args.join(" "));
    assert.match(out, /snug/);
  }
  const rows = [
    [[], "snug COMMAND --help"],
    [["sreve"], "no command sreve"],
    [["user"], "snug user add"],
    [["user", "password"], "Usage: snug user password NAME"],
    [["user", "password", "ada", "--admin"], "There is no option --admin"],
    [["token"], "Usage: snug token NAME"],
    [["backup"], "Usage: snug backup FILE"],
    [["announce"], "Usage: snug announce TEXT"],
    [["serve", "extra"], "Usage: snug serve"],
    [["token", "a", "b"], "Usage: snug token"],
    [["token", "a", "--ttl", "soon"], "--ttl must be"],
    [["token", "a", "--ttl", "0"], "--ttl must be"],
    [["serve", "--lisen", "127.0.0.1:0"], "There is no option --lisen; the nearest is --listen."],
    [["check", "--ephemeral"], "There is no option --ephemeral"],
    [["serve", "--data"], "--data needs a value."],
    [["serve", "--client.ping_interval", "soon"], "client.ping_interval must be a duration"],
  ];
  for (const [args, words] of rows) {
    const { code, out, err } = await snug(args);
    assert.equal(code, 2, args.join(" "));
    assert.ok((err + out).includes(words), `${args.join(" ")}: ${err}`);
  }
  const { code, out } = await snug(["version"]);
  assert.equal(code, 0);
  assert.match(out, /^snug \d+\.\d+\.\d+\n$/);
});

test("every option of --help is a name in the file and a variable", async () => {
  const { out } = await snug(["serve", "--help"]);
  const table = out.split("over the file.")[1];
  const names = [...table.matchAll(/^ {2}--([a-z_.]+) +\S/gm)].map((m) => m[1]);
  for (const name of ["listen", "data", "client.ping_interval", "limits.logins.per_s"]) assert.ok(names.includes(name));
  const folder = tempFolder();
  for (const name of names) {
    // A value that no option takes: the complaint shows that the name is known.
    const file = path.join(folder, "config.json");
    const nested = name.split(".").reduceRight((value, part) => ({ [part]: value }), null);
    writeFileSync(file, JSON.stringify(nested));
    const { code, err } = await snug(["version", "--config", file]);
    assert.equal(code, 2, name);
    assert.ok(err.includes(`${name} must be`), `${name}: ${err}`);
  }
});

test("a wrong file is named, with the option and the nearest one", async () => {
  const folder = tempFolder();
  const file = path.join(folder, "snug.json");
  writeFileSync(file, '{"client": {"ping_intervall": "10s"}}');
  const wrong = await snug(["serve", "--config", file]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /snug\.json.*client\.ping_intervall; the nearest is client\.ping_interval\./);
  writeFileSync(file, "not JSON");
  assert.equal((await snug(["serve", "--config", file])).code, 2);
  const missing = await snug(["serve", "--config", path.join(folder, "none.json")]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /none\.json: No such file/);
});

test("check looks at a file alone, option by option", async () => {
  const folder = tempFolder();
  const file = path.join(folder, "centrifugo.json");
  const check = async (config, more = []) => {
    writeFileSync(file, JSON.stringify(config));
    return snug(["check", "--config", file, ...more], { cwd: folder });
  };
  const good = {
    http_server: { port: 8000 },
    client: { token: { hmac_secret_key: "secret" }, allowed_origins: ["http://localhost:3000"] },
    channel: { namespaces: [{ name: "news", allow_subscribe_for_client: true }] },
    engine: { type: "memory" },
    admin: { enabled: false, password: "p" },
  };
  assert.deepEqual(await check(good), { code: 0, signal: null, out: `${file}: 7 options, all good\n`, err: "" });
  const bad = await check({
    ...good,
    engine: { type: "redis" },
    client: { ping_intervall: "10s", channel_limit: "many" },
    health: { enabled: true },
  });
  assert.deepEqual([bad.code, bad.err], [1, ""]);
  const lines = bad.out.trimEnd().split("\n");
  assert.match(lines[2], /^engine\.type: unsupported: ./);
  assert.deepEqual(lines.toSpliced(2, 1), [
    "client.ping_intervall: unknown (nearest: client.ping_interval)",
    "client.channel_limit: wrong value: must be a whole number",
    "health: ignored: /healthz and /readyz are always there",
    `${file}: 8 options, 3 problems`,
  ]);
  assert.deepEqual(readdirSync(folder), ["centrifugo.json"], "no data was made");
  // The same file does not start, and says the first reason.
  const serve = await snug(["serve", "--config", file, "--ephemeral"]);
  assert.deepEqual([serve.code, serve.out], [2, ""]);
  assert.match(serve.err, /centrifugo\.json: There is no option client\.ping_intervall; the nearest is client\.ping_interval\./);
  // What is not JSON, not there, or not alone.
  writeFileSync(file, "{");
  assert.equal((await snug(["check", "--config", file])).code, 1);
  const missing = await snug(["check", "--config", path.join(folder, "none.json")]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /none\.json: No such file/);
  const both = await check(good, ["--data", path.join(folder, "none")]);
  assert.equal(both.code, 1);
  assert.match(both.err, /There is no data in/);
  assert.match((await snug(["check", "--help"])).out, /--config, and without --data/);
});

test("check tries the keys and certificates that a file names", async () => {
  const folder = tempFolder();
  const place = (name, text) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const check = (config) => snug(["check", "--config", place("snug.json", JSON.stringify(config))], { cwd: folder });
  const [one, other] = [makeCertificate(), makeCertificate()];
  const tls = (cert_pem_file, key_pem_file) => ({ http_server: { tls: { enabled: true, cert_pem_file, key_pem_file } } });
  const cert = place("cert.pem", one.cert);
  assert.equal((await check(tls(cert, place("key.pem", one.key)))).code, 0);
  assert.equal((await check(tls(place("both.pem", one.cert + one.key), ""))).code, 0);
  for (const key of [place("other.pem", other.key), place("broken.pem", "-----BEGIN"), path.join(folder, "none.pem")]) {
    const { code, out } = await check(tls(cert, key));
    assert.equal(code, 1);
    assert.match(out, /^http_server\.tls\.cert_pem_file: wrong value: cannot use the certificate .*cert\.pem with the key .*: ./);
  }
  const { code, out } = await check({
    client: { token: { rsa_public_key: "nonsense" }, subscription_token: { enabled: true } },
  });
  assert.equal(code, 1);
  assert.match(out, /^client\.token\.rsa_public_key: wrong value: is not an RSA public key in PEM, of 2048 to 8192 bits$/m);
  assert.match(out, /^client\.subscription_token\.enabled: wrong value: needs a key beside it$/m);
  assert.match((await check({ client: { token: { jwks_public_endpoint: "ftp://127.0.0.1/keys" } } })).out, /jwks_public_endpoint: wrong value: is not an http or https URL/);
});

test("at log.level debug the log has a line when a client comes and when it goes; else it has none", async () => {
  for (const [level, lines] of [["debug", 2], ["info", 0]]) {
    const server = await Server.start({ args: ["--ephemeral", "--client.insecure", "--log.level", level] });
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/connection/websocket`);
    await new Promise((told) => socket.on("open", told));
    socket.send('{"id":1,"connect":{}}');
    await new Promise((told) => socket.once("message", told));
    socket.close(1000);
    await new Promise((told) => socket.on("close", told));
    await server.stop();
    assert.equal([...server.log.matchAll(/debug client_(connected|closed) client=/g)].length, lines, server.log);
  }
  const { code, err } = await snug(["serve", "--ephemeral", "--log.level", "loud"]);
  assert.equal(code, 2);
  assert.match(err, /log\.level must be debug, info, warn or error\./);
});

test("a file of Centrifugo says where Snug listens", async () => {
  const file = path.join(tempFolder(), "centrifugo.json");
  writeFileSync(file, JSON.stringify({ http_server: { address: "127.0.0.1", port: 0 }, admin: { enabled: false } }));
  const server = await Server.start({ args: ["--config", file] });
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await server.stop()).code, 0);
});

test("client.connection_limit bounds the WebSockets of all together", async () => {
  const server = await Server.start({ args: ["--client.connection_limit", "1"] });
  const first = new WebSocket(server.ws_url);
  await new Promise((resolve, reject) => first.on("open", resolve).on("error", reject));
  await Server.until(async () => (await server.metric("snug_connections")) === 1, "it to be counted");
  const second = new WebSocket(server.ws_url);
  const status = await new Promise((resolve, reject) => {
    second.on("unexpected-response", (_, response) => resolve(response.statusCode));
    second.on("open", () => reject(new Error("it opened")));
  });
  assert.equal(status, 503);
  first.terminate();
  await server.stop();
});

test("the ready line is the only line on stdout, and SIGTERM ends with 0", async () => {
  const server = await Server.start();
  assert.deepEqual(Object.keys(server.ready).sort(), ["api_key", "pid", "setup_url", "url"]);
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(server.setup_url, /\/setup#[A-Za-z0-9]{22}$/);
  assert.ok(server.setup_url.startsWith(server.url));
  assert.equal(server.pid, server.child.pid);
  assert.equal((await server.request("/healthz")).status, 200);
  await server.setup();
  const { code, ms } = await server.stop();
  assert.equal(code, 0);
  assert.ok(ms < 5000, `${ms} ms`);
  assert.equal(server.out.trimEnd().split("\n").length, 1);
  for (const line of server.log.trim().split("\n"))
    assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warn|error) \w+( [\w.]+=\S.*)?$/, line);
});

test("throw-away data is thrown away", async () => {
  const tmp = tempFolder();
  const server = await Server.start({ env: { TMPDIR: tmp } });
  assert.equal(readdirSync(tmp).length, 1);
  await server.stop();
  assert.deepEqual(readdirSync(tmp), []);
});

test("SIGINT ends as SIGTERM does, also with clients and a busy port next to it", async () => {
  const server = await Server.start();
  const admin = await server.setup();
  const socket = new WebSocket(server.ws_url, { headers: { cookie: admin.cookie } });
  await new Promise((resolve) => socket.on("open", resolve));
  socket.send('{"id":1,"connect":{}}');
  await new Promise((resolve) => socket.once("message", resolve));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  // The same address twice is an error with its name.
  const second = await snug(["serve", "--ephemeral", "--listen", server.host]);
  assert.equal(second.code, 1);
  assert.ok(second.err.includes(server.host) && second.err.includes("in use"), second.err);
  server.child.kill("SIGINT");
  assert.equal(await closed, 3001);
  assert.deepEqual(await server.ended, { code: 0, signal: null });
});

test("after SIGKILL the same port and folder open again at once", async () => {
  const data = path.join(tempFolder(), "data");
  const server = await Server.start({ data });
  const admin = await server.setup();
  assert.equal(statSync(data).mode & 0o777, 0o700);
  await server.kill();
  assert.ok(existsSync(path.join(data, "snug.sock")), "a stale socket stays behind");
  await server.restart();
  assert.equal(server.setup_url, null, "there is an admin");
  assert.equal((await server.post("user.me", {}, admin.cookie)).result.user.name, "ada");
  const check = await snug(["check", "--data", data]);
  assert.deepEqual([check.code, check.err], [0, ""]);
  assert.equal((await server.stop()).code, 0);
  assert.ok(!existsSync(path.join(data, "snug.sock")));
});

test("one server a folder", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const second = await snug(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
  assert.equal(second.code, 1);
  assert.match(second.err, /Another Snug uses this folder/);
  await server.stop();
});

for (const running of [true, false]) {
  const how = running ? "while the server runs" : "when no server runs";

  test(`user add, token, backup and check work ${how}`, async () => {
    const data = path.join(tempFolder(), "a folder with spaces");
    let server = running ? await Server.start({ data }) : undefined;
    const run = async (args, input) => {
      const done = await snug([...args, "--data", data], { input });
      assert.equal(done.err.replace(/^\S+Z info .*\n/gm, ""), "", args.join(" "));
      assert.equal(done.code, 0, args.join(" "));
      return done.out;
    };
    assert.match(await run(["user", "add", "boss", "--admin", "--password-stdin"], `${PASSWORD}\nmore\n`), /^Added boss, user \d+\.\n$/);
    await run(["user", "add", "bot"]);
    // Who has no password yet gets the first; nobody gets a second so.
    assert.match(await run(["user", "add", "late"]), /^Added late, user \d+, without a password/);
    assert.match(await run(["user", "add", "late", "--password-stdin"], `${PASSWORD}\n`), /^Gave a password to late, user \d+\.\n$/);
    const second = await snug(["user", "add", "late", "--password-stdin", "--data", data], { input: "another password\n" });
    assert.match(second.err, /That name is taken/);
    // Who forgot it gets another: a made one, or one from stdin.
    const made = (await run(["user", "password", "late"])).trim();
    assert.match(made, /^[A-Za-z0-9]{22}$/);
    assert.equal(await run(["user", "password", "boss", "--password-stdin"], `${PASSWORD} 2\n`), "Gave another password to boss.\n");
    const token = await run(["token", "bot"]);
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const short = await run(["token", "boss", "--ttl", "60"]);
    const claims = JSON.parse(Buffer.from(short.split(".")[1], "base64url"));
    assert.equal(claims.exp - claims.iat, 60);
    assert.equal(claims.sid, undefined);
    const copy = path.join(tempFolder(), "copy.db");
    assert.match(await run(["backup", copy]), new RegExp(`^Copied ${statSync(copy).size} bytes to `));
    assert.ok(readFileSync(copy).subarray(0, 15).equals(Buffer.from("SQLite format 3")));
    assert.match(await run(["check"]), /is whole\.\n$/);
    // What was made there is good here.
    server ??= await Server.start({ data });
    const login = await server.post("session.login", { name: "boss", password: `${PASSWORD} 2` });
    assert.equal(login.result?.user.role, "admin", JSON.stringify(login.error));
    assert.equal((await server.post("session.login", { name: "late", password: made })).result?.user.role, "member");
    const nook = await snug(["user", "add", "nook", "--password-stdin", "--data", data], { input: `${PASSWORD}\n` });
    assert.match(nook.err, /That name is taken/);
    assert.equal((await connectWith(server, token.trim())).connect.data.user.name, "bot");
    assert.equal((await server.post("user.me", {}, "", { authorization: `Bearer ${short.trim()}` })).status, 200);
    assert.equal((await server.stop()).code, 0);
  });

  test(`failures are told with 1 ${how}`, async () => {
    const data = tempFolder();
    const server = running ? await Server.start({ data }) : undefined;
    if (!running) assert.equal((await snug(["user", "add", "ada", "--data", data])).code, 0);
    else assert.equal((await snug(["user", "add", "ada", "--data", data])).code, 0);
    const rows = [
      [["user", "add", "ada"], "", /taken/i],
      [["user", "password", "nobody"], "", /nobody here/],
      [["user", "password", "nook"], "", /must be a person/],
      [["user", "password", "ada", "--password-stdin"], "short\n", /12 to 200/],
      [["user", "add", "Not A Name"], "", /name/],
      [["user", "add", "bob", "--password-stdin"], "short\n", /password/],
      [["user", "add", "bob", "--password-stdin"], "", /no password on stdin/],
      [["token", "nobody"], "", /./],
      [["backup", path.join(data, "none", "copy.db")], "", /./],
    ];
    for (const [args, input, words] of rows) {
      const { code, out, err } = await snug([...args, "--data", data], { input });
      assert.deepEqual([code, out], [1, ""], `${args.join(" ")}: ${err}`);
      assert.match(err, /^snug: .+/m);
      assert.match(err, words);
    }
    await server?.stop();
  });
}

test("without data there is nothing to ask, and nothing is made", async () => {
  const data = path.join(tempFolder(), "none");
  for (const args of [["token", "ada"], ["check"], ["backup", "x.db"]]) {
    const { code, err } = await snug([...args, "--data", data]);
    assert.equal(code, 1, args.join(" "));
    assert.match(err, /There is no data in /);
  }
  assert.ok(!existsSync(data));
});

test("a backup is a folder's database: Snug starts with it", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const admin = await server.setup();
  const sent = await server.call("message.send", { room: "1", text: "kept", key: "k1" }, admin.cookie);
  const restored = path.join(tempFolder(), "restored");
  mkdirSync(restored);
  // A relative name is meant from here, not from where the server runs.
  const { code } = await snug(["backup", "snug.db", "--data", data], { cwd: restored });
  assert.equal(code, 0);
  await server.stop();
  const again = await Server.start({ data: restored });
  const { messages } = await again.call("message.list", { room: "1" }, admin.cookie);
  assert.deepEqual(messages.map((m) => [m.id, m.text]), [[sent.id, "kept"]]);
  await again.stop();
});

test("the private socket is the owner's alone, and bears nonsense", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  assert.equal(statSync(path.join(data, "snug.sock")).mode & 0o777, 0o600);
  for (const line of ["nonsense\n", "[]\n", "{}\n", '{"method":5}\n', '{"method":"no.such"}\n', "\n"])
    assert.ok(JSON.parse(await local(data, line)).error.code >= 100, line);
  assert.equal(await local(data, `${"x".repeat(100_000)}\n`).catch(() => ""), "", "too long: no answer");
  const silent = net.connect(path.join(data, "snug.sock")); // holds one of two places for 10 s
  const { result } = JSON.parse(await local(data, '{"method":"place.get","params":{}}\n'));
  assert.equal(result.name, "Snug");
  const { code, ms } = await server.stop();
  assert.equal(code, 0);
  assert.ok(ms < 5000, "who says nothing does not hold up the end");
  silent.destroy();
});

test("a folder whose name is longer than a socket's may be works too", async () => {
  const data = path.join(tempFolder(), "x".repeat(120));
  const server = await Server.start({ data });
  const added = await snug(["user", "add", "ada", "--data", data]);
  assert.deepEqual([added.code, added.err], [0, ""]);
  await server.stop();
});

test("file, environment and flags win in this order", async () => {
  const data = tempFolder();
  const config = { data: path.join(data, "file"), client: { ping_interval: "10s", pong_timeout: "3s" } };
  const server = await Server.start({
    config,
    env: { SNUG_CLIENT_PING_INTERVAL: "11s", SNUG_CLIENT_PONG_TIMEOUT: "4s" },
    data: path.join(data, "flag"),
    args: ["--client.ping_interval=12s"],
  });
  const admin = await server.setup();
  const reply = await new Promise((resolve, reject) => {
    const socket = new WebSocket(server.ws_url, { headers: { cookie: admin.cookie } });
    socket.on("open", () => socket.send('{"id":1,"connect":{}}'));
    socket.on("message", (bytes) => resolve(JSON.parse(bytes)) ?? socket.terminate());
    socket.on("error", reject);
  });
  assert.equal(reply.connect.ping, 12);
  assert.ok(existsSync(path.join(data, "flag")) && !existsSync(path.join(data, "file")));
  await server.stop();
});

test("a folder that cannot be used is named", async () => {
  const data = path.join(tempFolder(), "file");
  writeFileSync(data, "");
  chmodSync(data, 0o600);
  const { code, err } = await snug(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
  assert.equal(code, 1);
  assert.ok(err.includes(data), err);
});
