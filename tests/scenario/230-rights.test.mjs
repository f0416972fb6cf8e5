// Who may do what: every method by every role over HTTP, on a private and on an open room. SHAPES.md, Methods.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { nothingWrong } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";

const ROLES = ["admin", "boss", "owner", "member", "stranger", "nobody"]; // admin is in the rooms, boss is an admin who is not
let server, by, hidden, open, fresh;
const messages = {}; // one in each room

before(async () => {
  server = await startPlace();
  const [admin, boss] = await people(server, ["admin", "boss"], { admin: true });
  const [owner, member, stranger, guest] = await people(server, ["owner", "member", "stranger", "guest"]);
  await people(server, ["leaver"]); // is erased, by one admin and then the other: the second time changes nothing
  const nobody = { id: "0", post: (method, params) => server.post(method, params) };
  by = { admin, boss, owner, member, stranger, nobody, guest };
  hidden = await room(owner, "hidden", [member, admin]);
  open = await room(owner, "open", [member, admin], { private: false });
  for (const where of [hidden, open]) messages[where] = (await owner.call("message.send", { room: where, text: "first", key: where })).id;
  fresh = 0;
});

/** Expected, in the order of ROLES: + allowed, - 103, 0 not logged in (101). */
const EVERYBODY = "++++++";
const USERS = "+++++0";
const ADMINS = "++---0";
const MEMBERS = "+-++-0";
const OWNERS = "+-+--0";

/** [method, parameters of a call by `role`, who may]; each call is its own. */
const inRoom = (where) => [
  ["room.members", () => ({ room: where }), MEMBERS],
  ["message.list", () => ({ room: where }), MEMBERS],
  ["message.send", (role) => ({ room: where, text: `by ${role}`, key: `k${++fresh}` }), MEMBERS],
  ["message.search", () => ({ query: "words", room: where }), MEMBERS],
  ["file.list", () => ({ room: where }), MEMBERS],
  ["reaction.add", () => ({ room: where, id: messages[where], emoji: "👍" }), MEMBERS],
  ["reaction.remove", () => ({ room: where, id: messages[where], emoji: "👍" }), MEMBERS],
  ["read.mark", () => ({ room: where, offset: 1 }), MEMBERS],
  ["typing.start", () => ({ room: where }), MEMBERS],
  ["run.list", () => ({ room: where }), MEMBERS],
  ["run.start", () => ({ room: where, agent: "nook", text: "who is here" }), MEMBERS],
  ["room.invite", () => ({ room: where, user: "guest" }), MEMBERS],
  ["room.update", (role) => ({ room: where, topic: `by ${role}` }), OWNERS],
];

const anywhere = [
  ["place.get", () => ({}), EVERYBODY],
  ["user.me", () => ({}), USERS],
  ["user.list", () => ({}), USERS],
  ["session.list", () => ({}), USERS],
  ["room.list", () => ({ joinable: true }), USERS],
  ["room.create", (role) => ({ name: `room of ${role}` }), USERS],
  ["message.search", () => ({ query: "words" }), USERS],
  ["room.direct", () => ({ user: "guest" }), USERS],
  ["file.begin", (role) => ({ name: role, size: 1, key: "once" }), USERS],
  ["file.drop", () => ({ id: "1" }), "+----0"], // the first one is the admin's
  ["connection.list", () => ({}), USERS],
  ["connection.history", () => ({}), USERS],
  ["connection.list", () => ({ user: by.owner.id }), "+++--0"],
  ["connection.history", () => ({ user: by.owner.id }), "+++--0"],
  ["invite.create", () => ({ uses: 1 }), ADMINS],
  ["invite.list", () => ({}), ADMINS],
  ["place.update", () => ({ keep_days: 0 }), ADMINS],
  ["place.preview", () => ({ keep_days: 1 }), ADMINS],
  ["user.reset", () => ({ user: "guest" }), ADMINS],
  ["user.erase", () => ({ user: "leaver", messages: "keep" }), ADMINS],
  ["manager.list", () => ({}), ADMINS],
  ["place.announce", () => ({ text: "to all" }), ADMINS],
  ["metrics.query", () => ({}), ADMINS],
];

