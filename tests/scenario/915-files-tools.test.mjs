// Guards: the tools of an operator with files: a backup has their bytes and a restore brings them back, a check tells what is missing
// and what is too much, an export and an import take them elsewhere; killed at any time, again goes on.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { slow } from "../support/chat.mjs";
import { people, person, room, startPlace } from "../support/place.mjs";
import { BIN, Server, cleanEnvironment, snug, tempFolder } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";
import { atEnd } from "../support/tidy.mjs";

const MIB = 1 << 20;
const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452000000050000000708060000000000000000", "hex"), randomBytes(5000)]);

const bearer = (who) => ({ Authorization: `Bearer ${who.token}` });
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function run(args, code = 0) {
  const done = await snug(args);
  assert.equal(done.code, code, `${args.join(" ")}: ${done.out}${done.err}`);
  return { ...done, err: done.err.replace(/^\S+Z info .*\n/gm, "") };
}

/** Uploads, and sends with a text; the message's answer with its files. */
async function send(server, who, roomId, text, files) {
  const ids = [];
  for (const [name, bytes] of Object.entries(files)) {
    let { id, offset } = await who.call("file.begin", { name, size: bytes.length, key: `${text} ${name}` });
    do {
      const answer = await fetch(`${server.url}/files/${id}?offset=${offset}`, { method: "PUT", headers: bearer(who), body: bytes.subarray(offset, offset + MIB) });
      assert.equal(answer.status, 200);
      ({ offset } = await answer.json());
    } while (offset < bytes.length);
    ids.push(id);
  }
  return who.call("message.send", { room: roomId, text, key: text, files: ids });
}

async function fetched(server, who, file) {
  const answer = await fetch(`${server.url}/files/${file.id}/${encodeURIComponent(file.name)}`, { headers: bearer(who) });
  return answer.status === 200 ? Buffer.from(await answer.arrayBuffer()) : answer.status;
}

/** Everything in a folder of bytes: {name: inode}. */
const shelf = (folder) =>
  Object.fromEntries(existsSync(folder) ? readdirSync(folder).filter((name) => name.length === 2).flatMap((two) => readdirSync(path.join(folder, two)).map((name) => [name, statSync(path.join(folder, two, name)).ino])) : []);

const whole = async (data) => assert.match((await run(["check", "--files", "--data", data])).out, /is whole/);

async function withFiles() {
  const server = await startPlace();
  const [ada, bob] = await people(server, ["ada", "bob"], { admin: true });
  const id = await room(ada, "papers", [bob]);
  const noise = randomBytes(2.5 * MIB);
  await send(server, ada, id, "noise", { "noise.bin": noise });
  await send(server, bob, id, "two", { "shot.png": PNG, "log.txt": Buffer.from("all of it is text\n") });
  const list = async (who) => (await who.call("message.list", { room: id })).messages;
  return { server, data: server.data, ada, bob, id, noise, list };
}

