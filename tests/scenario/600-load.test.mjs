// Guards: `snug load` counts at the receivers: each workload passes against a server that works, and fails, saying why,
// against one that loses, doubles or turns messages around, or acknowledges what it has not kept.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { before, describe, test } from "node:test";
import { WebSocketServer } from "ws";
import { makeCertificate } from "../support/certificate.mjs";
import { nothingWrong, until } from "../support/chat.mjs";
import { people, startPlace } from "../support/place.mjs";
import { BIN, cleanEnvironment, snug, tempFolder } from "../support/server.mjs";
import { atEnd } from "../support/tidy.mjs";

const SECRET = "a secret that only this test knows";
const LIMITS = Object.fromEntries(["commands", "publishes", "connects", "sends"].map((name) => [name, { burst: 0 }]));

/** Runs `snug load` to its end: {code, err, up, done}. */
async function load(args, options) {
  const { code, out, err } = await snug(["load", ...args, "--json"], options);
  const lines = out.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { code, err, up: lines.find((l) => l.phase === "up"), done: lines.find((l) => l.phase === "done") };
}

/** One that goes on while the test looks at it; `said` is its stdout so far, `over` its exit code. */
function start(args, options = {}) {
  const child = spawn(BIN, ["load", ...args, "--json"], { env: cleanEnvironment(options.env), stdio: ["pipe", "pipe", "inherit"] });
  atEnd(() => child.kill("SIGKILL"));
  const run = { child, said: "", over: once(child, "close").then(([code]) => code) };
  child.stdout.on("data", (bytes) => (run.said += bytes));
  run.line = (phase) => run.said.split("\n").filter(Boolean).map((l) => JSON.parse(l)).find((l) => l.phase === phase);
  return run;
}

/** What must be true of a round that counts. */
function whole({ code, done, err }) {
  assert.equal(err, "");
  assert.deepEqual([code, done?.ok, done?.why], [0, true, ""], JSON.stringify(done));
  assert.equal(done.received, done.expected);
  for (const name of ["lost", "doubled", "out_of_order", "stray", "refused", "unsent", "failed", "closed"])
    assert.equal(done[name], 0, name);
  assert.deepEqual(done.trouble, []);
}

/** Fails, and the reason has these words. */
function broken({ code, done }, words) {
  assert.deepEqual([code, done.ok], [1, false], JSON.stringify(done));
  assert.match(done.why, words);
}

