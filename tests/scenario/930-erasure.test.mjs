// Guards: the erasure of a person, over real sockets: they are cut and cannot come back, nothing of theirs slips in behind it,
// it goes on after a kill, and history, recovery, search, export and check all tell the same story without them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { atEachCommit, BRAKED } from "../support/brake.mjs";
import { listAll, nothingWrong, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Server, snug, tempFolder } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";
import { Wire } from "../support/wire.mjs";

const DISPLAY = "Zora Quillfeather";
const NOBODY = "Erased person";

async function run(args, code = 0) {
  const got = await snug(args);
  assert.equal(got.code, code, `snug ${args.join(" ")}: ${got.out} ${got.err}`);
  return got;
}

/** The erasure of a user, once it has ended. */
const ended = (server, cookie, user, messages) =>
  until("the erasure to end", async () => {
    const state = await server.call("user.erase", { user, messages }, cookie);
    return state.ended > 0 && state;
  });

/** A place with Ada, its admin, Bob and Zora, who are in a room of Bob's. */
async function place() {
  const server = await startPlace();
  const ada = await server.setup();
  const bob = await server.join("Bob");
  const zora = await server.join(DISPLAY, { name: "zora" });
  const { id } = await server.call("room.create", { name: "lab", private: true }, bob.cookie);
  for (const user of ["zora", "ada"]) await server.call("room.invite", { room: id, user }, bob.cookie);
  return { server, ada, bob, zora, lab: id };
}