test("a backup each night has the bytes, and a restore brings them back", async () => {
  const { server, data, ada, bob, id, noise, list } = await withFiles();
  const file = path.join(tempFolder(), "night.db");
  const first = await run(["backup", file, "--data", data]);
  assert.match(first.out, /^Copied \d+ bytes to .*night\.db, and found the copy whole\.\n3 files, 2626492 bytes, are in .*night\.db\.files\.\n$/);
  assert.equal(first.err, "");
  assert.deepEqual(shelf(`${file}.files`), shelf(path.join(data, "files")), "links: they cost no room");

  // The next night: one is deleted, one is new, the others stay as they are.
  const [gone] = await list(ada);
  await ada.call("message.delete", { room: id, id: gone.id });
  await Server.until(async () => Object.keys(shelf(path.join(data, "files"))).length === 2, "its bytes to go");
  assert.equal(Object.keys(shelf(`${file}.files`)).length, 3, "the backup still has them");
  const another = randomBytes(70_000);
  await send(server, bob, id, "new", { "new.bin": another });
  const older = path.join(path.dirname(file), "older.db");
  await run(["backup", older, "--data", data]);
  assert.ok(existsSync(older) && existsSync(`${older}.files`), "each has a folder of its own");
  const second = await run(["backup", file, "--data", data]);
  assert.match(second.out, /\n3 files, 75052 bytes, are in/);
  assert.deepEqual(shelf(`${file}.files`), shelf(path.join(data, "files")));

  // The folder is lost but for the database, which goes on; a restore has it all back, and removes nothing.
  const after = await list(ada);
  await send(server, bob, id, "later", { "later.bin": randomBytes(1000) });
  const later = (await list(ada)).at(-1).files[0];
  await server.stop();
  for (const name of Object.keys(shelf(path.join(data, "files")))) if (shelf(`${file}.files`)[name]) unlinkSync(path.join(data, "files", name.slice(0, 2), name));
  const missing = await run(["check", "--data", data], 1);
  assert.match(missing.out, /The bytes of file \d+ \(shot\.png\), files\/..\/\w{32}, are not there\.\n {4}Copy them from the same place in FILE\.files of a backup/);
  assert.match(missing.out, /Found: 3\.\n$/);
  const restored = await run(["restore", file, "--data", data]);
  assert.match(restored.out, /^Restored .*\nThe bytes of 3 files came with it\.\n$/);
  await server.restart();
  assert.deepEqual(await list(ada), after);
  const files = after.flatMap((m) => m.files ?? []);
  assert.deepEqual(files.map((f) => [f.name, f.type, f.width]), [["shot.png", "image/png", 5], ["log.txt", "text/plain", undefined], ["new.bin", "application/octet-stream", undefined]]);
  assert.ok((await fetched(server, ada, files[0])).equals(PNG));
  assert.ok((await fetched(server, bob, files[2])).equals(another));
  assert.equal(await fetched(server, bob, later), 404);
  const left = await run(["check", "--data", data], 1);
  assert.match(left.out, /^files\/..\/\w{32} \(1000 bytes\) belongs to nothing\.\n {4}A database that a restore kept/);
  assert.match(left.out, /Found: 1\.\n$/);
  assert.ok(!noise.equals(another));
});

test("on another disk the bytes are copied, and one that is nowhere is told", async (t) => {
  const other = "/dev/shm";
  const { server, data, ada, list } = await withFiles();
  if (!existsSync(other) || statSync(other).dev === statSync(data).dev) return t.skip("there is one disk only");
  const folder = mkdtempSync(path.join(other, "snug-other-"));
  atEnd(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "b.db");
  await run(["backup", file, "--data", data]);
  const [copies, own] = [shelf(`${file}.files`), shelf(path.join(data, "files"))];
  assert.deepEqual(Object.keys(copies).sort(), Object.keys(own).sort());
  for (const name of Object.keys(own)) assert.deepEqual(readFileSync(path.join(`${file}.files`, name.slice(0, 2), name)), readFileSync(path.join(data, "files", name.slice(0, 2), name)));
  const blob = await sql(server, "SELECT blob FROM file WHERE name = 'log.txt';");
  unlinkSync(path.join(data, "files", blob.slice(0, 2), blob));
  unlinkSync(path.join(`${file}.files`, blob.slice(0, 2), blob));
  const lost = await run(["backup", file, "--data", data]);
  assert.match(lost.err, /^snug: The bytes of 1 file are not in the data, and not in the backup: snug check names them\.\n$/);
  await server.stop();
  rmSync(path.join(data, "files"), { recursive: true });
  const restored = await run(["restore", file, "--data", data], 1);
  assert.match(restored.out, /\nThe bytes of 2 files came with it\.\n$/);
  assert.equal(restored.err, "snug: The bytes of 1 file are neither in the data nor beside the backup:\nsnug:     log.txt\n");
  await server.restart();
  const files = (await list(ada)).flatMap((m) => m.files ?? []);
  assert.deepEqual(await Promise.all(files.map(async (f) => (await fetched(server, ada, f)).length)), [2.5 * MIB, PNG.length, undefined]);
});

