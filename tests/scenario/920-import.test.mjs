// Guards: snug import: what was exported comes in as it was, from Snug, Slack and Mattermost; again and after a kill it
// adds only what is missing; what cannot be taken is told. What stands below a message comes with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { slow } from "../support/chat.mjs";
import { BIN, Server, cleanEnvironment, snug, tempFolder } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";

const PASSWORD = "correct horse battery";

async function run(args, code = 0) {
  const done = await snug(args);
  assert.equal(done.code, code, `${args.join(" ")}: ${done.out}${done.err}`);
  return { ...done, err: done.err.replace(/^\S+Z info .*\n/gm, "") };
}

/** What snug export writes of a folder. */
async function exported(data) {
  const { out } = await run(["export", "--data", data]);
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const of = (lines, type) => lines.filter((line) => line.type === type);

/** Lines with what names them in their place replaced by when and where they were first seen. */
function withoutIds(lines) {
  const known = new Map();
  const name = (id) => {
    if (!known.has(id)) known.set(id, `#${known.size}`);
    return known.get(id);
  };
  return lines.map((line) => {
    const copy = { ...line };
    if (copy.type === "snug") delete copy.time;
    if (copy.type !== "run" && copy.id) copy.id = name(copy.id);
    for (const key of ["room", "reply_to", "message"]) if (copy[key]) copy[key] = name(copy[key]);
    return copy;
  });
}

function write(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** What stands below messages: "👍 ada ben"; of a page's list the names are those of `people`, by their ids. */
const below = (messages, people = null) => messages.map((m) => (m.reactions ?? []).map(({ emoji, users }) => [emoji, ...users.map((u) => (people ? people[u] : u))].join(" ")));

const lines = (objects) => objects.map((o) => (typeof o === "string" ? o : JSON.stringify(o))).join("\n") + "\n";

async function checked(data) {
  const { out } = await run(["check", "--data", data]);
  assert.match(out, /is whole/);
}

test("an export comes into an empty place as it was, and its people are let in by hand", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const admin = await server.setup({ place: "Our place" });
  const bob = await server.join("Bob");
  const { id: lab } = await server.call("room.create", { name: "lab", topic: "things", private: true }, admin.cookie);
  await server.call("room.invite", { room: lab, user: "bob" }, admin.cookie);
  const first = await server.call("message.send", { room: lab, text: "a \"quote\"\nand ü @bob", key: "k1" }, admin.cookie);
  await server.call("message.send", { room: lab, text: "yes", key: "k2", reply_to: first.id }, bob.cookie);
  for (const [emoji, who] of [["👍", bob], ["❤️", admin], ["👍", admin]]) await server.call("reaction.add", { room: lab, id: first.id, emoji }, who.cookie);
  await server.call("message.send", { room: "1", text: "@nook who is here", key: "k3" }, bob.cookie);
  await Server.until(async () => (await server.call("run.list", { room: "1" }, bob.cookie)).runs[0]?.state === "completed", "the run to end");
  await server.call("message.send", { room: "1", text: "left later", key: "k4" }, bob.cookie);
  await server.call("room.leave", { room: lab }, bob.cookie);
  const { id: two } = await server.call("room.direct", { user: "ada" }, bob.cookie);
  await server.call("message.send", { room: two, text: "between us", key: "k5" }, bob.cookie);
  await server.call("room.prefer", { room: "1", favourite: true }, admin.cookie);
  await server.call("room.prefer", { room: two, muted: true }, bob.cookie);
  await server.call("read.mark", { room: "1", offset: 2 }, admin.cookie);
  const unread = async (place, cookie) => (await place.call("room.list", {}, cookie)).rooms.map((r) => [r.name, r.unread, r.direct?.name]);
  const unreadBefore = await unread(server, admin.cookie);
  assert.ok(unreadBefore[0][1] > 0);
  assert.deepEqual(unreadBefore.at(-1), ["Bob", 1, "bob"]);
  await server.stop();
  const before = await exported(data);
  const signs = of(before, "message").filter((m) => m.reactions);
  assert.deepEqual(signs.map((m) => [m.key, m.reactions]), [["k1", [{ emoji: "👍", users: ["bob", "ada"] }, { emoji: "❤️", users: ["ada"] }]]]);
  assert.deepEqual(of(before, "room").map((r) => [r.name, r.direct]), [["general", undefined], ["lab", undefined], [undefined, ["ada", "bob"]]]);
  assert.deepEqual(of(before, "member").filter((m) => m.muted || m.favourite).map((m) => [m.user, m.muted, m.favourite]),
    [["ada", undefined, true], ["bob", true, undefined]]);
  const file = path.join(tempFolder(), "place.jsonl");
  writeFileSync(file, lines(before));

  const other = path.join(tempFolder(), "new");
  const { out } = await run(["import", file, "--data", other]);
  assert.match(out, /^Imported from .*place\.jsonl \(Snug\): 2 people, 2 rooms, 6 messages, 1 runs are new\.\nThey have no password yet: /m);
  assert.deepEqual(withoutIds(await exported(other)), withoutIds(before));
  assert.deepEqual(of(before, "step").map((s) => s.event), ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]);
  await checked(other);
  const again = await run(["import", file, "--data", other]);
  assert.match(again.out, /: 0 people, 0 rooms, 0 messages, 0 runs are new\.\nThere already: 6 messages\.\n$/);
  assert.deepEqual(withoutIds(await exported(other)), withoutIds(before));

  // Nobody logs in before somebody with the folder says so; then they are who they were.
  const moved = await Server.start({ data: other });
  assert.equal(moved.setup_url, null, "ada is its admin");
  assert.equal((await moved.post("session.login", { name: "bob", password: "" })).error.code, 107);
  const busy = await run(["import", file, "--data", other], 1);
  assert.match(busy.err, /Another Snug uses this folder\. Stop it, import, and start it again\./);
  const added = await snug(["user", "add", "ada", "--password-stdin", "--data", other], { input: `${PASSWORD}\n` });
  assert.equal(added.code, 0, added.err);
  const twice = await snug(["user", "add", "ada", "--password-stdin", "--data", other], { input: "another password\n" });
  assert.match(twice.err, /That name is taken/);
  const { cookie, result } = await moved.post("session.login", { name: "ada", password: PASSWORD });
  assert.equal(result.user.role, "admin");
  const rooms = (await moved.call("room.list", {}, cookie)).rooms;
  assert.deepEqual(await unread(moved, cookie), unreadBefore);
  const { messages } = await moved.call("message.list", { room: rooms[1].id }, cookie);
  assert.deepEqual(messages.map((m) => [m.author.name, m.time, m.key]), [["ada", first.time, "k1"], ["bob", messages[1].time, "k2"]]);
  assert.equal(messages[1].reply_to, messages[0].id);
  const ids = Object.fromEntries(messages.map((m) => [m.author.id, m.author.name]));
  assert.deepEqual(below(messages, ids), [["👍 bob ada", "❤️ ada"], []]);
  // What the agent did is where it was, with the numbers of this place.
  const [done] = (await moved.call("run.list", { room: "1" }, cookie)).runs;
  const kinds = (await sql(moved, "SELECT offset || ' ' || (data ->> '$.type') FROM stream WHERE room_id = 1 ORDER BY offset;")).trim().split("\n");
  const { messages: said } = await moved.call("message.list", { room: "1" }, cookie);
  const answer = said.find((m) => m.run_id === done.id);
  assert.equal(done.message_id, answer.id);
  assert.deepEqual(kinds.slice(done.first_offset - 1, done.last_offset).map((k) => k.split(" ")[1]),
    ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "message_created", "agent_completed"]);
  const told = JSON.parse(await sql(moved, `SELECT data FROM stream WHERE room_id = 1 AND offset = ${done.last_offset};`));
  assert.deepEqual([told.run_id, told.data.message_id, told.agent.name], [done.id, answer.id, "nook"]);
  // Nobody begins a second conversation with the same one.
  assert.equal((await moved.call("room.direct", { user: "bob" }, cookie)).id, rooms[2].id);
  // A page that still waits for its acknowledgement does not double what came over.
  const repeated = await moved.call("message.send", { room: rooms[1].id, text: "a \"quote\"\nand ü @bob", key: "k1" }, cookie);
  assert.equal(repeated.id, messages[0].id);
  await Server.until(async () => (await moved.call("message.search", { query: "quote" }, cookie)).messages.length === 1, "it to be found");
  assert.equal((await moved.stop()).code, 0);
});

