// S52: a thread that stands still is seen within five seconds, in /metrics and by its name in /readyz, whichever it is, and
// the server is ready again when it goes on; nothing is lost meanwhile.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { afterEach, test } from "node:test";
import { metric, nothingWrong, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { tempFolder } from "../support/server.mjs";
import { HELD, hold } from "../support/standstill.mjs";
import { atEnd } from "../support/tidy.mjs";
import { Wire } from "../support/wire.mjs";

/** What else would be seen, were the server held for the rest of the test. */
afterEach(() => hold(""));

const ready = async (server) => {
  const answer = await fetch(`${server.url}/readyz`);
  return { status: answer.status, text: await answer.text() };
};

/** A thread stands still; begins: what makes it take something up. It is seen, and seen to go on. */
async function standsStill(t, server, name, { words, gauge, least = 4000, begins = async () => {} }) {
  assert.deepEqual(await ready(server), { status: 200, text: "ready\n" });
  const began = performance.now();
  hold(name);
  const begun = begins();
  begun.catch(() => {}); // asked below, or never
  const text = await until(`${name} is seen`, async () => {
    const answer = await ready(server);
    return answer.status === 503 && words.test(answer.text) && answer.text;
  });
  const took = performance.now() - began;
  assert.ok((await metric(server.url, gauge)) >= least, gauge);
  assert.ok((await metric(server.url, "snug_stalled")) >= 1);
  assert.ok(took <= (slow ? 10_000 : 5000), `${took} ms`);
  hold("");
  await until("it goes on", async () => (await ready(server)).status === 200);
  assert.equal(await metric(server.url, "snug_stalled"), 0);
  t.diagnostic(`${name}: seen after ${Math.round(took)} ms: ${text.trim()}`);
  return begun;
}

test("S52: a reactor, the ticker, the writer or a reader that stands still is seen, and so is that it goes on", async (t) => {
  const server = await startPlace({ env: HELD, config: { client: { ping_interval: "60s" } } });
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "watched");
  const wire = await Wire.connect(server.url, { token: ada.token });
  await standsStill(t, server, "time reactor 0", { words: /reactor 0 has not turned for \d+ ms/, gauge: "snug_busy_reactor_ms", least: 1000 });
  await standsStill(t, server, "time snug-ticker", { words: /the ticker has not ticked for [45] s/, gauge: "snug_busy_ticker_ms" });
  const sent = await standsStill(t, server, "sync writer", {
    words: /the database has been busy with one transaction for [45] s/,
    gauge: "snug_busy_writer_ms",
    begins: () => ada.call("message.send", { room: id, text: "in the middle", key: "1" }),
  });
  assert.ok(sent.id, "what it held was committed");
  const list = await standsStill(t, server, "time reader", {
    words: /a reader has been busy with one question for [4-9] s/,
    gauge: "snug_busy_reader_ms",
    begins: () => ada.call("message.list", { room: id }).catch((error) => error),
  });
  assert.ok(list, "an answer, or a refusal");
  assert.equal((await ada.call("message.list", { room: id })).messages.length, 1);
  assert.ok((await wire.ask("ping")).ping, "who was connected still is");
  await wire.close();
  await nothingWrong(server.url);
});

/** A service manager, as far as it listens: what it was told, in order. Node has no datagrams of AF_UNIX. */
async function manager() {
  const at = path.join(tempFolder("snug-notify-"), "socket");
  const script = "import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nprint('listens', flush=True)\n" +
    "while True: print(s.recv(100).decode(), flush=True)";
  const child = spawn("python3", ["-c", script, at], { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(() => child.kill());
  const told = [];
  child.stdout.on("data", (bytes) => told.push(...bytes.toString().split("\n").filter(Boolean)));
  await until("it listens", () => told.shift() === "listens");
  return { at, told };
}

test("S52: a service manager hears that it is ready, that it goes on, nothing while a thread stands still, and that it stops", async () => {
  const { at, told } = await manager();
  const server = await startPlace({ env: { ...HELD, NOTIFY_SOCKET: at, WATCHDOG_USEC: "400000" } });
  await until("it is told", () => told.length >= 4);
  assert.deepEqual([...new Set(told)], ["READY=1", "WATCHDOG=1"]);
  assert.equal(told.filter((line) => line === "READY=1").length, 1);
  hold("time reactor 0");
  await until("it stands still", async () => (await ready(server)).status === 503);
  let quiet = performance.now(); // so long nothing more came
  let seen = told.length;
  await until("silence", () => {
    if (told.length !== seen) quiet = performance.now();
    seen = told.length;
    return performance.now() - quiet > 1000;
  });
  hold("");
  await until("it goes on", () => told.length > seen);
  assert.equal((await server.stop()).code, 0);
  await until("the stop is told", () => told.at(-1) === "STOPPING=1");
});