for (const messages of ["keep", "delete"]) {
  test(`with ${messages} everybody sees it at once, and the erased is cut for good`, async () => {
    const { server, ada, bob, zora, lab } = await place();
    const say = (who, text, key) => server.call("message.send", { room: lab, text, key }, who.cookie);
    const first = await say(zora, "granite from the beginning", "z0");
    await say(bob, "an answer", "b0");
    const theirs = await Wire.connect(server.url, { token: zora.token });
    const watcher = await Wire.connect(server.url, { token: bob.token });
    const { subscribe } = await watcher.ask("subscribe", { channel: `room:${lab}` });
    assert.ok(subscribe.recoverable);

    // sends of theirs that are under way while it happens, on both doors
    let over = false;
    const acked = [];
    const sending = (async () => {
      for (let i = 1; !over; i++) {
        const { result, error } = await server.post("message.send", { room: lab, text: `granite ${i}`, key: `z${i}` }, zora.cookie);
        if (result) acked.push(result);
        else over = [101, 103].includes(error.code);
      }
    })();
    await until("some to be sent", () => acked.length > 5);
    const asked = await server.call("user.erase", { user: "zora", messages }, ada.cookie);
    assert.deepEqual([asked.user, asked.messages], [zora.user.id, messages]);
    assert.deepEqual(await theirs.closed(), { code: 3507, reason: "permission denied" });
    await sending;
    const last = (await ended(server, ada.cookie, zora.user.id, messages)).ended;

    // nobody comes back: by token, cookie, password or name
    const again = await Wire.open(server.url);
    again.write({ id: 1, connect: { token: zora.token } });
    assert.equal((await again.closed()).code, 3500);
    assert.equal((await server.post("user.me", {}, zora.cookie)).error.code, 101);
    for (const name of ["zora", DISPLAY, NOBODY, `-${zora.user.id}`])
      assert.equal((await server.post("session.login", { name, password: "correct horse battery" })).error.code, 101, name);
    const token = await snug(["token", `-${zora.user.id}`, "--data", server.data]);
    assert.notEqual(token.code, 0);

    // the others were told, in the order of the stream and without a hole
    const told = await watcher.push("the end", ({ pub }) => pub?.data.type === "user_erased" && pub.data.user.id === zora.user.id);
    assert.deepEqual(told.pub.data, { type: "user_erased", user: { id: zora.user.id, name: `-${zora.user.id}`, display: NOBODY, role: "member" }, messages });
    const left = watcher.pushes.find(({ pub }) => pub?.data.type === "member_left");
    assert.equal(left.pub.data.user.display, NOBODY);
    const offsets = watcher.pushes.filter(({ channel, pub }) => pub?.offset && channel === `room:${lab}`).map(({ pub }) => pub.offset);
    assert.deepEqual(offsets, offsets.map((_, i) => subscribe.offset + 1 + i));
    assert.ok((await server.call("room.members", { room: lab }, bob.cookie)).members.every((m) => m.user.id !== zora.user.id));

    // list, history and recovery tell the same, at the same offsets
    const all = await listAll((method, params) => server.call(method, params, bob.cookie), lab);
    const hers = all.filter((m) => m.author.id === zora.user.id);
    assert.deepEqual(hers.map((m) => m.offset), [first.offset, ...acked.map((m) => m.offset)], "what was acknowledged, and nothing else");
    for (const m of hers) assert.deepEqual([m.author.display, m.text === "", m.deleted], [NOBODY, messages === "delete", messages === "delete" ? "author" : undefined]);
    const { history } = await watcher.ask("history", { channel: `room:${lab}`, limit: 1000 });
    const later = await Wire.connect(server.url, { token: bob.token });
    const recovered = (await later.ask("subscribe", { channel: `room:${lab}`, recover: true, offset: 0, epoch: subscribe.epoch })).subscribe;
    assert.equal(recovered.recovered, true);
    for (const list of [history.publications, recovered.publications]) {
      assert.deepEqual(list.filter(({ data }) => data.type === "message_created").map(({ data }) => data.message), all);
      assert.ok(!JSON.stringify(list).includes("Quillfeather"));
    }

    // search, why, people
    const found = async (query) => (await server.call("message.search", { query }, bob.cookie)).messages.length;
    await until("the words to be or not to be found", async () => (await found("granite")) === (messages === "keep" ? Math.min(50, hers.length) : 0));
    assert.equal(await found("from:zora"), 0);
    const why = await server.post("message.why", { room: lab, offset: first.offset, user: zora.user.id }, ada.cookie);
    assert.match(why.result.words, /^Erased person is not a member of the room\./);
    const { users } = await server.call("user.list", {}, bob.cookie);
    assert.deepEqual(users.find((u) => u.id === zora.user.id).erased, { messages, asked: asked.asked, ended: last });
    const { closed } = await server.call("connection.history", {}, ada.cookie);
    assert.ok(closed.every((line) => line.user?.id !== zora.user.id));
    for (const line of [`erasure_asked user=${zora.user.id} messages=${messages}`, `erasure_ended user=${zora.user.id}`]) {
      await until(`the log to say ${line}`, () => server.log.includes(line));
    }
    for (const line of server.log.split("\n").filter((l) => l.includes("erasure_"))) assert.ok(!/zora|Quill/.test(line), line);

    // the name is free; who takes it is somebody else
    const next = await server.join("Zora Other", { name: "zora" });
    assert.notEqual(next.user.id, zora.user.id);
    assert.equal((await server.post("message.list", { room: lab }, next.cookie)).error.code, 103);
    await nothingWrong(server.url);

    // check, export, import twice, and the file
    assert.match((await run(["check", "--data", server.data])).out, /is whole/);
    const file = path.join(tempFolder(), "place.jsonl");
    await run(["export", file, "--data", server.data]);
    const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const nobody = lines.find((l) => l.type === "user" && l.erased);
    assert.deepEqual([nobody.name, nobody.display, nobody.active], [`-${zora.user.id}`, NOBODY, false]);
    assert.equal(lines.filter((l) => l.author === nobody.name).length, messages === "keep" ? hers.length : 0);
    assert.ok(!readFileSync(file, "utf8").includes("Quillfeather"));
    const other = tempFolder();
    await run(["user", "add", "early", "--data", other]); // numbers are others there
    await run(["import", file, "--data", other]);
    assert.match((await run(["import", file, "--data", other])).out, /: 0 people, 0 rooms, 0 messages, 0 runs are new/);
    assert.match((await run(["check", "--data", other])).out, /is whole/);
    assert.equal(await sql({ data: other }, `SELECT count(*) FROM user WHERE display = '${NOBODY}' AND name = '-' || id AND active = 0;`), "1");
    await server.stop();
    await run(["import", "--merge", file, "--data", server.data]); // in its own place nothing is new
    assert.equal(await sql(server, `SELECT count(*) FROM user WHERE display = '${NOBODY}';`), "1");
    assert.equal(await sql(server, "SELECT count(*) FROM stream WHERE data LIKE '%Quillfeather%';"), "0");
    assert.ok(!readFileSync(path.join(server.data, "snug.db")).includes("Quillfeather"));
    assert.match((await run(["check", "--data", server.data])).out, /is whole/);
    await server.restart();
  });
}