test("what was written since a backup comes back with an export, and nothing twice", async () => {
  const data = tempFolder();
  const server = await Server.start({ data });
  const admin = await server.setup();
  const say = (key) => server.call("message.send", { room: "1", text: key, key }, admin.cookie);
  await say("one");
  const folder = tempFolder();
  await run(["backup", path.join(folder, "b.db"), "--data", data]);
  await say("two");
  await run(["export", path.join(folder, "e.jsonl"), "--data", data]);
  await server.stop();
  await run(["restore", path.join(folder, "b.db"), "--data", data]);
  const refused = await run(["import", path.join(folder, "e.jsonl"), "--data", data], 1);
  assert.match(refused.err, /There is a room general with messages already: with --merge what is imported goes into it, after them\./);
  const { out } = await run(["import", "--merge", path.join(folder, "e.jsonl"), "--data", data]);
  assert.match(out, /: 0 people, 0 rooms, 1 messages, 0 runs are new\.\nThere already: 1 messages\.\n/);
  assert.deepEqual(of(await exported(data), "message").map((m) => m.text), ["one", "two"]);
  await checked(data);
});

const slack = {
  "users.json": [
    { id: "U1", name: "ada", profile: { display_name: "Ada L", real_name: "Ada Lovelace" } },
    { id: "U2", name: "nook", profile: { real_name: "Nicolas" } },
    { id: "U3", name: "gone", deleted: true, profile: { real_name: "Go\u001bne\n" } },
  ],
  "channels.json": [{ id: "C1", name: "general", created: 1300000000, creator: "U1", members: ["U1", "U2"], topic: { value: "all of us" } }],
  "groups.json": [{ id: "G1", name: "lab", created: 1300000001, creator: "U2", members: ["U2", "U1"], purpose: { value: "secret things" } }],
  "mpims.json": [{ id: "G2", name: "mpdm-ada--nook-1", created: 1300000003, members: ["U1", "U2"] }],
  "dms.json": [{ id: "D1", created: 1300000002, members: ["U2", "U1"] }, { id: "D2", created: 1300000004, members: ["U1", "U1"] }],
  "general/2011-03-13.json": [
    { type: "message", user: "U1", text: "hi <@U2>, see <#C1|general> &amp; <https://x.example/?a=1&amp;b=2|the page>", ts: "1300000010.000100", thread_ts: "1300000010.000100",
      reactions: [{ name: "thumbsup", users: ["U2", "U1"], count: 2 }, { name: "party_parrot", users: ["U1", "U2"], count: 2 }, { name: "raised_hands::skin-tone-4", users: ["U1"], count: 1 }] },
    { type: "message", subtype: "channel_join", user: "U2", text: "<@U2> has joined the channel", ts: "1300000011.000000" },
    { type: "message", subtype: "bot_message", bot_id: "B1", username: "Build", text: "", attachments: [{ fallback: "built" }], ts: "1300000012.000000" },
    { type: "message", user: "U3", text: "", ts: "1300000013.000000" },
    { type: "message", user: "U1", text: "@nook who is here", ts: "1300000014.000000", edited: { user: "U1", ts: "1300000050.000000" } },
  ],
  "general/2011-03-14.json": [
    { type: "message", user: "U2", text: "a reply\r\nof two lines", ts: "1300100000.000200", thread_ts: "1300000010.000100" },
    { type: "message", user: "U1", text: "no time", ts: "soon" },
    { type: "message", text: "nobody", ts: "1300100001.000200" },
    { type: "message", user: "U9", text: "from elsewhere", ts: "1300100002.000000", user_profile: { name: "Guest" } },
    { type: "message", user: "U1", text: "x".repeat(20_000), ts: "1300100003.000000" },
    7,
    { type: "message", user: "U1", text: "edited, but when", ts: "1300100004.000000", edited: { user: "U1", ts: "soon" } },
  ],
  "D1/2011-03-13.json": [{ type: "message", user: "U2", text: "psst", ts: "1300000020.000000", files: [{ name: "a.png" }] }],
};

