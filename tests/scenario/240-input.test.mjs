// Bad input, everywhere: a clear error that names the field, nothing changed, nothing lost, the connection stays.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { nothingWrong } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, id, good;
const POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

before(async () => {
  server = await startPlace({ config: { limits: { sends: { burst: 0 }, logins: { burst: 0 } } } });
  [ada] = await people(server, ["ada"], { admin: true });
  id = await room(ada, "input");
  const sent = await ada.call("message.send", { room: id, text: "first", key: "first" });
  good = {
    "place.setup": { secret: "x".repeat(22), place: "Place", display: "Eve", password: "long enough for all" },
    "place.join": { code: "x".repeat(22), display: "Eve", password: "long enough for all" },
    "invite.create": {},
    "invite.revoke": { id: "999" },
    "session.login": { name: "ada", password: "not her password" },
    "session.revoke": { id: "999" },
    "user.list": {},
    "user.update": { display: "Ada" },
    "user.password": { old: "not her password", password: "long enough for all" },
    "user.reset": { user: "nobody.here" },
    "user.erase": { user: "nobody.here", messages: "keep" },
    "room.list": {},
    "room.create": { name: "never made" },
    "room.direct": { user: "nobody.here" },
    "room.update": { room: id },
    "room.join": { room: id },
    "room.leave": { room: id },
    "room.members": { room: id },
    "room.prefer": { room: id },
    "room.invite": { room: id, user: "ada" },
    "message.send": { room: id, text: "never sent", key: "never" },
    "file.begin": { name: "never begun", size: 26_214_401, key: "never" },
    "file.drop": { id: "999" },
    "file.list": { room: id },
    "message.edit": { room: id, id: sent.id, text: "never edited" },
    "message.delete": { room: id, id: sent.id },
    "reaction.add": { room: id, id: sent.id, emoji: "👍" },
    "reaction.remove": { room: id, id: sent.id, emoji: "👍" },
    "message.why": { room: id, offset: sent.offset },
    "message.list": { room: id },
    "message.search": { query: "x" },
    "read.mark": { room: id, offset: sent.offset },
    "typing.start": { room: id },
    "push.subscribe": { endpoint: "https://push.example/x", p256dh: POINT, auth: "BTBZMqHH6r4Tts7J_aSIgg" },
    "push.unsubscribe": { endpoint: "https://push.example/x" },
    "push.test": { endpoint: "https://push.example/x" },
    "run.start": { room: id, agent: "nook", text: "never run" },
    "run.stop": { run_id: "A".repeat(26) },
    "run.list": { room: id },
    "connection.list": {},
    "connection.history": {},
    "connection.wait": { user: "nobody", timeout_ms: 1 },
    "manager.list": {},
    "place.announce": { text: "to all" },
    "place.update": {},
    "place.preview": {},
    "metrics.query": {},
  };
});

/** What is wrong for each type: text with its longest length, whole numbers with their bounds, ids, switches. */
const text = (max) => [5, null, true, {}, ["a"], "", "   ", "\u0000", "a\u0000b", "x".repeat(max + 1)];
const optionalText = (max) => [5, null, true, {}, "a\u0000b", "x".repeat(max + 1)];
const raw = (max) => [5, null, true, {}, "", "a\tb", "a\nb", "x".repeat(max + 1)];
const int = (min, max) => ["5", null, true, {}, 1.5, min - 1, ...(max < Number.MAX_SAFE_INTEGER ? [max + 1] : []), 1e30];
const id42 = [null, true, {}, "0", "01", "-1", "+1", " 1", "1 ", "x", "1.0", "9223372036854775808", 1.5, -1, 0];
const bool = ["true", 1, 0, null, {}];
const OFFSET = int(0, Number.MAX_SAFE_INTEGER);

