// S57: 5,000 clients lose the server at once and come back, spread out by their own full jitter and held to a rate by the
// server: all of them within 30 seconds, none lost, and what was acknowledged before and after is there once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";
import { connected, follow, listAll, nothingWrong, send, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { atEnd } from "../support/tidy.mjs";

const COUNT = slow ? 400 : 5000;
const RATE = slow ? 200 : 1000;
const BACK_MS = 30_000;
const SECRET = "the secret of an application that signs its own users";

const base64 = (value) => Buffer.from(value).toString("base64url");

function token(sub) {
  const head = `${base64(JSON.stringify({ alg: "HS256" }))}.${base64(JSON.stringify({ sub }))}`;
  return `${head}.${createHmac("sha256", SECRET).update(head).digest("base64url")}`;
}

/** As the page does (web/src/net/link.ts): the first try too is anywhere in its delay. */
const delay = (attempt) => Math.random() * Math.min(20_000, 500 * 2 ** Math.min(attempt, 16));

/** A client by hand, for 5,000 of them are in one process. Never gives up; counts how often it came in. */
class Raw {
  connects = 0;
  attempts = 0;
  refused = 0;
  codes = [];
  closing = false;

  constructor(server, number) {
    this.server = server;
    this.token = token(`u${number}`);
    this.address = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
    atEnd(() => this.end());
  }

  end() {
    this.closing = true;
    clearTimeout(this.timer);
    this.socket?.terminate();
  }

  open() {
    this.up = false;
    const socket = new WebSocket(this.server.ws_url, {
      headers: { "X-Forwarded-For": this.address },
      perMessageDeflate: false,
      handshakeTimeout: 20_000,
    });
    this.socket = socket;
    socket.on("open", () => {
      socket.send(JSON.stringify({ id: 1, connect: { token: this.token } }));
      socket.send(JSON.stringify({ id: 2, subscribe: { channel: "news:all" } }));
    });
    socket.on("message", (bytes) => {
      for (const line of bytes.toString().split("\n")) this.#hear(line);
    });
    socket.on("unexpected-response", (request, response) => {
      this.refused += 1;
      assert.equal(response.statusCode, 503);
      assert.ok(Number(response.headers["retry-after"]) >= 1);
      request.destroy();
      this.#again();
    });
    socket.on("error", () => {}); // refused while there is no server: its close comes
    socket.on("close", (code) => {
      if (code !== 1006) this.codes.push(code);
      this.#again(socket);
    });
  }

  #again(socket = this.socket) {
    this.up = false;
    if (this.closing || socket !== this.socket) return;
    this.socket = null; // once for each socket
    this.timer = setTimeout(() => this.open(), delay(this.attempts));
    this.attempts += 1;
  }

  #hear(line) {
    if (line === "{}") return this.socket?.send("{}");
    if (!line.startsWith('{"id":2,')) return;
    assert.match(line, /^\{"id":2,"subscribe":/);
    this.up = true;
    this.connects += 1;
    this.attempts = 0;
  }
}

/** Asks the server how many have come, ten times a second, in a process of its own: this one is too busy to be on time.
 *  end() gives [[ms, count], ...]. */
function watch(server) {
  const script = `
    const samples = [];
    const ask = async () => {
      try {
        const text = await (await fetch("${server.url}/metrics")).text();
        samples.push([performance.now(), Number(/^snug_connections_opened_total (\\d+)$/m.exec(text)[1])]);
      } catch {} // not there yet
      setTimeout(ask, 100);
    };
    process.stdin.on("end", () => { console.log(JSON.stringify(samples)); process.exit(); }).resume();
    ask();`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (bytes) => (out += bytes));
  atEnd(() => child.kill());
  return {
    async end() {
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
      return JSON.parse(out);
    },
  };
}

/** The most that came within a second. */
function peak(samples) {
  let most = 0;
  for (let first = 0, last = 0; last < samples.length; last++) {
    while (samples[last][0] - samples[first][0] > 1000) first++;
    most = Math.max(most, samples[last][1] - samples[first][1]);
  }
  return most;
}

test(`${COUNT} clients are back within 30 s of a restart, spread out, and none is lost`, async (t) => {
  const server = await startPlace({
    config: {
      client: { token: { hmac_secret_key: SECRET }, connection_rate_limit: RATE },
      channel: { namespaces: [{ name: "news", allow_subscribe_for_client: true }] },
    },
  });
  const [ada, bob] = await people(server, ["ada", "bob"]);
  const id = await room(ada, "restart", [bob]);
  const writer = await connected(server.url, { token: ada.token });
  const log = await follow(await connected(server.url, { token: bob.token }), id);

  const clients = Array.from({ length: COUNT }, (_, i) => new Raw(server, i + 1));
  const up = () => clients.filter((c) => c.up).length;
  for (const client of clients) client.timer = setTimeout(() => client.open(), Math.random() * 5000);
  await until(() => `all are in: ${up()}`, () => up() === COUNT, 60_000);
  let sent = 0;
  for (; sent < 20; sent++) await send(writer, id, `before ${sent}`, `k${sent}`);

  const began = performance.now();
  const { code, ms } = await server.stop();
  assert.equal(code, 0);
  assert.ok(ms < (slow ? 15_000 : 6000), `it stopped in ${ms} ms`); // 5 s, and a moment until this busy process notices
  const watched = watch(server); // before there is one again
  await server.restart();
  const returned = performance.now();
  for (; sent < 40; sent++) await send(writer, id, `after ${sent}`, `k${sent}`);
  await until(() => `all are back: ${up()}`, () => up() === COUNT, BACK_MS - (performance.now() - returned));
  const all = performance.now() - returned;

  for (const client of clients) {
    assert.deepEqual(client.codes, [3001], "each was told once that the server stops");
    assert.equal(client.connects, 2, "and came back once");
  }
  const turned = clients.reduce((sum, c) => sum + c.refused, 0);
  const samples = await watched.end();
  assert.ok(samples.length >= 10, `${samples.length} looks`);
  const most = peak(samples);
  t.diagnostic(
    `stopped in ${ms} ms, back after ${Math.round(returned - began)} ms; all ${COUNT} back ${Math.round(all)} ms after that; ` +
      `${most} in the fullest second (limit ${RATE} and as many at once; ${samples.length} looks), ${turned} times turned away`,
  );
  assert.ok(most <= 2 * RATE * 1.1, `${most} came in one second`);
  await until("the room has all", () => log.messages().length === sent);
  assert.deepEqual(log.faults, []);
  assert.deepEqual((await listAll(ada.call, id)).map((m) => m.key), Array.from({ length: sent }, (_, i) => `k${i}`));
  for (const client of clients) client.end();
  await nothingWrong(server.url);
});