test("a time of our own export that is none is told, and the message left out", async () => {
  const file = path.join(tempFolder(), "place.jsonl");
  const data = path.join(tempFolder(), "data");
  const message = (id, edited) => ({ type: "message", id, room: "1.1", author: "ada", text: id, time: 5, key: id, edited });
  writeFileSync(file, lines([
    { type: "snug", version: 1, place: "P", time: 1 },
    { type: "user", name: "ada", display: "Ada", role: "member", created: 1 },
    { type: "room", room: "1.1", name: "lab", private: true, created: 1, created_by: "ada" },
    message("1.5", -1), message("2.5", "soon"), message("3.5", 7), message("4.5", 253402300800000),
    { type: "end" },
  ]));
  const { err } = await run(["import", file, "--data", data], 1);
  assert.deepEqual(err.trimEnd().split("\n"), [
    "snug: place.jsonl, 4: a time is wrong.",
    "snug: place.jsonl, 5: edited is missing or wrong.",
    "snug: place.jsonl, 7: a time is wrong.",
  ]);
  assert.deepEqual(of(await exported(data), "message").map((m) => [m.text, m.edited]), [["3.5", 7]]);
});

test("Slack's export: people, threads, mentions and links, and no notes of the system", async () => {
  const folder = write(tempFolder(), slack);
  const data = path.join(tempFolder(), "data");
  const done = await run(["import", folder, "--data", data], 1);
  assert.deepEqual(done.err.trimEnd().split("\n"), [
    "snug: general/2011-03-14.json, 2: ts is no time.",
    "snug: general/2011-03-14.json, 3: nobody said it.",
    "snug: general/2011-03-14.json, 6: it is no object.",
    "snug: general/2011-03-14.json, 7: edited.ts is no time.",
  ]);
  assert.match(done.out, /\(Slack\): 5 people, 4 rooms, 7 messages, 0 runs are new\.\nNamed.*: 1 files\.\nLeft out.*: 4 notes.*\nGot another name.*: 1 people\.\nCould not be taken: 4\.\n/);
  const got = await exported(data);
  assert.deepEqual(of(got, "user").map((u) => [u.name, u.display, u.role, u.active]), [
    ["nook", "Nook", "agent", true],
    ["ada", "Ada L", "member", true],
    ["nook2", "Nicolas", "member", true], // an agent is no person
    ["gone", "Go ne", "member", false],
    ["build", "Build", "member", true],
    ["guest", "Guest", "member", true],
  ]);
  assert.deepEqual(of(got, "room").map((r) => [r.name ?? r.direct, r.topic, r.private, r.created, r.created_by]), [
    ["general", "all of us", false, 1300000000000, "ada"],
    ["lab", "secret things", true, 1300000001000, "nook2"],
    ["ada, nook2", "", true, 1300000003000, "nook"],
    [["ada", "nook2"], "", true, 1300000002000, "nook"],
    ["ada, ada", "", true, 1300000004000, "nook"],
  ]);
  const messages = of(got, "message");
  assert.deepEqual(messages.map((m) => [m.author, m.text.slice(0, 80), m.time]), [
    ["ada", "hi @nook2, see #general & [the page](https://x.example/?a=1&b=2)", 1300000010000],
    ["build", "built", 1300000012000],
    ["ada", "@nook who is here", 1300000014000],
    ["nook2", "a reply\nof two lines", 1300100000000],
    ["guest", "from elsewhere", 1300100002000],
    ["ada", "x".repeat(80), 1300100003000],
    ["ada", "x".repeat(80), 1300100003000],
    ["nook2", "psst\nFile: a.png", 1300000020000],
  ]);
  assert.deepEqual(below(messages), [["👍 nook2 ada", "🙌🏽 ada"], ...messages.slice(1).map(() => [])]);
  assert.deepEqual(messages.filter((m) => m.edited).map((m) => [m.text, m.edited]), [["@nook who is here", 1300000050000]]);
  assert.deepEqual(messages.slice(5, 7).map((m) => m.text.length), [16_000, 4_000]);
  assert.equal(messages[3].reply_to, messages[0].id);
  await run(["import", folder, "--data", data], 1);
  assert.deepEqual((await exported(data)).slice(1), got.slice(1), "again adds nothing");
  await checked(data);

  // It is old: nothing of it is unread for those who came with it, and no agent answers it.
  const server = await Server.start({ data });
  await snug(["user", "add", "ada", "--admin", "--password-stdin", "--data", data], { input: `${PASSWORD}\n` });
  const { cookie } = await server.post("session.login", { name: "ada", password: PASSWORD });
  const { rooms } = await server.call("room.list", {}, cookie);
  for (const room of rooms) assert.deepEqual([room.name, room.unread], [room.name, 0]);
  const [two, ...others] = rooms.filter((room) => room.direct);
  assert.deepEqual([two.name, two.direct.name, two.members, others], ["Nicolas", "nook2", 3, []]);
  assert.equal((await server.call("room.direct", { user: "nook2" }, cookie)).id, two.id);
  const { messages: shown } = await server.call("message.list", { room: "1" }, cookie);
  assert.deepEqual(below(shown, Object.fromEntries(shown.map((m) => [m.author.id, m.author.name])))[0], ["👍 nook2 ada", "🙌🏽 ada"]);
  await server.call("message.send", { room: "1", text: "@nook who is here", key: "now" }, cookie);
  const runs = await Server.until(async () => {
    const list = (await server.call("run.list", { room: "1" }, cookie)).runs;
    return list.some((r) => r.state === "completed") && list;
  }, "the run of today");
  assert.equal(runs.length, 1, "what was asked then is not answered now");
  await server.stop();
});

