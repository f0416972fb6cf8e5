// Two people in a room: what each is told, in which order, and what history answers. SHAPES.md, Channels and Methods.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, follow, nothingWrong, refused, rpc, send, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, bob, eve;

before(async () => {
  server = await startPlace();
  [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
});

const author = (p) => ({ id: p.id, name: p.name, display: p.user.display, role: p.user.role });

/** A client whose events of its own channel are kept. */
async function watched(person) {
  const c = await connected(server.url, { token: person.token });
  c.told = [];
  c.on("publication", (ctx) => ctx.channel === `user:${person.id}` && c.told.push({ ...ctx.data, at: ctx.offset }));
  c.told.of = (type) => c.told.filter((e) => e.type === type);
  return c;
}

test("a message reaches everybody in the room after its commit, exactly as it is listed", async () => {
  const id = await room(ada, "shape", [bob]);
  const a = await connected(server.url, { token: ada.token });
  const b = await connected(server.url, { token: bob.token });
  const log = await follow(b, id);
  const began = Date.now();
  const ack = await send(a, id, "  Hello *there*\r\nsecond line 🎈 \n", "key ä 1");
  await until("bob has it", () => log.messages().length === 1);
  const [message] = log.messages();
  assert.deepEqual(message, {
    id: ack.id,
    room: id,
    offset: ack.offset,
    author: author(ada),
    text: "Hello *there*\nsecond line 🎈",
    time: ack.time,
    key: "key ä 1",
    reply_to: "",
  });
  assert.equal(log.events[0].offset, ack.offset);
  assert.ok(Math.abs(ack.time - began) < 60_000);
  assert.deepEqual((await bob.call("message.list", { room: id })).messages, [message]);
  const { messages } = await bob.call("message.search", { query: "there" });
  const { marks, ...found } = messages[0];
  assert.deepEqual(found, message);
  assert.deepEqual(marks, [[7, 5]]);
  const reply = await send(b, id, "yes", "r1");
  assert.ok(reply.offset > ack.offset);
  const answer = await bob.call("message.send", { room: id, text: "to that", key: "r2", reply_to: ack.id });
  const last = (await ada.call("message.list", { room: id })).messages.at(-1);
  assert.equal(last.reply_to, ack.id);
  assert.equal(last.id, answer.id);
});

test("S40 a sender that is forged stays the true one", async () => {
  const id = await room(ada, "forged", [bob]);
  const b = await connected(server.url, { token: bob.token });
  const log = await follow(b, id);
  await rpc(b, "message.send", { room: id, text: "I am Ada", key: "f", author: author(ada), author_id: ada.id, user: ada.id, id: "1", offset: 1, time: 5, type: "x" });
  await until("it came", () => log.messages().length === 1);
  assert.deepEqual(log.messages()[0].author, author(bob));
  assert.ok(log.messages()[0].time > 1_600_000_000_000);
});

test("the same key gives the first result: again, on another line, by HTTP, in flight, after kill -9", async () => {
  const id = await room(ada, "keys", [bob]);
  const one = await Wire.connect(server.url, { token: ada.token });
  const two = await Wire.connect(server.url, { token: ada.token });
  const first = await one.rpc("message.send", { room: id, text: "once", key: "same" });
  assert.deepEqual(await one.rpc("message.send", { room: id, text: "once", key: "same" }), first, "the same line");
  assert.deepEqual(await two.rpc("message.send", { room: id, text: "other words", key: "same" }), first, "another line");
  assert.deepEqual(await ada.call("message.send", { room: id, text: "by HTTP", key: "same" }), first.result);

  const flying = [];
  for (let i = 0; i < 20; i++) flying.push([one, two][i % 2].rpc("message.send", { room: id, text: `try ${i}`, key: "flying" }));
  const results = (await Promise.all(flying)).map((r) => r.result);
  for (const result of results) assert.deepEqual(result, results[0], "while the first is in flight");

  const bobs = await bob.call("message.send", { room: id, text: "mine", key: "same" });
  assert.notEqual(bobs.id, first.result.id, "the same key of another author is another message");
  const listed = (await ada.call("message.list", { room: id })).messages;
  assert.deepEqual(listed.map((m) => m.key), ["same", "flying", "same"]);
  assert.deepEqual([listed[0].text, listed[2].text], ["once", "mine"]);

  await server.kill();
  await server.restart();
  const back = await Wire.connect(server.url, { token: ada.token });
  assert.deepEqual((await back.rpc("message.send", { room: id, text: "again", key: "same" })).result, first.result, "after a restart");
  assert.deepEqual((await back.rpc("message.send", { room: id, text: "again", key: "flying" })).result, results[0]);
  assert.deepEqual((await ada.call("message.list", { room: id })).messages, listed);
  const elsewhere = await room(ada, "elsewhere");
  const moved = await back.rpc("message.send", { room: elsewhere, text: "again", key: "same" });
  assert.deepEqual(moved.result, first.result, "whatever the rest says");
});

test("presence tells who is in the room, and each join and leave comes to the other", async () => {
  const id = await room(ada, "presence", [bob]);
  const a = await connected(server.url, { token: ada.token });
  const log = await follow(a, id, { joinLeave: true });
  const seen = [];
  log.sub.on("join", (ctx) => seen.push(["join", ctx.info.user, ctx.info.client]));
  log.sub.on("leave", (ctx) => seen.push(["leave", ctx.info.user, ctx.info.client]));
  const b = await Wire.connect(server.url, { token: bob.token });
  await b.ask("subscribe", { channel: `room:${id}` });
  const b2 = await Wire.connect(server.url, { token: bob.token });
  await b2.ask("subscribe", { channel: `room:${id}` });
  const joined = (wire) => seen.some(([what, user, c]) => what === "join" && user === bob.id && c === wire.welcome.client);
  const left = (wire) => seen.some(([what, user, c]) => what === "leave" && user === bob.id && c === wire.welcome.client);
  await until("both joins", () => joined(b) && joined(b2));
  const { clients } = await log.sub.presence();
  assert.equal(Object.keys(clients).length, 3);
  const info = { name: "bob", display: bob.user.display, role: "member" };
  assert.deepEqual(clients[b.welcome.client].connInfo, info);
  const raw = (await b.ask("presence", { channel: `room:${id}` })).presence.presence;
  assert.deepEqual(raw[b2.welcome.client], { user: bob.id, client: b2.welcome.client, conn_info: info });
  assert.deepEqual(await log.sub.presenceStats(), { numClients: 3, numUsers: 2 });
  await b.ask("unsubscribe", { channel: `room:${id}` });
  await until("leave by unsubscribing", () => left(b));
  b2.socket.terminate();
  await until("leave by a lost line", () => left(b2));
  await until("presence agrees", async () => Object.keys((await log.sub.presence()).clients).length === 1);
  assert.deepEqual(log.faults, []);
});

test("S39 typing is told to the others, not stored, at most once in two seconds, and ends by itself", async () => {
  const quick = await startPlace({ config: { typing: "1s" } });
  const [dan, fay] = await people(quick, ["dan", "fay"]);
  const id = await room(dan, "typing", [fay]);
  const d = await connected(quick.url, { token: dan.token });
  const f = await connected(quick.url, { token: fay.token });
  const log = await follow(f, id);
  const top = log.top;
  for (let i = 0; i < 5; i++) await rpc(d, "typing.start", { room: id });
  await until("begin", () => log.passing.some((e) => e.type === "typing" && e.until > 0));
  await until("end", () => log.passing.some((e) => e.type === "typing" && e.until === 0));
  const events = log.passing.filter((e) => e.type === "typing");
  assert.equal(events.length, 2, JSON.stringify(events));
  assert.deepEqual(events[0].user, author(dan));
  assert.ok(events[0].until <= Date.now() + 1000);
  const history = await log.sub.history({ limit: 100 });
  assert.equal(history.offset, top);
  assert.ok(history.publications.every((p) => p.data.type !== "typing"));
  assert.deepEqual(log.faults, []);
});

test("one's own channel tells rooms, unread counts and read marks on every tab", async () => {
  const b = await watched(bob);
  const b2 = await watched(bob);
  const id = await room(ada, "events");
  await ada.call("room.invite", { room: id, user: "bob" });
  const added = await until("room_added", () => b.told.of("room_added").find((e) => e.room.id === id));
  assert.deepEqual(Object.keys(added.room).sort(), ["created", "epoch", "favourite", "id", "joined", "last_time", "members", "mentions", "muted", "name", "offset", "private", "read", "topic", "unread"]);
  assert.ok(added.room.joined && added.room.private && added.room.name === "events");
  const ack = await ada.call("message.send", { room: id, text: "@bob look, and x@bob not", key: "e1" });
  const unread = await until("unread", () => b.told.of("unread").find((e) => e.room === id && e.unread === 1));
  assert.equal(unread.mentions, 1);
  assert.equal(unread.last_time, ack.time);
  assert.equal(unread.offset, ack.offset);
  const marked = await bob.call("read.mark", { room: id, offset: ack.offset });
  assert.deepEqual(marked, { read: ack.offset, unread: 0, mentions: 0 });
  const read = await until("read on the other tab", () => b2.told.of("read").find((e) => e.room === id));
  assert.deepEqual([read.read, read.unread, read.mentions], [ack.offset, 0, 0]);
  assert.deepEqual(await bob.call("read.mark", { room: id, offset: 1 }), marked, "never moves back");
  await ada.call("room.update", { room: id, topic: "new topic" });
  const changed = await until("room_changed", () => b.told.of("room_changed").find((e) => e.room.id === id));
  assert.deepEqual(changed.room, { id, name: "events", topic: "new topic", private: true });
  await bob.call("room.leave", { room: id });
  await until("room_removed", () => b.told.of("room_removed").find((e) => e.id === id));
  for (const c of [b, b2]) {
    const offsets = c.told.map((e) => e.at);
    assert.deepEqual(offsets, offsets.map((_, i) => offsets[0] + i), `own offsets rise by 1: ${JSON.stringify(c.told)}`);
  }
});

test("who loses the membership is unsubscribed with 2000, gets nothing more, and then 103", async () => {
  const id = await room(ada, "leaving", [bob]);
  const wire = await Wire.connect(server.url, { token: bob.token });
  await wire.ask("subscribe", { channel: `room:${id}` });
  await ada.call("message.send", { room: id, text: "before", key: "l1" });
  await wire.push("before", (p) => p.pub?.data.message?.text === "before");
  await bob.call("room.leave", { room: id });
  const end = await wire.push("unsubscribe", (p) => p.unsubscribe);
  assert.equal(end.unsubscribe.code, 2000);
  assert.equal(end.channel, `room:${id}`);
  await ada.call("message.send", { room: id, text: "after", key: "l2" });
  assert.equal((await wire.ask("subscribe", { channel: `room:${id}` })).error.code, 103);
  assert.equal((await wire.ask("history", { channel: `room:${id}` })).error.code, 103);
  assert.ok(!wire.pushes.some((p) => p.pub?.data.message?.text === "after"));
  await ada.call("room.invite", { room: id, user: bob.id });
  const again = await wire.ask("subscribe", { channel: `room:${id}`, recover: true, offset: 1, epoch: (await bob.call("message.list", { room: id })).epoch });
  assert.equal(again.subscribe.recovered, true, "back in, everything is there again");
});

test("history answers forward, backward, by pages, only the position, and refuses a foreign epoch", async () => {
  const id = await room(ada, "history", [bob]);
  for (let i = 0; i < 30; i++) await ada.call("message.send", { room: id, text: `m${i}`, key: `h${i}` });
  const wire = await Wire.connect(server.url, { token: bob.token });
  const channel = `room:${id}`;
  const history = async (params) => (await wire.ask("history", { channel, ...params })).history;
  const offsets = (h) => (h.publications ?? []).map((p) => p.offset);
  const { epoch, offset: top } = await history({ limit: 0 });
  assert.equal(top, 31, "one member_joined and 30 messages");
  assert.deepEqual(await history({}), { epoch, offset: top }, "no limit is only the position");
  const all = await history({ limit: -1 });
  assert.deepEqual(offsets(all), Array.from({ length: top }, (_, i) => i + 1));
  assert.equal(all.epoch, epoch);
  assert.equal(all.publications[0].data.type, "member_joined");
  assert.ok(all.publications.every((p) => p.time > 0 && p.info === undefined));
  assert.deepEqual(offsets(await history({ limit: 3 })), [1, 2, 3]);
  assert.deepEqual(offsets(await history({ limit: 3, since: { offset: 10, epoch } })), [11, 12, 13]);
  assert.deepEqual(offsets(await history({ limit: 3, reverse: true })), [31, 30, 29]);
  assert.deepEqual(offsets(await history({ limit: 3, since: { offset: 10, epoch }, reverse: true })), [9, 8, 7]);
  assert.deepEqual(offsets(await history({ limit: 3, since: { offset: 2, epoch }, reverse: true })), [1]);
  assert.deepEqual(offsets(await history({ limit: 3, since: { offset: 1, epoch }, reverse: true })), []);
  assert.deepEqual(offsets(await history({ limit: 5, since: { offset: top, epoch } })), []);
  assert.equal((await history({ limit: 3, since: { offset: top, epoch } })).offset, top, "the top in every answer");
  assert.equal((await wire.ask("history", { channel, limit: 3, since: { offset: 1, epoch: "other" } })).error.code, 112);
  const c = await connected(server.url, { token: bob.token });
  const error = await refused(c.history(channel, { limit: 3, since: { offset: 1, epoch: "other" } }));
  assert.equal(error.code, 112);
  const pages = [];
  for (let at = 0; at < top; ) {
    const page = await history({ limit: 7, since: { offset: at, epoch } });
    pages.push(...offsets(page));
    at = page.publications.at(-1).offset;
  }
  assert.deepEqual(pages, offsets(all));
});

test("a history page is bounded by publications and bytes, and reading on gives the rest", async () => {
  const id = await room(ada, "long", [bob]);
  const text = "x".repeat(16_000);
  await Promise.all(Array.from({ length: 45 }, (_, i) => ada.call("message.send", { room: id, text, key: `b${i}` })));
  const wire = await Wire.connect(server.url, { token: bob.token });
  const first = (await wire.ask("history", { channel: `room:${id}`, limit: -1 })).history;
  const bytes = wire.messages.at(-1).length;
  assert.ok(bytes <= 600 * 1024, `${bytes} bytes in a reply`);
  assert.ok(first.publications.length < 46 && first.publications.length > 10, `${first.publications.length}`);
  const rest = (await wire.ask("history", { channel: `room:${id}`, limit: -1, since: { offset: first.publications.at(-1).offset, epoch: first.epoch } })).history;
  assert.equal(first.publications.length + rest.publications.length, 46);
  const page = await bob.call("message.list", { room: id, limit: 200 });
  assert.ok(JSON.stringify(page).length <= 600 * 1024);
  assert.equal(page.more, true);
});

test("message.list pages before, after and around an offset, oldest first", async () => {
  const id = await room(ada, "pages", [bob]);
  const sent = [];
  for (let i = 0; i < 25; i++) sent.push((await ada.call("message.send", { room: id, text: `p${i}`, key: `p${i}` })).offset);
  const list = async (params) => {
    const { messages, more, offset, epoch } = await bob.call("message.list", { room: id, ...params });
    assert.ok(epoch && offset === sent.at(-1));
    return [messages.map((m) => m.offset), more];
  };
  assert.deepEqual(await list({}), [sent, false]);
  assert.deepEqual(await list({ limit: 5 }), [sent.slice(-5), true]);
  assert.deepEqual(await list({ limit: 5, before: sent[20] }), [sent.slice(15, 20), true]);
  assert.deepEqual(await list({ limit: 5, before: sent[3] }), [sent.slice(0, 3), false]);
  assert.deepEqual(await list({ limit: 5, after: 0 }), [sent.slice(0, 5), true]);
  assert.deepEqual(await list({ limit: 5, after: sent[21] }), [sent.slice(22), false]);
  const [around] = await list({ limit: 5, around: sent[10] });
  assert.ok(around.includes(sent[10]) && around.length <= 5);
  assert.deepEqual(around, sent.slice(sent.indexOf(around[0]), sent.indexOf(around[0]) + around.length));
  const both = await bob.post("message.list", { room: id, before: 3, after: 1 });
  assert.equal(both.error?.code, 107);
});

test("a search sees a message that was acknowledged a moment ago, in own rooms only", async () => {
  const open = await room(ada, "searched", [bob]);
  const closed = await room(ada, "hidden");
  for (let i = 0; i < 5; i++) {
    const word = `quokka${i}`;
    await ada.call("message.send", { room: open, text: `a ${word} here`, key: `s${i}` });
    assert.equal((await bob.call("message.search", { query: word })).messages.length, 1, "at once");
  }
  await ada.call("message.send", { room: closed, text: "a wombat there", key: "w" });
  assert.deepEqual((await bob.call("message.search", { query: "wombat" })).messages, []);
  assert.equal((await ada.call("message.search", { query: "wombat" })).messages.length, 1);
  for (const query of ['"', "*", "a AND", "NEAR(", "quokka*", "x OR (", "-", "'); DROP TABLE message; --", "col:quokka", "\\"]) {
    assert.ok(Array.isArray((await bob.call("message.search", { query })).messages), `${query} is a valid query`);
  }
  const newest = (await bob.call("message.search", { query: "here", limit: 2 })).messages;
  assert.deepEqual(newest.map((m) => m.text), ["a quokka4 here", "a quokka3 here"], "newest first");
});

test("a search is narrowed by who, where, when and what, goes on page by page, and says what it cannot find", async () => {
  const id = await room(ada, "Tea room", [bob]);
  for (let i = 0; i < 6; i++) {
    await (i % 2 ? ada : bob).call("message.send", { room: id, text: `teapot ${i}${i === 3 ? " `hot` https://tea.example" : ""}`, key: `t${i}` });
  }
  const find = async (query, more = {}) => {
    const { messages, notes } = await bob.call("message.search", { query, ...more });
    return [messages.map((m) => m.text.split(" ")[1]).join(" "), ...notes];
  };
  const [today, tomorrow] = [0, 1].map((days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 10));
  const zone = { zone: 840 }; // ahead of everybody: what was sent now is of one of these two days
  assert.deepEqual(await find('teapot in:"tea ROOM"'), ["5 4 3 2 1 0"]);
  assert.deepEqual(await find("tea* from:ada -has:code"), ["5 1"]);
  assert.deepEqual(await find("teapot from:me"), ["4 2 0"]);
  assert.deepEqual(await find("has:link has:code in:#Tea"), ["", 'You are in no room called "Tea".']);
  assert.deepEqual(await find(`teapot has:link after:1999-01-01`), ["3"]);
  assert.deepEqual(await find(`teapot before:${today}`, zone), [""]);
  assert.deepEqual((await find(`teapot on:${today} from:ada`, zone))[0] + (await find(`teapot on:${tomorrow} from:ada`, zone))[0], "5 3 1");
  assert.deepEqual(await find("teapot from:nobody-such"), ["", 'Nobody is called "nobody-such".']);
  for (const order of ["time", "rank"]) {
    const seen = [];
    let answer;
    do {
      answer = await bob.call("message.search", { query: "teapot", order, limit: 4, ...(answer && { cursor: answer.cursor }) });
      seen.push(...answer.messages.map((m) => m.id));
    } while (answer.more);
    assert.equal(new Set(seen).size, 6, order);
    assert.equal(seen.length, 6, order);
  }
  await assert.rejects(bob.call("message.search", { query: "teapot", cursor: "t" }), (e) => e.code === 107 && e.field === "cursor");
});

test("none of this lost or doubled anything", async () => {
  await nothingWrong(server.url);
});