describe("against this server", () => {
  let open, closed;
  before(async () => {
    const open_channel = { allow_subscribe_for_client: true, allow_publish_for_subscriber: true };
    open = await startPlace({ config: { client: { insecure: true, ping_interval: "1s", pong_timeout: "900ms" }, limits: LIMITS } });
    closed = await startPlace({
      config: { client: { token: { hmac_secret_key: SECRET } }, channel: { without_namespace: open_channel }, limits: LIMITS },
    });
  });

  const workloads = [
    ["fan", "--connections", "20", "--rate", "20"],
    ["fanmax", "--connections", "20", "--in-flight", "4"],
    ["busy", "--connections", "10", "--rate", "100"],
    ["rooms", "--connections", "22", "--rooms", "5", "--in-flight", "8"],
    ["roomslat", "--connections", "22", "--rooms", "5", "--rate", "100"],
    ["echo", "--connections", "5", "--in-flight", "2"],
  ];
  for (const [name, ...args] of workloads)
    test(`${name}: without tokens and with a user for each, and the server counted as many`, async () => {
      for (const [server, login, env] of [
        [open, [], {}],
        [closed, ["--token-secret-env", "LOAD_SECRET"], { LOAD_SECRET: SECRET }],
      ]) {
        const before = await server.metric("snug_deliveries_total");
        const run = await load([name, "--url", server.ws_url, "--seconds", "1", ...args, ...login], { env });
        whole(run);
        assert.equal(run.up.connections, Number(args[1]));
        assert.ok(run.done.sent >= 20 && run.done.p50_us > 0 && run.done.max_us >= run.done.p99_us, JSON.stringify(run.done));
        assert.equal((await server.metric("snug_deliveries_total")) - before, run.done.received);
      }
    });

  test("fan sends exactly what is due", async () => {
    const { done } = await load(["fan", "--url", open.ws_url, "--seconds", "2", "--connections", "7", "--rate", "30"]);
    assert.deepEqual([done.sent, done.expected, done.received], [60, 420, 420]);
  });

  test("--awake: between two messages it waits without sleeping", async () => {
    const slept = async (more) => {
      const run = start(["fan", "--url", open.ws_url, "--seconds", "2", "--connections", "7", "--rate", "30", "--wait", ...more]);
      const times = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${run.child.pid}/status`, "utf8"))[1]);
      await until("up", () => run.line("up"));
      const before = times();
      run.child.stdin.write("\n");
      await until("done", () => run.line("done"));
      const after = times();
      run.child.stdin.end();
      assert.equal(await run.over, 0);
      assert.deepEqual([run.line("done").ok, run.line("done").received], [true, 420]);
      return after - before;
    };
    const [asleep, awake] = [await slept([]), await slept(["--awake"])];
    assert.ok(asleep > 60 && awake < 20, `${asleep} times, and ${awake}`); // 60 messages, and ticks
  });

  test("storm: each log-in ends well, and the server saw as many come and go", async () => {
    const file = path.join(tempFolder(), "secret");
    writeFileSync(file, `${SECRET}\n`);
    for (const [server, login] of [[open, []], [closed, ["--token-secret-file", file]]]) {
      const before = await server.metric("snug_connections_opened_total");
      const run = await load(["storm", "--url", server.ws_url, "--seconds", "2", "--connections", "6", "--in-flight", "4", ...login]);
      whole(run);
      assert.ok(run.done.received > 10, JSON.stringify(run.done));
      assert.equal((await server.metric("snug_connections_opened_total")) - before, run.done.received);
      await until("all are gone", async () => (await server.metric("snug_connections")) === 0);
    }
  });

  test("idle: says when all are up, answers pings, and ends with its stdin", async () => {
    const run = start(["idle", "--url", open.ws_url, "--connections", "30", "--source-addresses", "3", "--seconds", "600"]);
    await until("up", () => run.line("up"));
    assert.equal(run.line("up").connections, 30);
    assert.equal(await open.metric("snug_connections"), 30);
    assert.equal(await open.metric("snug_subscriptions"), 30);
    const before = await open.metric("snug_frames_in_total");
    await until("two pings and their answers each", async () => (await open.metric("snug_frames_in_total")) >= before + 60);
    run.child.stdin.end();
    assert.equal(await run.over, 0);
    whole({ code: 0, done: run.line("done"), err: "" });
  });

  test("posts: what was acknowledged is in the room, counted by somebody else", async () => {
    const [ada] = await people(closed, ["ada"]);
    const { id } = await ada.call("room.create", { name: "Load" });
    const run = await load(["posts", "--url", closed.ws_url, "--seconds", "2", "--in-flight", "5", "--connections", "2",
      "--room", id, "--token-file", "-"], { input: `${ada.token}\n` });
    whole(run);
    const { rooms } = await ada.call("room.list");
    assert.ok(run.done.sent > 10);
    assert.equal(rooms.find((r) => r.id === id).offset, run.done.sent);
    const first = await load(["posts", "--url", closed.ws_url, "--seconds", "1", "--token", ada.token]);
    whole(first); // without --room: the first one there is
    const paced = await load(["postslat", "--url", closed.ws_url, "--seconds", "2", "--rate", "50", "--room", id, "--token", ada.token]);
    whole(paced);
    assert.ok(paced.done.sent > 10 && paced.done.sent <= 100, `${paced.done.sent} in 2 s at 50 a second`);
  });

  test("posts: a limit is waited for with the same key, and nobody's room is nobody's", async () => {
    const server = await startPlace({ config: { limits: { sends: { burst: 5, per_s: 20 } } } });
    const [ada, bob] = await people(server, ["ada", "bob"]);
    const { id } = await ada.call("room.create", { name: "hers", private: true });
    const run = await load(["posts", "--url", server.ws_url, "--seconds", "2", "--token-file", "-"], { input: ada.token });
    whole(run);
    assert.ok(run.done.retried > 0 && run.done.sent < 100, JSON.stringify(run.done));
    const none = await load(["posts", "--url", server.ws_url, "--token", bob.token, "--room", id]);
    broken(none, /room cannot be read/);
    assert.match(none.done.trouble[0].what, /error 103/);
  });

  test("deflate: everything comes, compressed", async () => {
    const run = await load(["fan", "--url", open.ws_url, "--seconds", "1", "--connections", "5", "--size", "1024", "--deflate"]);
    whole(run);
    assert.ok(run.done.compressed >= run.done.received && run.done.bytes_in < run.done.received * 900, JSON.stringify(run.done));
  });

  test("a line on stdin begins the round, and another one ends the connections", async () => {
    const run = start(["fan", "--url", open.ws_url, "--seconds", "1", "--connections", "4", "--wait"]);
    await until("up", () => run.line("up"));
    assert.equal(await open.metric("snug_connections"), 4);
    run.child.stdin.write("\n");
    await until("done", () => run.line("done"));
    assert.equal(await open.metric("snug_connections"), 4);
    run.child.stdin.write("\n");
    assert.equal(await run.over, 0);
    await until("gone", async () => (await open.metric("snug_connections")) === 0);
  });

  test("SIGINT ends it early with the figures so far", async () => {
    for (const name of ["fan", "echo", "storm", "idle"]) {
      const run = start([name, "--url", open.ws_url, "--seconds", "600", "--connections", "4"]);
      const before = await open.metric("snug_commands_total");
      const some = name === "idle" ? 8 : 12; // of those who connected, and messages: without any a run says nothing
      await until("under way", async () => (await open.metric("snug_commands_total")) >= before + some);
      run.child.kill("SIGINT");
      assert.equal(await run.over, 0, name);
      const done = run.line("done");
      assert.deepEqual([done.ok, done.interrupted], [true, true], JSON.stringify(done));
      assert.ok(done.seconds < 300);
    }
  });

  test("people get a table, and a sentence", async () => {
    const { code, out, err } = await snug(["load", "fan", "--url", open.ws_url, "--seconds", "1", "--connections", "100"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /connections +100 /);
    assert.match(out, /received +2,000 /);
    assert.match(out, /p50 [\d.]+ +p90 [\d.]+ +p99 [\d.]+ +max [\d.]+/);
    assert.match(out, /Every message came to everybody once and in order\.\n$/);
  });

  test("on a terminal a bar shows how far it is", async () => {
    const command = `'${BIN}' load fan --url ${open.ws_url} --seconds 1 --connections 5`;
    const child = spawn("script", ["-qec", command, "/dev/null"], { env: cleanEnvironment(), stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (bytes) => (out += bytes));
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.match(out, /\r\x1b\[Kfan \[#+\.+\] +\d+ %/);
    assert.match(out, /once and in order\.\r\n$/);
  });

  test("what keeps people out is said, with what helps", async () => {
    const rows = [
      [["fan", "--url", closed.ws_url], /error 101.*--token-secret-file/],
      [["fan", "--url", closed.ws_url, "--token", "a.b.c"], /3500 \(invalid token\).*hmac_secret_key/],
      [["fan", "--url", `${open.ws_url}/nothing`], /HTTP 404.*path of --url/],
      [["fan", "--url", "ws://127.0.0.1:1"], /Connection refused.*nobody listens/],
      [["fan", "--url", open.ws_url.replace("ws:", "wss:")], /TLS: .*no TLS at that port/],
      [["fan", "--url", closed.ws_url, "--channel", "none:", "--token-secret-env", "LOAD_SECRET"], /error 102.*--channel/],
    ];
    for (const [args, words] of rows) {
      const { code, out } = await snug(["load", ...args, "--seconds", "1", "--connections", "2"], { env: { LOAD_SECRET: SECRET } });
      assert.equal(code, 1, args.join(" "));
      assert.match(out, words);
      assert.match(out, /This round does not count: Only 0 of 2 connections came up\.\n$/);
    }
  });

  test("one person has so many connections, and the rest is told why", async () => {
    const [cat] = await people(closed, ["cat"]);
    const { code, out } = await snug(["load", "idle", "--url", closed.ws_url, "--seconds", "1", "--connections", "12", "--token", cat.token]);
    assert.equal(code, 1);
    assert.match(out, /2 times: .*3504 \(connection limit\).*client\.user_connection_limit/);
    assert.match(out, /Only 10 of 12 connections came up/);
  });

  test("too few descriptors: how many are needed", async () => {
    const child = spawn("bash", ["-c", `ulimit -n 60 && exec "$0" load idle --url "$1" --connections 100 --json`, BIN, open.ws_url], { env: cleanEnvironment() });
    let out = "";
    child.stdout.on("data", (bytes) => (out += bytes));
    const [code] = await once(child, "close");
    assert.equal(code, 1);
    assert.match(JSON.parse(out).why, /100 connections need 116 open files, and this process may have 60/);
  });

  test("with the API key the server's own figures stand beside", async () => {
    const args = ["fan", "--url", open.ws_url, "--seconds", "1", "--connections", "5", "--api-key-env", "LOAD_KEY"];
    const run = await load(args, { env: { LOAD_KEY: open.api_key } });
    whole(run);
    assert.equal(run.done.server_deliveries, run.done.received);
    assert.ok(run.done.server_rss_bytes > 1e6);
    const { out } = await snug(["load", ...args], { env: { LOAD_KEY: open.api_key } });
    assert.match(out, /The server says: 100 deliveries\./);
  });

  test("wrong use ends with 2 and names the flag; help with 0", async () => {
    const rows = [
      [[], /workload is missing/],
      [["fan"], /--url is missing/],
      [["fan", "--url", "http://x"], /--url must be/],
      [["fan", "--url", open.ws_url, "--rate", "0"], /--rate must be a number from 1/],
      [["fan", "--url", open.ws_url, "--token-secret-env", "NOT_THERE"], /--token-secret-env: there is no variable NOT_THERE/],
      [["fan", "--url", open.ws_url, "--token-file", "/nowhere/token"], /--token-file: .*cannot be read/],
    ];
    for (const [args, words] of rows) {
      const { code, out, err } = await snug(["load", ...args]);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.match(err, words);
    }
    const { code, out } = await snug(["load", "--help"]);
    assert.equal(code, 0);
    for (const [name] of workloads) assert.match(out, new RegExp(`^ +${name} `, "m"));
  });

  test("nothing went wrong inside the servers", async () => {
    await nothingWrong(open.url);
    await nothingWrong(closed.url);
  });
});

test("wss: a certificate is checked, unless nobody wants that", async () => {
  const { cert, key } = makeCertificate();
  const [file, keys] = ["cert.pem", "key.pem"].map((name) => path.join(tempFolder(), name));
  writeFileSync(file, cert);
  writeFileSync(keys, key);
  const server = await startPlace({
    config: { client: { insecure: true }, limits: LIMITS, http_server: { tls: { cert_pem_file: file, key_pem_file: keys } } },
  });
  const args = ["fanmax", "--url", server.ws_url, "--seconds", "1", "--connections", "8"];
  const none = await load(args);
  broken(none, /Only 0 of 8/);
  assert.match(none.done.trouble[0].what, /certificate/);
  whole(await load([...args, "--insecure"]));
  whole(await load(args, { env: { SSL_CERT_FILE: file } }));
  const storm = await load(["storm", "--url", server.ws_url, "--seconds", "1", "--connections", "4", "--in-flight", "4", "--insecure"]);
  whole(storm);
});

/** A server of the plain dialect: what comes goes to all in the room of the path; `spoil(message, socket, count)` gives what is sent. */
async function plain(spoil) {
  const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(wss, "listening");
  atEnd(() => wss.close());
  const rooms = new Map();
  let count = 0;
  wss.on("connection", (socket, request) => {
    const members = rooms.get(request.url) ?? new Set();
    rooms.set(request.url, members.add(socket));
    socket.on("close", () => members.delete(socket));
    socket.on("message", (bytes) => {
      for (const member of members) for (const message of spoil(bytes.toString(), member, ++count)) member.send(message);
    });
  });
  atEnd(() => wss.clients.forEach((c) => c.terminate()));
  return { url: `ws://127.0.0.1:${wss.address().port}/room`, rooms };
}

describe("against a server that is not whole", () => {
  const args = (url, ...more) => ["fan", "--url", url, "--dialect", "plain", "--seconds", "1", "--connections", "6", "--rate", "50", ...more];

  test("the plain dialect counts when nothing is wrong, also in rooms", async () => {
    const { url, rooms } = await plain((message) => [message]);
    whole(await load(args(url)));
    const run = await load(["rooms", "--url", url, "--dialect", "plain", "--seconds", "1", "--connections", "9", "--rooms", "3", "--in-flight", "4"]);
    whole(run);
    assert.deepEqual([...rooms.keys()].sort(), ["/room/0", "/room/1", "/room/2"]);
    whole(await load(["echo", "--url", url, "--dialect", "plain", "--seconds", "1", "--connections", "3"]));
    whole(await load(["storm", "--url", url, "--dialect", "plain", "--seconds", "1", "--connections", "3", "--in-flight", "2"]));
  });

  test("figures that are wanted and not there end it", async () => {
    const { url } = await plain((message) => [message]);
    const run = await load(args(url, "--api-key-env", "LOAD_KEY"), { env: { LOAD_KEY: "x" } });
    broken(run, /--api-key-env: \/metrics of the server answered HTTP\/1.1 426 /);
  });

  let held = null;
  const faults = [
    ["loses one", (m, s, n) => (n === 50 ? [] : [m]), /^1 lost\.$/],
    ["doubles one", (m, s, n) => (n === 50 ? [m, m] : [m]), /^1 doubled\.$/],
    ["doubles the last ones", (m, s, n) => (n > 290 ? [m, m] : [m]), /^10 doubled\.$/],
    ["loses one and doubles another", (m, s, n) => (n === 50 ? [] : n === 60 ? [m, m] : [m]), /^1 lost, 1 doubled\.$/],
    ["changes a mark", (m, s, n) => [n === 50 ? m.replace(/~./, "~!") : m], /^1 lost\.$/],
  ];
  for (const [name, spoil, words] of faults)
    test(`one that ${name} does not pass`, async () => {
      const { url } = await plain(spoil);
      broken(await load(args(url)), words);
    });

  test("one that turns two around does not pass", async () => {
    // The same receiver gets the fifth of a sender after the sixth.
    const { url } = await plain((message, socket) => {
      const seq = Number.parseInt(message.match(/~.{9}(.{8})/)[1], 16);
      const sender = message.match(/~.{4}(.{5})/)[1];
      if (sender !== "00000") return [message];
      if (seq === 5) {
        held ??= { socket, message };
        return held.socket === socket ? [] : [message];
      }
      return seq === 6 && held.socket === socket ? [message, held.message] : [message];
    });
    broken(await load(args(url)), /^1 out of order\.$/);
  });

  test("one that sends into a foreign room does not pass", async () => {
    const { url, rooms } = await plain((message, socket, n) => {
      if (n === 20) for (const members of rooms.values()) for (const m of members) if (m !== socket) m.send(message);
      return [message];
    });
    broken(await load(["roomslat", ...args(url).slice(1), "--rooms", "2"]), /3 that were for somebody else/);
  });

  test("one that ends a connection does not pass", async () => {
    const { url } = await plain((message, socket, n) => {
      if (n === 50) socket.close(4444, "so there");
      return [message];
    });
    const run = await load(args(url));
    broken(run, /1 connections ended by themselves/);
    assert.match(run.done.trouble[0].what, /closed by the server with 4444 \(so there\)/);
  });

  test("one that answers with something else is told so", async () => {
    const { url } = await plain(() => []);
    broken(await load(args(url).with(0, "fanmax").filter((a) => a !== "--rate" && a !== "50")), /lost/);
    const mute = await load(["idle", "--url", url.replace("/room", ""), "--seconds", "1", "--connections", "1"]);
    broken(mute, /Only 0 of 1/); // it does not speak the protocol: no answer to connect
    assert.match(mute.done.trouble[0].what, /no answer for 15 s/);
  });

  test("an acknowledgement of what was not kept is found out", async () => {
    const kept = [];
    let acknowledged = 0;
    const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(wss, "listening");
    atEnd(() => wss.close());
    wss.on("connection", (socket) =>
      socket.on("message", (bytes) => {
        const { id, connect, rpc } = JSON.parse(bytes);
        const answer = (data) => socket.send(JSON.stringify({ id, rpc: { data } }));
        if (connect) socket.send(JSON.stringify({ id, connect: {} }));
        else if (rpc.method === "room.list") answer({ rooms: [{ id: "7" }] });
        else if (rpc.method === "message.send") {
          const offset = ++acknowledged;
          if (offset !== 4) kept.push({ offset, text: rpc.data.text });
          if (offset === 6) kept.push({ offset: 6, text: rpc.data.text });
          if (acknowledged < 10) answer({ id: String(offset), offset });
          else socket.send(JSON.stringify({ id, error: { code: 108, message: "full" } }));
        } else answer({ messages: kept.filter((m) => m.offset > (rpc.data.after ?? 0)), offset: 0, more: false });
      }),
    );
    const run = await load(["posts", "--url", `ws://127.0.0.1:${wss.address().port}/`, "--token", "t", "--in-flight", "1", "--seconds", "1"]);
    broken(run, /^1 lost, 1 doubled, 1 refused\.$/);
    assert.deepEqual([run.done.sent, run.done.expected, run.done.received], [10, 9, 8]);
  });
});