const MANY = 400; // messages: several steps

/** Zora has written them all. left: how many still have their text. */
async function busyPlace() {
  const server = await startPlace({ env: BRAKED });
  const [ada] = await people(server, ["ada"], { admin: true });
  const [zora] = await people(server, ["zora"]);
  const id = await room(ada, "busy", [zora]);
  for (let i = 0; i < MANY; i += 50)
    await Promise.all(Array.from({ length: 50 }, (_, n) => zora.call("message.send", { room: id, text: `granite ${i + n}`, key: `k${i + n}` })));
  const left = async () => Number(await sql(server, `SELECT count(*) FROM message WHERE author_id = ${zora.id} AND text <> '';`));
  return { server, ada, zora, id, left };
}

test("a kill in the middle loses nothing of it: the next start goes on to the end", async () => {
  const { server, ada, zora, id, left } = await busyPlace();
  const brake = await atEachCommit(async () => ((await left()) < MANY ? new Promise(() => {}) : "go"));
  await ada.call("user.erase", { user: zora.id, messages: "delete" });
  await until("it to be in the middle", async () => (await left()) < MANY);
  await server.kill();
  assert.ok((await left()) > 0, "it was not over yet");
  await brake.end();
  await server.restart();
  const state = await until("the erasure to end", async () => {
    const now = await ada.call("user.erase", { user: zora.id, messages: "delete" });
    return now.ended > 0 && now;
  });
  assert.equal(state.done, state.total);
  assert.equal(await left(), 0);
  const all = await listAll(ada.call, id);
  assert.equal(all.length, MANY);
  assert.ok(all.every((m) => m.text === "" && m.author.display === NOBODY));
  assert.match((await run(["check", "--data", server.data])).out, /is whole/);
});

for (const running of [true, false]) {
  test(`snug user erase waits for the end and says what is left, ${running ? "of a running server" : "of a folder"}`, async () => {
    const server = await startPlace();
    const [ada] = await people(server, ["ada"], { admin: true });
    const [zora, yves] = await people(server, ["zora", "yves"]);
    const id = await room(ada, "lab", [zora, yves]);
    for (let i = 0; i < 60; i++) await zora.call("message.send", { room: id, text: `granite ${i}`, key: `k${i}` });
    await yves.call("message.send", { room: id, text: "basalt", key: "y" });
    if (!running) await server.stop();
    const data = ["--data", server.data];
    const kept = await run(["user", "erase", "yves", "--messages", "keep", ...data]);
    assert.match(kept.out, new RegExp(`^Erased user ${yves.id}\\. Their messages stay, under the name Erased person\\.\n.*Backups`, "s"));
    assert.equal(kept.err, running ? "" : kept.err);
    const gone = await run(["user", "erase", "zora", "--messages", "delete", ...data]);
    assert.match(gone.out, /Their messages are deleted; .*restoring one brings them back/s);
    assert.equal(await sql(server, "SELECT count(*) FROM message WHERE text <> '';"), "1");
    assert.equal(await sql(server, "SELECT count(*) FROM erasure WHERE ended_ms > 0;"), "2");
    await run(["user", "erase", zora.id, "--messages", "delete", ...data]); // again is the same
    const bad = [
      [["user", "erase"], 2, /Usage/],
      [["user", "erase", "ada"], 2, /--messages must be keep or delete/],
      [["user", "erase", "ada", "--messages", "both"], 2, /--messages must be keep or delete/],
      [["user", "erase", "ada", "--messages="], 2, /--messages must be keep or delete/],
      [["user", "erase", "ada", "--messages", "keep"], 1, /the last admin/],
      [["user", "erase", "nook", "--messages", "keep"], 1, /must be a person, not an agent/],
      [["user", "erase", "zora", "--messages", "keep"], 1, /nobody here/],
      [["user", "erase", zora.id, "--messages", "keep"], 1, /being deleted already/],
      [["user", "add", "x", "--messages", "keep"], 2, /no option --messages/],
    ];
    for (const [args, code, words] of bad) assert.match((await run([...args, ...data], code)).err, words, args.join(" "));
    assert.match((await run(["user", "erase", "--help"])).out, /snug user erase NAME\|ID --messages keep\|delete/);
    if (!running) await server.restart();
  });
}