for (const running of [true, false])
  test(`a check that reads finds what was changed, ${running ? "of a running server" : "of a folder"}`, async () => {
    const { server, data } = await withFiles();
    if (!running) await server.stop();
    await whole(data);
    const blob = await sql(server, "SELECT blob FROM file WHERE name = 'noise.bin';");
    const file = path.join(data, "files", blob.slice(0, 2), blob);
    const bytes = readFileSync(file);
    bytes[MIB] ^= 1;
    writeFileSync(file, bytes);
    assert.match((await run(["check", "--data", data])).out, /is whole/);
    const { out } = await run(["check", "--files", "--data", data], 1);
    assert.match(out, /^The bytes of file 1 \(noise\.bin\), files\/..\/\w{32}, are not those that were sent\.\n {4}.+\nFound: 1\.\n$/);
    appendFileSync(file, "!");
    assert.match((await run(["check", "--data", data], 1)).out, /are 2621441, and should be 2621440\./);
    await sql(server, "UPDATE message SET files = '' WHERE files LIKE '%shot.png%';");
    assert.match((await run(["check", "--data", data], 1)).out, /File 2 is of message \d+, which does not tell of it\.\n/);
  });

test("an export takes files along, and they come into another place", async () => {
  const { server, data, ada, bob, id, noise, list } = await withFiles();
  await send(server, ada, id, "again", { "copy.bin": noise });
  const folder = tempFolder();
  const [file, bytes, other] = ["e.jsonl", "bytes", "data"].map((name) => path.join(folder, name));
  const named = await run(["export", file, "--data", data]);
  assert.match(named.err, /\n4 files are named, and their bytes \(5247932\) are not in it: --files DIR writes them\.\n$/);
  for (let i = 0; i < 2; i++) {
    const { err } = await run(["export", file, "--files", bytes, "--data", data]);
    assert.match(err, /\n4 files are named; of 4 of them the bytes are in .*bytes\.\n$/);
  }
  assert.deepEqual(Object.keys(shelf(bytes)).sort(), [noise, PNG, Buffer.from("all of it is text\n")].map(sha256).sort());
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.filter((l) => l.files?.length === 2)[0].files[0], { name: "shot.png", type: "image/png", size: PNG.length, sha256: sha256(PNG), width: 5, height: 7 });
  const before = await list(bob);
  const times = Object.fromEntries(before.map((m) => [m.key, m.files?.map((f) => [f.name, f.type, f.size, f.width])]));
  await server.stop();

  const { out } = await run(["import", file, "--files", bytes, "--data", other]);
  assert.match(out, /\nWith their bytes came: 4 files\.\n/);
  assert.match((await run(["import", file, "--files", bytes, "--data", other])).out, /: 0 people, 0 rooms, 0 messages, 0 runs are new\.\nThere already: 3 messages\.\n$/);
  await whole(other);
  const moved = await Server.start({ data: other });
  const eve = await person(moved, "bob");
  const { rooms } = await eve.call("room.list", {});
  const { messages } = await eve.call("message.list", { room: rooms.find((r) => r.name === "papers").id });
  assert.deepEqual(Object.fromEntries(messages.map((m) => [m.key, m.files?.map((f) => [f.name, f.type, f.size, f.width])])), times);
  assert.ok((await fetched(moved, eve, messages[1].files[0])).equals(PNG));
  assert.equal((await moved.stop()).code, 0);

  // Bytes that are missing in the folder: the export said whose, the import names them and ends well.
  rmSync(path.join(bytes, sha256(PNG).slice(0, 2)), { recursive: true });
  const gaps = await run(["import", file, "--files", bytes, "--data", path.join(folder, "gaps")]);
  assert.match(gaps.out, /\nWith their bytes came: 3 files\.\nNamed, as their bytes are not at hand: 1 files\.\n/);
  await whole(path.join(folder, "gaps"));
  const blob = await sql(server, "SELECT blob FROM file WHERE name = 'shot.png';");
  unlinkSync(path.join(data, "files", blob.slice(0, 2), blob));
  const absent = await run(["export", file, "--files", path.join(folder, "fresh"), "--data", data], 1);
  assert.match(absent.err, /snug: shot\.png: its bytes are not there\.\n[^]*of 3 of them the bytes are in .*\n1 files have no bytes: snug check names them\.\n$/);
});