/** [method, field, wrong values, required] */
const table = [
  ["place.setup", "secret", text(100), true],
  ["place.setup", "place", text(80), true],
  ["place.setup", "display", text(80), true],
  ["place.setup", "password", [5, null, "x".repeat(801)], true],
  ["place.setup", "name", [5, null, "x".repeat(33)], false],
  ["place.join", "code", text(100), true],
  ["place.join", "display", text(80), true],
  ["place.join", "password", [5, null, "", "x".repeat(11)], true],
  ["place.join", "name", [5, null, "a b", "-a", "x".repeat(33)], false],
  ["invite.create", "uses", int(1, 100), false],
  ["invite.create", "ttl_s", int(1, 366 * 24 * 3600), false],
  ["invite.revoke", "id", id42, true],
  ["session.login", "name", text(80), true],
  ["session.login", "password", [5, null, "", {}], true],
  ["session.login", "stay", bool, false],
  ["session.revoke", "id", id42, true],
  ["user.list", "limit", int(1, 500), false],
  ["user.list", "after", id42, false],
  ["user.update", "display", [...text(80), "two\nlines"], true],
  ["user.update", "user", text(80), false],
  ["user.password", "old", [5, null, "", {}, "x".repeat(801)], true],
  ["user.password", "password", [5, null, "", {}, "x".repeat(11), "x".repeat(201)], true],
  ["user.reset", "user", text(80), true],
  ["user.reset", "password", [5, null, "", {}, "x".repeat(11), "x".repeat(201)], false],
  ["user.erase", "user", text(80), true],
  ["user.erase", "messages", [...text(8), "both", "Keep"], true],
  ["room.list", "joinable", bool, false],
  ["room.create", "name", [...text(80), "two\nlines"], true],
  ["room.create", "private", bool, false],
  ["room.create", "topic", optionalText(250), false],
  ["room.update", "room", id42, true],
  ["room.direct", "user", text(80), true],
  ["room.update", "name", [...text(80), "two\nlines"], false],
  ["room.update", "topic", optionalText(250), false],
  ["room.update", "private", bool, false],
  ["room.update", "keep_days", int(0, 36500), false],
  ["room.update", "keep_messages", int(0, 1e9), false],
  ["room.join", "room", id42, true],
  ["room.leave", "room", id42, true],
  ["room.members", "room", id42, true],
  ["room.prefer", "room", id42, true],
  ["room.prefer", "muted", bool, false],
  ["room.prefer", "favourite", bool, false],
  ["room.invite", "room", id42, true],
  ["room.invite", "user", text(80), true],
  ["message.send", "room", id42, true],
  ["message.send", "text", [...text(16000), "ä".repeat(16001), "\u0001".repeat(9000)], true],
  ["message.send", "key", [...raw(64), "ä".repeat(33)], true],
  ["message.send", "reply_to", id42.filter((v) => v !== ""), false],
  ["message.send", "files", ["1", 5, null, {}, [5], [null], [""], ["x"], ["0"], ["999"], ["1", "1"], Array(11).fill("1")], false],
  ["file.begin", "name", [...text(200), "two\nlines", "a/b", "a\\b", "a\u0085b", "\u2028"], true],
  ["file.begin", "size", int(0, 2 ** 50), true],
  ["file.begin", "key", [...raw(64), "ä".repeat(33)], true],
  ["file.drop", "id", id42, true],
  ["file.list", "room", id42, true],
  ["file.list", "before", id42, false],
  ["file.list", "limit", int(1, 200), false],
  ["message.edit", "room", id42, true],
  ["message.edit", "id", id42, true],
  ["message.edit", "text", text(16000), true],
  ["message.delete", "room", id42, true],
  ["message.delete", "id", id42, true],
  ...["reaction.add", "reaction.remove"].flatMap((method) => [
    [method, "room", id42, true],
    [method, "id", id42, true],
    [method, "emoji", [...text(16), "a", ":+1:", "👍👍", "👍 !", "👩‍", "🇩"], true],
  ]),
  ["message.why", "room", id42, true],
  ["message.why", "offset", int(1, Number.MAX_SAFE_INTEGER), true],
  ["message.why", "user", id42, false],
  ["message.list", "room", id42, true],
  ["message.list", "before", OFFSET, false],
  ["message.list", "after", OFFSET, false],
  ["message.list", "around", OFFSET, false],
  ["message.list", "limit", int(1, 200), false],
  ["message.search", "query", text(500), true],
  ["message.search", "room", id42, false],
  ["message.search", "order", [5, null, "", "best", "x".repeat(9)], false],
  ["message.search", "cursor", [5, null, "", "5", "t0", "r1", "x".repeat(49)], false],
  ["message.search", "zone", int(-840, 840), false],
  ["message.search", "limit", int(1, 200), false],
  ["read.mark", "room", id42, true],
  ["read.mark", "offset", OFFSET, true],
  ["typing.start", "room", id42, true],
  ["push.subscribe", "endpoint", [...raw(2000), "push.example", "http://push.example/x", "https://", "file:///etc/hostname", "javascript:alert(1)",
    "https://me@push.example/", "https://me:secret@push.example/", "https://push.example/#x", "https://push example/", `https://${"a".repeat(300)}/`], true],
  ["push.subscribe", "p256dh", [...raw(200), "!", `${POINT}=`, `${POINT}AA`, POINT.slice(0, -4), `A${POINT.slice(1)}`, POINT.replace(/4$/, "8"), "B".repeat(87)], true],
  ["push.subscribe", "auth", [...raw(100), "!", "BTBZMqHH6r4Tts7J_aSI", "BTBZMqHH6r4Tts7J_aSIggA", "BTBZMqHH6r4Tts7J_aSIg+", "BTBZMqHH6r4Tts7J_aSIgg=="], true],
  ...["push.unsubscribe", "push.test"].map((method) => [method, "endpoint", raw(2000), true]),
  ["run.start", "room", id42, true],
  ["run.start", "agent", text(80), true],
  ["run.start", "text", text(4000), true],
  ["run.stop", "run_id", text(64), true],
  ["run.list", "room", id42, true],
  ["run.list", "limit", int(1, 200), false],
  ["connection.list", "user", id42, false],
  ["connection.list", "limit", int(1, 500), false],
  ["connection.list", "room", id42, false],
  ["connection.list", "after", [5, null, "x".repeat(37)], false],
  ["connection.history", "user", id42, false],
  ["connection.history", "code", ["3008", null, 1.5, -1], false],
  ["connection.history", "since", ["1", null, 1.5, -1], false],
  ["connection.history", "until", ["1", null, 1.5, -1], false],
  ["connection.history", "before", ["1", null, 1.5, -1], false],
  ["connection.history", "limit", int(1, 500), false],
  ["connection.wait", "user", text(250), true],
  ["connection.wait", "timeout_ms", int(1, 20000), false],
  ["manager.list", "limit", int(1, 500), false],
  ["manager.list", "after", id42, false],
  ["place.announce", "text", text(1000), true],
  ["place.announce", "except", ["42", 5, null, {}, [5], [null], Array(1001).fill("1")], false],
  ...["place.update", "place.preview"].flatMap((method) => [
    [method, "keep_days", int(0, 36500), false],
    [method, "keep_messages", int(0, 1e9), false],
    [method, "keep_bytes", [...int(0, 2 ** 50), 1, 2 ** 20 - 1], false],
  ]),
  ["metrics.query", "names", ["rss_bytes", 5, null, {}, [5], [null], ["no such name"]], false],
  ["metrics.query", "since", ["1", null, 1.5, -1], false],
  ["metrics.query", "until", ["1", null, 1.5, -1], false],
  ["metrics.query", "step_s", ["10", null, 7, 0, -10, 11], false],
];