const post = (message, create_at, more = {}) => ({ type: "post", post: { team: "t", channel: "town-square", user: "ada", message, create_at, ...more } });

const LONG = "a.very.long.name.that.nobody.would.type";

const mattermost = [
  { type: "version", version: 1 },
  { type: "team", team: { name: "t", display_name: "Team", type: "O" } },
  { type: "channel", channel: { team: "t", name: "town-square", display_name: "Town Square", type: "O", header: "hello" } },
  { type: "channel", channel: { team: "t", name: "lab", display_name: "Lab", type: "P" } },
  { type: "user", user: { username: "ada", email: "ada@x.example", nickname: "Ada", teams: [{ name: "t", channels: [{ name: "town-square" }, { name: "lab", roles: "channel_user channel_admin" }] }] } },
  { type: "user", user: { username: LONG, first_name: "Bo", last_name: "Li", teams: [{ name: "t", channels: [{ name: "town-square" }] }] } },
  post("first", 1300000000001, {
    reactions: [{ user: LONG, emoji_name: "+1", create_at: 1300000000011 }, { user: "ada", emoji_name: "tada", create_at: 1300000000012 }, { user: "ada", emoji_name: "+1", create_at: 1300000000013 }, { user: "ada", emoji_name: "our_logo", create_at: 1300000000014 }],
    replies: [{ user: "ada", message: "reply", create_at: 1300000000002, reactions: [{ user: "zoe", emoji_name: "x", create_at: 1300000000015 }, { user: "ada", emoji_name: "white_check_mark", create_at: 1300000000016 }] }],
  }),
  post("first", 1300000000003, { edit_at: 1300000000009 }),
  post("", 1300000000004, { attachments: [{ path: "data/a.png" }] }),
  post("joined", 1300000000005, { type: "system_join_channel" }),
  post("a post by nobody", 1300000000006, { user: "zoe" }),
  "{not JSON",
  { type: "post", post: { team: "t", channel: "town-square", user: "ada", message: "when?" } },
  { type: "emoji", emoji: { name: "blob" } },
  { type: "direct_channel", direct_channel: { participants: [{ username: "ada" }, { username: LONG }] } },
  { type: "direct_channel", direct_channel: { members: ["ada"] } },
  { type: "direct_post", direct_post: { channel_members: [LONG, "ada"], user: "ada", message: "psst", create_at: 1300000000007 } },
  "x".repeat(17 << 20),
  post("edited, but when", 1300000000008, { edit_at: -1 }),
];

