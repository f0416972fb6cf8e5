// Guards: the tools of an operator: a backup while people write, with its progress; its way back.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import { BIN, Server, cleanEnvironment, snug, tempFolder } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";
import { Wire } from "../support/wire.mjs";

/** The lines that the private socket answers with. */
function local(folder, request) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path.join(folder, "snug.sock"));
    let text = "";
    socket.on("data", (bytes) => (text += bytes));
    socket.on("end", () => resolve(text.trimEnd().split("\n").map((line) => JSON.parse(line))));
    socket.on("error", reject);
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

/** Runs a command on a terminal (util-linux's script); what the terminal was sent. */
async function onTerminal(args) {
  const quoted = [BIN, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", quoted, "/dev/null"], { env: cleanEnvironment(), stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (bytes) => (out += bytes));
  const [code] = await once(child, "close");
  return { code, out };
}

/** Makes the database some 24 MB long. */
const grow = (server) => sql(server, "INSERT INTO setting SELECT 'big', hex(zeroblob(12000000));");

/** Sends one message after the other; stop() gives those that were acknowledged. */
function writeOn(server, cookie) {
  const acked = [];
  let on = true;
  const ended = (async () => {
    for (let i = 0; on; i++) acked.push(await server.call("message.send", { room: "1", text: `text ${i}`, key: `key ${i}` }, cookie));
  })();
  return async () => {
    on = false;
    await ended;
    return acked;
  };
}

test("a backup while people write is whole, tells how far it is, and holds nobody up", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const admin = await server.setup();
  await grow(server);
  const copy = tempFolder();
  const file = path.join(copy, "snug.db");
  const stop = writeOn(server, admin.cookie);
  const lines = await local(data, { method: "server.backup", params: { file }, progress: true });
  const acked = await stop();
  assert.ok(acked.length > 10, "people wrote meanwhile");
  const { bytes } = lines.pop().result;
  assert.ok(lines.length > 0, "24 MB at 64 MiB/s take three looks");
  let before = 0;
  for (const { progress } of lines) {
    assert.ok(progress.done >= before && progress.done <= progress.total, JSON.stringify(progress));
    before = progress.done;
  }
  assert.ok(bytes > 24e6);
  assert.equal(await sql({ data: copy }, "PRAGMA integrity_check;"), "ok");
  assert.equal(await sql({ data: copy }, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1;"), "0", "one moment, no holes");
  await server.stop();
});

for (const running of [true, false]) {
  test(`a person sees a bar, a script does not, ${running ? "of a running server" : "of a folder"}`, async () => {
    const data = tempFolder();
    const server = await Server.start({ data });
    await grow(server);
    if (!running) await server.stop();
    const file = path.join(tempFolder(), "monday.db");
    const seen = await onTerminal(["backup", file, "--data", data]);
    assert.equal(seen.code, 0, seen.out);
    assert.match(seen.out, /Copying \[[#.]{30}\] +\d+ %, [\d.]+ (bytes|MB) of 2\d\.\d MB/);
    assert.match(seen.out, /Copied \d+ bytes to .*monday\.db, and found the copy whole\./);
    const piped = await snug(["backup", file, "--data", data]);
    assert.deepEqual([piped.code, piped.err], [0, ""]);
    if (running) await server.stop();
  });
}

test("a server that stops does not wait for a backup, and leaves what was there", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  await grow(server);
  const file = path.join(tempFolder(), "monday.db");
  const asked = local(data, { method: "server.backup", params: { file }, progress: true });
  await Server.until(async () => (await sql(server, `SELECT count(*) FROM fsdir('${path.dirname(file)}')`)) > 1, "the copy to begin");
  assert.equal((await server.stop()).code, 0);
  const lines = await asked;
  assert.ok(lines.at(-1).error, JSON.stringify(lines.at(-1)));
  assert.equal(await sql(server, `SELECT count(*) FROM fsdir('${path.dirname(file)}')`), "1");
});

test("after a restore nobody believes an old position, and the old data is there to go back to", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const admin = await server.setup();
  const say = (text) => server.call("message.send", { room: "1", text, key: text }, admin.cookie);
  const texts = async () => (await server.call("message.list", { room: "1" }, admin.cookie)).messages.map((m) => m.text);
  await say("before");
  const file = path.join(tempFolder(), "monday.db");
  assert.equal((await snug(["backup", file, "--data", data])).code, 0);
  await say("after");
  const wire = await Wire.connect(server.url, { cookie: admin.cookie });
  const { subscribe: position } = await wire.ask("subscribe", { channel: "room:1", recoverable: true });

  const busy = await snug(["restore", file, "--data", data]);
  assert.deepEqual([busy.code, busy.out], [1, ""]);
  assert.match(busy.err, /Another Snug uses this folder\. Stop it first\./);
  await server.stop();

  const restored = await snug(["restore", file, "--data", data]);
  assert.deepEqual([restored.code, restored.err], [0, ""]);
  const kept = restored.out.match(/^Restored .*monday\.db\. What was there is kept as (.*before-restore-\d{8}T\d{6}Z)\.\n$/)[1];
  await server.restart();
  assert.deepEqual(await texts(), ["before"]);
  // The same offsets are given to other messages now: a position of before means nothing here.
  await say("instead");
  const again = await Wire.connect(server.url, { cookie: admin.cookie });
  const { epoch, offset } = position;
  const { subscribe } = await again.ask("subscribe", { channel: "room:1", recoverable: true, recover: true, epoch, offset });
  assert.equal(subscribe.recovered ?? false, false);
  assert.notEqual(subscribe.epoch, epoch);
  assert.equal(subscribe.offset, offset, "the numbering did go back");
  await server.stop();

  assert.equal((await snug(["restore", kept, "--data", data])).code, 0);
  await server.restart();
  assert.deepEqual(await texts(), ["before", "after"]);
  assert.equal((await server.stop()).code, 0);
});

test("what is no backup is refused with words, and nothing is touched", async () => {
  const data = path.join(tempFolder(), "data");
  const text = path.join(tempFolder(), "notes.txt");
  writeFileSync(text, "not a database");
  for (const [file, words] of [[text, /cannot be/], [path.join(data, "none.db"), /No such file/], [path.dirname(text), /is no file/]]) {
    const { code, err } = await snug(["restore", file, "--data", data]);
    assert.equal(code, 1);
    assert.match(err, words);
  }
  assert.deepEqual(readdirSync(data), ["snug.db.lock"]);
});

for (const running of [true, false]) {
  test(`a check says what is wrong and what to do, ${running ? "of a running server" : "of a folder"}`, async () => {
    const data = tempFolder();
    const server = await Server.start({ data });
    const admin = await server.setup();
    await server.call("message.send", { room: "1", text: "@nook who is here", key: "k" }, admin.cookie);
    await server.call("room.create", { name: "lab" }, admin.cookie);
    await Server.until(async () => (await server.call("run.list", { room: "1" }, admin.cookie)).runs[0]?.state === "completed", "the run to end");
    await server.call("message.send", { room: "1", text: "last", key: "k2" }, admin.cookie);
    if (!running) await server.stop();
    const whole = await snug(["check", "--data", data]);
    assert.deepEqual(whole, { code: 0, signal: null, out: `The data in ${data} is whole.\n`, err: "" });
    await sql(server, "DELETE FROM stream WHERE room_id = 1 AND offset = 3; INSERT INTO mention VALUES (1, 7, 1, 1);");
    const { code, out, err } = await snug(["check", "--data", data]);
    assert.deepEqual([code, err], [1, ""]);
    assert.match(out, /^Room general \(1\): event 3 is missing in its stream\.\n {4}Pages load such a room anew .+\n/);
    assert.match(out, /\n1 mentions in room 7 are of messages or people that are not there\.\n {4}.+ Nothing is to be done\.\nFound: 2\.\n$/);
    if (running) assert.equal((await server.stop()).code, 0);
  });
}

/** What `snug export` writes, as objects. */
async function exported(data, args = []) {
  const { code, out, err } = await snug(["export", "--data", data, ...args]);
  assert.equal(code, 0, err);
  assert.match(err, /^Exported: \d+ people, \d+ rooms, \d+ messages, \d+ runs\.\n$/);
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const of = (lines, type) => lines.filter((line) => line.type === type);

test("an export has everything of one moment and no secrets, of a running server too", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const admin = await server.setup({ place: "Our place" });
  const bob = await server.join("Bob");
  const { id: lab } = await server.call("room.create", { name: "lab", topic: "things", private: true }, admin.cookie);
  const first = await server.call("message.send", { room: lab, text: "a \"quote\"\nand ü", key: "k1" }, admin.cookie);
  await server.call("message.send", { room: lab, text: "yes", key: "k2", reply_to: first.id }, admin.cookie);
  await server.call("message.send", { room: "1", text: "@nook who is here", key: "k3" }, bob.cookie);
  await Server.until(async () => (await server.call("run.list", { room: "1" }, bob.cookie)).runs[0]?.state === "completed", "the run to end");
  const lines = await exported(data);
  assert.deepEqual([lines[0].type, lines[0].version, lines[0].place], ["snug", 1, "Our place"]);
  assert.deepEqual(of(lines, "user").map((u) => [u.name, u.role]), [["nook", "agent"], ["ada", "admin"], ["bob", "member"]]);
  assert.deepEqual(of(lines, "room").map((r) => [r.name, r.topic, r.private, r.created_by]), [["general", "", false, "nook"], ["lab", "things", true, "ada"]]);
  const messages = of(lines, "message");
  assert.deepEqual(messages.slice(2).map((m) => [m.author, m.text, m.key]), [["ada", "a \"quote\"\nand ü", "k1"], ["ada", "yes", "k2"]]);
  assert.equal(messages[3].reply_to, messages[2].id);
  assert.equal(messages[2].time, first.time);
  const [run] = of(lines, "run");
  assert.deepEqual([run.agent, run.started_by, run.state, run.reply_to, run.message], ["nook", "bob", "completed", messages[0].id, messages[1].id]);
  assert.equal(messages[1].run_id, run.id);
  const order = lines.filter((l) => (l.type === "message" && l.author !== "ada") || l.run || l.id === run.id).map((l) => l.event ?? l.type);
  assert.deepEqual(order, ["message", "run", "agent_started", "agent_thinking", "tool_executing", "tool_completed", "message", "agent_completed"]);
  const steps = of(lines, "step");
  assert.deepEqual([steps[0].by, steps[0].data.task, steps.at(-1).message], ["bob", "who is here", messages[1].id]);
  for (const { data } of steps) for (const key of ["started_by", "by", "message_id"]) assert.ok(!(key in data));
  assert.deepEqual(lines.at(-1), { type: "end", users: 3, rooms: 2, messages: 4, runs: 1, steps: 5, files: 0 });
  assert.ok(!JSON.stringify(lines).includes("argon2"), "no passwords");

  const only = await exported(data, ["--room", "LAB"]);
  assert.deepEqual([of(only, "user").map((u) => u.name), of(only, "room").length, of(only, "message").length], [["nook", "ada"], 1, 2]);
  assert.deepEqual(of(await exported(data, ["--room", lab]), "message"), of(only, "message"));
  for (const room of ["none", "99"]) {
    const { code, out, err } = await snug(["export", "--data", data, "--room", room]);
    assert.deepEqual([code, out, err], [1, "", `snug: There is no room ${room}.\n`]);
  }

  // While people write: a file that gets its name when it is whole, and one moment of the room.
  const stop = writeOn(server, admin.cookie);
  const file = path.join(tempFolder(), "out.jsonl");
  for (let i = 0; i < 3; i++) assert.equal((await snug(["export", file, "--room", "1", "--data", data])).code, 0);
  await stop();
  assert.deepEqual(readdirSync(path.dirname(file)), ["out.jsonl"]);
  const written = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  const texts = of(written, "message").slice(2).map((m) => m.text);
  assert.deepEqual(texts, texts.map((_, i) => `text ${i}`));
  assert.equal(of(written, "end")[0].messages, texts.length + 2);
  await server.stop();

  const after = await exported(data);
  assert.deepEqual(after.slice(1, 9), lines.slice(1, 9).map((line) => ({ ...line, ...(line.type === "user" ? { seen: after.find((u) => u.name === line.name).seen } : {}) })));
  assert.deepEqual(readdirSync(data).filter((name) => name.startsWith("snug.db")), ["snug.db", "snug.db.lock"]);
  for (const command of ["backup", "export"]) {
    const itself = await snug([command, path.join(data, "snug.db"), "--data", data]);
    assert.equal(itself.code, 1);
    assert.match(itself.err, /snug\.db is the database itself\./);
  }
  const nowhere = await snug(["export", path.join(data, "none", "x"), "--data", data]);
  assert.deepEqual([nowhere.code, nowhere.out], [1, ""]);
  assert.match(nowhere.err, /^snug: Cannot write .*none\/x: No such file or directory\.\n$/);
});