async function tried([method, params, allowed]) {
  let got = "";
  for (const role of ROLES) {
    const { status, error } = await by[role].post(method, params(role));
    if (status === 200) got += "+";
    else if (status === 403 && error.code === 103) got += "-";
    else if (status === 401 && error.code === 101) got += "0";
    else got += `(${status} ${error.code})`;
  }
  assert.equal(got, allowed, `${method} ${JSON.stringify(params("x"))} by ${ROLES.join(", ")}`);
}

test("every method that needs no room answers exactly those who may", async () => {
  for (const one of anywhere) await tried(one);
});

test("every method of a private room answers exactly those who may", async () => {
  for (const one of inRoom(hidden)) await tried(one);
});

test("an open room is read and written by its members alone, too, and joined by everybody", async () => {
  for (const one of inRoom(open)) await tried(one);
  const { rooms } = await by.stranger.call("room.list", { joinable: true });
  const line = rooms.find((r) => r.id === open);
  assert.equal(line.joined, false);
  assert.deepEqual([line.offset, line.epoch, line.read, line.unread, line.mentions, line.last_time], [0, "", 0, 0, 0, 0], "no counts for who is not in it");
  assert.ok(!rooms.some((r) => r.id === hidden));
  const joined = await by.stranger.call("room.join", { room: open });
  assert.equal(joined.room.joined, true);
  const members = async () => (await by.owner.call("room.members", { room: open })).members.map((m) => [m.user.name, m.role]);
  const once = await members();
  assert.deepEqual(await by.stranger.call("room.join", { room: open }), joined, "joining twice is no change");
  assert.deepEqual(await members(), once);
  assert.deepEqual(once.find(([name]) => name === "owner"), ["owner", "owner"]);
  assert.deepEqual(once.find(([name]) => name === "stranger"), ["stranger", "member"]);
  assert.ok(once.some(([name]) => name === "nook"), "Nook is in every room");
  const top = (await by.owner.call("message.list", { room: open })).offset;
  await by.stranger.call("room.leave", { room: open });
  await by.stranger.call("room.leave", { room: open });
  assert.equal((await by.owner.call("message.list", { room: open })).offset, top + 1, "leaving twice is one event");
  assert.equal((await by.stranger.post("message.list", { room: open })).status, 403);
});

test("only who may makes an open room private, and it is gone for the others at once", async () => {
  assert.equal((await by.member.post("room.update", { room: open, private: true })).status, 403);
  assert.equal((await by.owner.call("room.update", { room: open, private: true })).room.private, true);
  assert.equal((await by.stranger.post("room.join", { room: open })).status, 403);
  assert.ok(!(await by.stranger.call("room.list", { joinable: true })).rooms.some((r) => r.id === open));
});

test("the maker of a room is its owner, and Nook is in it from its creation", async () => {
  const { id, room: made } = await by.stranger.call("room.create", { name: "mine", private: true, topic: "t" });
  assert.deepEqual([made.id, made.name, made.topic, made.private, made.joined, made.members], [id, "mine", "t", true, true, 2]);
  const { members } = await by.stranger.call("room.members", { room: id });
  assert.deepEqual(members.map((m) => [m.user.name, m.role, m.here]).sort(), [["nook", "member", true], ["stranger", "owner", false]]);
});

test("a run may be stopped by who started it and by owners, not by other members", async () => {
  const busy = await room(by.owner, "runs", [by.member, by.stranger]);
  const start = async (who) => (await who.call("run.start", { room: busy, agent: "nook", text: "find something" })).run_id;
  const stop = async (who, run_id) => (await who.post("run.stop", { run_id })).error?.code ?? 0;
  for (let i = 0; i < 5; i++) {
    const run = await start(by.member);
    assert.equal(await stop(by.stranger, run), 103, "another member, running or over");
    assert.equal(await stop(by.nobody, run), 101);
    assert.ok([0, 400].includes(await stop([by.member, by.owner][i % 2], run)), "its starter and the owner: stopped, or just over");
    assert.equal(await stop(by.member, run), 400, "over is over");
  }
  await nothingWrong(server.url);
});
