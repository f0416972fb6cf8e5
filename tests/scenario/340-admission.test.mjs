// S47, S49, S51: who may come in. Bounds in all, of an address, of a second: each crossed and left again, with a whole HTTP
// answer in words and its counter; and a storm from one address while others are served.
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { metric, nothingWrong, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { atEnd } from "../support/tidy.mjs";
import { Wire } from "../support/wire.mjs";

/** As a proxy on this machine passes on a client of that address. */
const from = (address) => ({ "X-Forwarded-For": address });

function upgrade(server, address) {
  return `GET /connection/websocket HTTP/1.1\r\nHost: ${server.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
    `X-Forwarded-For: ${address}\r\n\r\n`;
}

/** The answer to an upgrade from there; a socket that was let in stays open in `open`. */
async function knock(server, address, open = []) {
  const socket = net.connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  let text = "";
  await new Promise((done) => {
    socket.on("close", done);
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (text.startsWith("HTTP/1.1 101") ? text.includes("\r\n\r\n") : text.endsWith(".\n")) done();
    });
    socket.write(upgrade(server, address));
  });
  const status = Number(text.slice(9, 12));
  if (status === 101) {
    open.push(socket);
    atEnd(() => socket.destroy());
  } else {
    socket.destroy();
  }
  return { status, retry: Number(/\r\nRetry-After: (\d+)\r\n/.exec(text)?.[1] ?? 0), words: text.split("\r\n\r\n")[1] };
}

function refusedWith(answer, words) {
  assert.equal(answer.status, 503);
  assert.ok(answer.retry >= 1, "it says when to come back");
  assert.match(answer.words, words);
}

test("connections in all: one more is 503, those that are there live on, and a free place is taken", async () => {
  const server = await startPlace({ config: { client: { connection_limit: 3, user_connection_limit: 0 } } });
  const [ada] = await people(server, ["ada"]);
  const wires = [];
  for (let i = 0; i < 3; i++) wires.push(await Wire.connect(server.url, { token: ada.token }));
  refusedWith(await knock(server, "10.1.0.1"), /^There are too many connections\.\n$/);
  assert.equal(await metric(server.url, "snug_refused_connections_total"), 1);
  for (const wire of wires) assert.ok((await wire.ask("ping")).ping);
  await wires.pop().close();
  const again = await until("a place is free", () => Wire.connect(server.url, { token: ada.token }).catch(() => null));
  for (const wire of [...wires, again]) await wire.close();
  await until("all places are free", async () => (await metric(server.url, "snug_connections")) === 0);
  await nothingWrong(server.url);
});

test("connections of an address: one more is 503, another address comes in, a household of IPv6 is one", async () => {
  const server = await startPlace({ config: { client: { address_connection_limit: 2, user_connection_limit: 0 } } });
  const [ada] = await people(server, ["ada"]);
  const wires = [];
  for (const address of ["2001:db8::1", "2001:db8::2"]) {
    wires.push(await Wire.connect(server.url, { token: ada.token, headers: from(address) }));
  }
  refusedWith(await knock(server, "2001:db8::77"), /^There are too many connections from this address\.\n$/);
  assert.equal(await metric(server.url, "snug_refused_address_connections_total"), 1);
  for (let i = 0; i < 5; i++) wires.push(await Wire.connect(server.url, { token: ada.token })); // this machine: no one address
  wires.push(await Wire.connect(server.url, { token: ada.token, headers: from("2001:db8:1::1") }));
  await wires.shift().close();
  const again = await until("a place is free", () =>
    Wire.connect(server.url, { token: ada.token, headers: from("2001:db8::77") }).catch(() => null));
  for (const wire of [...wires, again]) await wire.close();
  await nothingWrong(server.url);
});

test("connections of an address a second: the burst comes in exactly, then 503 with the time, and others are not slowed", async () => {
  const server = await startPlace({ config: { limits: { address_connects: { burst: 20, per_s: 0.001 } } } });
  const answers = await Promise.all(Array.from({ length: 60 }, () => knock(server, "10.2.0.1")));
  assert.equal(answers.filter((a) => a.status === 101).length, 20);
  for (const answer of answers.filter((a) => a.status !== 101)) refusedWith(answer, /^This address connects too often\.\n$/);
  assert.equal(await metric(server.url, "snug_refused_address_rate_total"), 40);
  assert.equal((await knock(server, "10.2.0.2")).status, 101);
  await nothingWrong(server.url);
});

test("S51: in a storm of connects from one address the others come in and are answered quickly", async (t) => {
  const server = await startPlace({ config: { client: { connection_rate_limit: 200, user_connection_limit: 0 } } });
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "storm");
  const old = await Wire.connect(server.url, { token: ada.token, headers: from("10.3.0.1") });
  const open = [];
  let going = true;
  let knocks = 0;
  const counts = {};
  async function flood() {
    while (going) {
      const { status } = await knock(server, "10.3.0.66", open);
      counts[status] = (counts[status] ?? 0) + 1;
      knocks += 1;
      open.splice(0).forEach((socket) => socket.destroy());
    }
  }
  const floods = Array.from({ length: slow ? 8 : 32 }, flood);
  const took = { ping: [], send: [], come: [] };
  const timed = async (list, act) => {
    const began = performance.now();
    await act();
    list.push(performance.now() - began);
  };
  const until_ms = performance.now() + 4000;
  for (let i = 0; performance.now() < until_ms || took.come.length < 10; i++) {
    await timed(took.ping, () => old.ask("ping"));
    await timed(took.send, async () => assert.ok((await old.rpc("message.send", { room: id, text: "still", key: `k${i}` })).result));
    await timed(took.come, async () => {
      const wire = await Wire.connect(server.url, { token: ada.token, headers: from(`10.3.1.${i % 250}`) });
      await wire.close();
    });
    await new Promise((next) => setTimeout(next, 50));
  }
  going = false;
  await Promise.all(floods);
  const p = (list, q) => list.sort((a, b) => a - b)[Math.floor((list.length - 1) * q)].toFixed(1);
  const words = Object.entries(took).map(([name, list]) => `${name} ${p(list, 0.5)}/${p(list, 0.99)} ms (${list.length})`);
  t.diagnostic(`${knocks} knocks from one address: ${JSON.stringify(counts)}; the others, p50/p99: ${words.join(", ")}`);
  assert.ok(took.come.length >= 10, "others came in all the while, none was turned away");
  assert.ok(counts[503] > 0, "the flood was held back");
  assert.ok((await metric(server.url, "snug_refused_rate_total")) > 0);
  assert.ok(Number(p(took.ping, 0.5)) < (slow ? 1000 : 100));
  await old.close();
  await nothingWrong(server.url);
});