test("Mattermost's bulk export: channels, replies, conversations; bad lines are told by number", async () => {
  const file = path.join(tempFolder(), "bulk.jsonl");
  writeFileSync(file, lines(mattermost));
  const data = path.join(tempFolder(), "data");
  const done = await run(["import", file, "--data", data], 1);
  assert.deepEqual(done.err.trimEnd().split("\n").sort((a, b) => a.localeCompare(b, "en", { numeric: true })), [
    "snug: bulk.jsonl, 7: a reaction of zoe, who is not among the people, is left out.",
    "snug: bulk.jsonl, 11: its author zoe is not among the people.",
    "snug: bulk.jsonl, 12: the line is no JSON object.",
    "snug: bulk.jsonl, 13: create_at is missing or wrong.",
    "snug: bulk.jsonl, 18: the line is longer than 16 MiB.",
    "snug: bulk.jsonl, 19: edit_at is no time.",
  ]);
  assert.match(done.out, /\(Mattermost\): 2 people, 4 rooms, 5 messages, 0 runs are new\.\nNamed.*: 1 files\.\nLeft out.*: 3 .*\nGot another name.*: 1 people\.\nCould not be taken: 6\.\n/);
  const got = await exported(data);
  assert.deepEqual(of(got, "user").slice(1).map((u) => [u.name, u.display]), [["ada", "Ada"], ["a.very.long.name.that.nobody.wo", "Bo Li"]]);
  assert.deepEqual(of(got, "room").slice(1).map((r) => [r.name ?? r.direct, r.topic, r.private]), [
    ["Town Square", "hello", false],
    ["Lab", "", true],
    [[LONG.slice(0, 31), "ada"], "", true],
    ["ada", "", true],
  ]);
  const messages = of(got, "message");
  assert.deepEqual(messages.map((m) => [m.text, m.time - 1300000000000]), [["first", 1], ["reply", 2], ["first", 3], ["File: a.png", 4], ["psst", 7]]);
  assert.equal(messages[1].reply_to, messages[0].id);
  assert.deepEqual(below(messages), [[`👍 ${LONG.slice(0, 31)} ada`, "🎉 ada"], ["✅ ada"], [], [], []]);
  assert.deepEqual(messages.map((m) => m.edited ?? 0), [0, 0, 1300000000009, 0, 0]);
  assert.ok(of(got, "member").some((m) => m.user === "ada" && m.role === "owner"));
  await run(["import", file, "--data", data], 1);
  assert.deepEqual((await exported(data)).slice(1), got.slice(1), "again adds nothing");
  await checked(data);

  const server = await Server.start({ data });
  await snug(["user", "add", "ada", "--admin", "--password-stdin", "--data", data], { input: `${PASSWORD}\n` });
  const { cookie } = await server.post("session.login", { name: "ada", password: PASSWORD });
  const { rooms } = await server.call("room.list", {}, cookie);
  assert.deepEqual(rooms.filter((room) => room.direct).map((room) => [room.name, room.members]), [["Bo Li", 3]]);
  assert.equal((await server.stop()).code, 0);
});