test("a server that stops does not wait for an erasure, and goes on with it", async () => {
  const { server, left } = await busyPlace();
  let goOn;
  const stops = new Promise((resolve) => (goOn = resolve));
  const brake = await atEachCommit(async () => {
    if ((await left()) < MANY) await stops;
    return "go";
  });
  const asked = snug(["user", "erase", "zora", "--messages", "delete", "--data", server.data]);
  await until("it to be in the middle", async () => (await left()) < MANY);
  const stopped = server.stop();
  await until("the server to stop", () => server.log.includes(" stopping "));
  goOn();
  assert.equal((await stopped).code, 0);
  await brake.end();
  const { code, err } = await asked;
  assert.equal(code, 1);
  assert.match(err, /stopping/);
  await server.restart();
  await until("the erasure to end", async () => (await sql(server, "SELECT count(*) FROM erasure WHERE ended_ms > 0;")) === "1");
});

test("a backup of before brings the person back, as it says; an erasure again takes them", async () => {
  const { server, ada, zora } = await place();
  await server.call("message.send", { room: "1", text: "granite", key: "k" }, zora.cookie);
  const file = path.join(tempFolder(), "before.db");
  await run(["backup", file, "--data", server.data]);
  await server.call("user.erase", { user: zora.user.id, messages: "delete" }, ada.cookie);
  await ended(server, ada.cookie, zora.user.id, "delete");
  await server.stop();
  await run(["restore", file, "--data", server.data]);
  assert.equal(await sql(server, `SELECT display FROM user WHERE id = ${zora.user.id};`), DISPLAY);
  await run(["user", "erase", "zora", "--messages", "delete", "--data", server.data]);
  assert.equal(await sql(server, `SELECT display FROM user WHERE id = ${zora.user.id};`), NOBODY);
  assert.equal(await sql(server, "SELECT count(*) FROM message WHERE text <> '';"), "0");
  await server.restart();
});

test("an export of before brings back a person of that name, and none of their texts", async () => {
  const { server, ada, zora } = await place();
  await server.call("message.send", { room: "1", text: "granite", key: "k" }, zora.cookie);
  const file = path.join(tempFolder(), "before.jsonl");
  await run(["export", file, "--data", server.data]);
  await server.call("user.erase", { user: zora.user.id, messages: "delete" }, ada.cookie);
  await ended(server, ada.cookie, zora.user.id, "delete");
  await server.stop();
  await run(["import", "--merge", file, "--data", server.data]);
  assert.equal(await sql(server, "SELECT count(*) FROM message WHERE text = 'granite';"), "0");
  assert.equal(await sql(server, "SELECT count(*) FROM user WHERE name = 'zora' AND password = '';"), "1");
  writeFileSync(file, ""); // not needed any more
  await server.restart();
});