const show = (value) => JSON.stringify(value).slice(0, 40);

/** All that a bad call could have changed. */
async function state() {
  const { messages, offset } = await ada.call("message.list", { room: id });
  const { rooms } = await ada.call("room.list");
  return JSON.stringify([
    messages,
    offset,
    rooms,
    (await ada.call("room.members", { room: id })).members.map((m) => [m.user.id, m.role]),
    (await ada.call("run.list", { room: id })).runs,
    (await ada.call("user.list")).users,
    (await ada.call("invite.list")).invites,
    await ada.call("place.get"),
    (await ada.call("push.get")).subscriptions,
  ]);
}

test("S38 each parameter of each method, wrong in every way, is 107 with its name; the connection stays, nothing changes", async (t) => {
  const before = await state();
  const wire = await Wire.connect(server.url, { token: ada.token });
  const client = wire.welcome.client;
  const wrong = [];
  let tried = 0;
  for (const [method, field, values, required] of table) {
    const calls = values.map((value) => ({ ...good[method], [field]: value }));
    if (required) {
      const { [field]: _, ...without } = good[method];
      calls.push(without);
    }
    for (const params of calls) {
      tried += 1;
      const what = `${method} ${field}=${show(params[field] ?? "(missing)")}`;
      const { status, error, result } = await ada.post(method, params);
      if (status !== 400 || error?.code !== 107 || error.field !== field) wrong.push(`${what}: ${status} ${JSON.stringify(error ?? result).slice(0, 100)}`);
      else if (!error.message.includes(field)) wrong.push(`${what}: the sentence does not name the field: ${error.message}`);
      if (tried % 5) continue; // and by the other door
      const reply = await wire.rpc(method, params);
      if (reply.error?.code !== 107 || !reply.error.message.includes(field)) wrong.push(`${what}: WebSocket ${JSON.stringify(reply).slice(0, 100)}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.equal(wire.ended, null);
  assert.equal(wire.welcome.client, client);
  assert.equal(await state(), before, "nothing changed");
  await wire.close();
  t.diagnostic(`${tried} bad calls`);
});

test("the table of wrong input knows every method that /docs lists", async () => {
  const none = ["place.get", "session.logout", "session.list", "user.me", "invite.list", "push.get"]; // take nothing
  const docs = await (await fetch(`${server.url}/docs`)).text();
  const section = docs.slice(docs.indexOf('<section id="methods">'), docs.indexOf('<section id="files">'));
  const listed = [...section.matchAll(/<tr><td><code>([a-z]+\.[a-z]+)</g)].map(([, method]) => method);
  assert.ok(listed.length > 30, `${listed.length} methods`);
  const named = new Set(table.map(([method]) => method));
  assert.deepEqual([...named, ...none].sort(), listed.sort());
  assert.deepEqual(Object.keys(good).sort(), [...named].sort());
});

test("parameters that are no object are 107 on both doors, and the next call works", async () => {
  const wire = await Wire.connect(server.url, { token: ada.token });
  for (const body of ["[]", "5", '"x"', "null", "true"]) {
    const answer = await server.request("/rpc/user.me", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${ada.token}` },
      body,
    });
    assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [400, 107], body);
    assert.equal((await wire.rpc("user.me", JSON.parse(body))).error.code, 107, body);
  }
  for (const body of ["{", "{}x", '{"a":}', '{"room":1,}', "\ufeff{}", `${'{"a":'.repeat(40)}1${"}".repeat(40)}`]) {
    const answer = await server.request("/rpc/user.me", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${ada.token}` },
      body: Buffer.from(body),
    });
    assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [400, 107], body);
  }
  assert.ok((await wire.rpc("user.me")).result.user);
  await wire.close();
});

test("a parameter given twice is 107, unknown ones are ignored, and ids may be numbers", async () => {
  const twice = await server.request("/rpc/room.members", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${ada.token}` },
    body: `{"room":"${id}","room":"1"}`,
  });
  assert.deepEqual([twice.status, JSON.parse(twice.body).error.field], [400, "room"]);
  const unknown = await ada.call("room.members", { room: id, future: [1], rooms: "x" });
  assert.ok(unknown.members.length > 0);
  const byNumber = await ada.call("room.members", { room: Number(id) });
  assert.deepEqual(byNumber.members.map((m) => m.user), unknown.members.map((m) => m.user));
});

test("texts at their limits pass, in characters and bytes", async () => {
  const sizes = [
    ["one character", "x"],
    ["16,000 characters", "x".repeat(16_000)],
    ["16,000 characters of two bytes", "ä".repeat(16_000)],
    ["12,000 emoji", "🎈".repeat(11_990)],
  ];
  for (const [what, body] of sizes) {
    const sent = await ada.call("message.send", { room: id, text: body, key: what });
    const { messages } = await ada.call("message.list", { room: id, around: sent.offset, limit: 1 });
    assert.equal(messages[0].text, body, what);
  }
  const over = await ada.post("message.send", { room: id, text: "🎈".repeat(12_001), key: "over" });
  assert.deepEqual([over.status, over.error.code, over.error.field], [400, 107, "text"], "more than 48,000 bytes");
  for (const key of ["k", "x".repeat(64), "ä".repeat(32), "🎈 ü / \\ \" '"]) assert.ok((await ada.call("message.send", { room: id, text: "key", key })).id, key);
  for (const name of ["x", "ä".repeat(80)]) assert.equal((await ada.call("room.create", { name })).room.name, name);
  await nothingWrong(server.url);
});