test("killed in the middle, again goes on, and every message is there once", async () => {
  const count = slow ? 4_000 : 20_000;
  const file = path.join(tempFolder(), "bulk.jsonl");
  const many = Array.from({ length: count }, (_, i) => post(`message ${i}`, 1300000000000 + i, i % 10 ? {} : { reactions: [{ user: "ada", emoji_name: "tada" }] }));
  writeFileSync(file, lines([...mattermost.slice(0, 6), ...many]));
  const data = path.join(tempFolder(), "data");
  let kills = 0;
  for (let wanted = count / 8; wanted < count * 0.9; wanted += count / 4) {
    const child = spawn(BIN, ["import", file, "--data", data], { env: cleanEnvironment(), stdio: "ignore" });
    const ended = once(child, "close");
    for (let there = 0; child.exitCode === null && there < wanted; ) there = Number(await sql({ data }, "SELECT count(*) FROM message;").catch(() => 0));
    child.kill("SIGKILL");
    kills += (await ended)[1] === "SIGKILL";
  }
  assert.ok(kills > 0, "one was killed in the middle");
  const { out } = await run(["import", file, "--data", data]);
  const [, fresh] = out.match(/(\d+) messages, 0 runs are new/);
  const [, already] = out.match(/There already: (\d+)/);
  assert.equal(Number(fresh) + Number(already), count);
  const got = of(await exported(data), "message");
  assert.deepEqual(got.map((m) => m.text), many.map((line) => line.post.message));
  assert.deepEqual(below(got), many.map((_, i) => (i % 10 ? [] : ["🎉 ada"])), "each came with what stood below it");
  await checked(data);
});

test("what is no export is refused in words, and one of a newer Snug too", async () => {
  const folder = tempFolder();
  const data = path.join(tempFolder(), "data");
  const rows = [
    [write(path.join(folder, "empty"), { "a.txt": "" }), /This is no export of Snug, of Slack/],
    [path.join(write(folder, { "zip.zip": "PK\u0003\u0004" }), "zip.zip"), /This is no export/],
    [path.join(write(folder, { "list.json": "[1]" }), "list.json"), /This is no export/],
    [path.join(folder, "none"), /none: No such file or directory/],
    [path.join(write(folder, { "new.jsonl": '{"type":"snug","version":2}\n' }), "new.jsonl"), /A newer Snug wrote this export \(version 2\)\./],
    [path.join(write(folder, { "mm.jsonl": '{"type":"version","version":2}\n' }), "mm.jsonl"), /version of Mattermost's format is not known/],
    [path.join(write(folder, { "cut.jsonl": '{"type":"snug","version":1}\n' }), "cut.jsonl"), /the export breaks off: its last line is missing\./],
  ];
  for (const [file, words] of rows) assert.match((await run(["import", file, "--data", data], 1)).err, words);
  assert.deepEqual(of(await exported(data), "message"), []);
});