const post = (i, path_) => JSON.stringify({ type: "post", post: { team: "t", channel: "c", user: "ada", message: i % 2 ? `m ${i}` : "", create_at: 1300000000000 + i, attachments: [{ path: path_ }] } });

test("an import with files that is killed goes on, each message has its file once, and no bytes are left over", async () => {
  const count = slow ? 60 : 400;
  const folder = tempFolder();
  const data = path.join(folder, "place");
  const bytes = Array.from({ length: count }, () => randomBytes(30_000));
  mkdirSync(path.join(folder, "data", "20110313"), { recursive: true });
  bytes.forEach((b, i) => writeFileSync(path.join(folder, "data", "20110313", `${i}.bin`), b));
  const file = path.join(folder, "import.jsonl");
  writeFileSync(file, ['{"type":"version","version":1}', '{"type":"user","user":{"username":"ada"}}', '{"type":"channel","channel":{"team":"t","name":"c","type":"O"}}', ...bytes.map((_, i) => post(i, `20110313/${i}.bin`))].join("\n"));
  let kills = 0;
  for (let wanted = count / 8; wanted < count * 0.9; wanted += count / 4) {
    const child = spawn(BIN, ["import", file, "--data", data], { env: cleanEnvironment(), stdio: "ignore" });
    const ended = once(child, "close");
    while (child.exitCode === null && Object.keys(shelf(path.join(data, "files"))).length < wanted) await new Promise(setImmediate);
    child.kill("SIGKILL");
    kills += (await ended)[1] === "SIGKILL";
  }
  assert.ok(kills > 0, "one was killed in the middle");
  await run(["import", file, "--data", data]);
  await whole(data);
  const got = (await sql({ data }, "SELECT m.text || '|' || f.name || '|' || f.sha256 FROM message m JOIN file f ON f.message_id = m.id ORDER BY m.id;")).trim().split("\n");
  assert.deepEqual(got, bytes.map((b, i) => `${i % 2 ? `m ${i}` : ""}|${i}.bin|${sha256(b)}`));
  assert.equal(await sql({ data }, "SELECT count(*) FROM message;"), String(count));
});

test("what --files is given wrongly is refused in words", async () => {
  const folder = tempFolder();
  const file = path.join(folder, "e.jsonl");
  const server = await startPlace();
  const rows = [
    [["export", "--files"], 2, /--files needs a value/],
    [["check", "--files=yes"], 2, /--files takes no value/],
    [["backup", "b.db", "--files", "x"], 2, /There is no option --files/],
    [["restore", "b.db", "--files", "x"], 2, /There is no option --files/],
  ];
  for (const [args, code, words] of rows) assert.match((await run(args, code)).err, words);
  await run(["export", file, "--data", server.data]);
  writeFileSync(path.join(folder, "plain"), "no folder");
  const [ada] = await people(server, ["ada"]);
  await send(server, ada, "1", "one", { "a.txt": Buffer.from("a") });
  const plain = await run(["export", file, "--files", path.join(folder, "plain"), "--data", server.data], 1);
  assert.match(plain.err, /Cannot make the folder .*plain.*: Not a directory\./);
  for (const name of ["none", "plain"])
    assert.match((await run(["import", file, "--files", path.join(folder, name), "--data", path.join(folder, "new")], 1)).err, /Cannot read .*: (No such file or directory|Not a directory)\./);
});
