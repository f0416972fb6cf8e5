// What is said is on disk before anybody hears of it, and is heard whatever happens then: S28, S29, S35, S36, S37, S39.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, follow, listAll, metric, nothingWrong, refused, slow, until } from "../support/chat.mjs";
import { atEachCommit, BRAKED } from "../support/brake.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { HELD, hold } from "../support/standstill.mjs";
import { Wire } from "../support/wire.mjs";

/** A server with a room of three, and what else is asked for. */
async function place(options = {}) {
  const server = await startPlace(options);
  const [ada, bob, eve] = await people(server, ["ada", "bob", "eve"], { admin: options.admin ?? false });
  return { server, ada, bob, eve, id: await room(ada, "here", [bob]) };
}
const send = (wire, id, text) => wire.rpc("message.send", { room: id, text, key: text });
const said = (wire) => wire.pushes.filter((p) => p.pub?.data.type === "message_created").map((p) => p.pub.data.message.text);

test("S26 what is sent to a user comes to each tab in order, numbered by one, past a tab that reads nothing", async () => {
  const { server, ada, bob, id } = await place({ config: { client: { queue_max_size: 65536 }, limits: { commands: { burst: 0 }, sends: { burst: 0 } } } });
  const total = slow ? 300 : 3000;
  const own = `user:${bob.id}`;
  const tabs = await Promise.all([1, 2].map(() => Wire.connect(server.url, { token: bob.token })));
  const stuck = await Wire.connect(server.url, { token: bob.token });
  stuck.socket.pause();
  const first = tabs[0].welcome.subs[own].offset ?? 0;
  const writer = await Wire.connect(server.url, { token: ada.token });
  const topic = (n) => `${n} ${"x".repeat(200)}`; // what is stuck has more than the kernel and its queue take, in the end
  for (let n = 0; n < total; n += 50) {
    const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => writer.rpc("room.update", { room: id, topic: topic(n + i) })));
    for (const { error } of replies) assert.equal(error, undefined);
  }
  const changes = (wire) => wire.pushes.filter((p) => p.channel === own && p.pub?.data.type === "room_changed");
  for (const tab of tabs) {
    await until("all changes", () => changes(tab).length === total);
    const offsets = tab.pushes.filter((p) => p.channel === own && p.pub?.offset).map((p) => p.pub.offset);
    assert.deepEqual(offsets, offsets.map((_, i) => first + 1 + i), "each offset once, in order");
  }
  const sequence = (tab) => changes(tab).map((p) => p.pub.data.room.topic);
  assert.deepEqual(sequence(tabs[0]), sequence(tabs[1]), "both tabs saw the same");
  assert.equal(new Set(sequence(tabs[0])).size, total);
  assert.equal(sequence(tabs[0]).at(-1), (await bob.call("room.list")).rooms.find((r) => r.id === id).topic, "the last is what is true");
  assert.ok((await tabs[0].ask("ping")).ping);
  stuck.socket.terminate();
  for (const wire of [...tabs, writer]) await wire.close();
  await nothingWrong(server.url);
});

test("S28 a message to a thread, by its id, reaches its members and nobody else", async () => {
  const { server, ada, bob, eve, id } = await place();
  const wires = await Promise.all([ada, bob, eve].map((who) => Wire.connect(server.url, { token: who.token })));
  for (const wire of wires.slice(0, 2)) assert.ok((await wire.ask("subscribe", { channel: `room:${id}` })).subscribe);
  assert.equal((await wires[2].ask("subscribe", { channel: `room:${id}` })).error.code, 103);
  assert.ok((await send(wires[0], id, "for members")).result);
  for (const wire of wires.slice(0, 2)) await until("a member has it", () => said(wire).includes("for members"));
  assert.equal((await send(wires[2], id, "from outside")).error.code, 103);
  assert.ok((await wires[2].ask("ping")).ping); // whatever was sent to her before has come
  assert.deepEqual(wires[2].pushes.filter((p) => p.channel === `room:${id}` || p.pub?.data.room === id), []);
  assert.deepEqual((await listAll(ada.call, id)).map((m) => m.text), ["for members"]);
  for (const wire of wires) await wire.close();
  await nothingWrong(server.url);
});

test("S29 kill -9 between the acknowledgement and the push: who was to hear it has it after the restart, once", async () => {
  const { server, ada, bob, id } = await place({ env: HELD, args: ["--reactors", "2"] });
  const writer = await Wire.connect(server.url, { token: ada.token }); // on reactor 0
  const reader = await Wire.connect(server.url, { token: bob.token }); // on reactor 1, which stands still from now on
  const { epoch, offset } = (await reader.ask("subscribe", { channel: `room:${id}` })).subscribe;
  hold("time reactor 1");
  await until("reactor 1 stands still", async () => (await (await fetch(`${server.url}/readyz`)).text()).includes("reactor 1"));
  const { result } = await send(writer, id, "critical");
  assert.ok(result.id, "acknowledged");
  assert.deepEqual(said(reader), [], "and not pushed");
  await server.kill();
  hold("");
  await server.restart();
  const back = await Wire.connect(server.url, { token: bob.token });
  const { subscribe } = await back.ask("subscribe", { channel: `room:${id}`, recover: true, epoch, offset: offset ?? 0 });
  assert.equal(subscribe.recovered, true);
  const missed = subscribe.publications.filter((pub) => pub.data.type === "message_created");
  assert.deepEqual(missed.map((pub) => [pub.data.message.id, pub.data.message.text, pub.offset]), [[result.id, "critical", result.offset]]);
  const again = await Wire.connect(server.url, { token: ada.token });
  assert.deepEqual((await send(again, id, "critical")).result, result, "the same key is the same message");
  assert.equal((await listAll(ada.call, id)).length, 1);
  for (const wire of [back, again]) await wire.close();
  await nothingWrong(server.url);
});

test("S29 kill -9 before the commit is on disk: no acknowledgement, nobody saw it, and the same key is one message", async () => {
  const { server, ada, bob, id } = await place({ env: BRAKED });
  const writer = await Wire.connect(server.url, { token: ada.token });
  const reader = await Wire.connect(server.url, { token: bob.token });
  await reader.ask("subscribe", { channel: `room:${id}` });
  let asked = 0;
  const brake = await atEachCommit(() => new Promise(() => (asked += 1))); // never answered
  writer.write({ id: 90, rpc: { method: "message.send", data: { room: id, text: "almost", key: "almost" } } });
  await until("the commit waits", () => asked > 0);
  assert.ok((await reader.ask("ping")).ping);
  await server.kill();
  await brake.end();
  assert.equal(writer.replies.get(90), undefined, "no acknowledgement");
  assert.deepEqual(said(reader), [], "nobody saw it");
  await server.restart();
  const again = await Wire.connect(server.url, { token: ada.token });
  assert.ok((await send(again, id, "almost")).result);
  assert.deepEqual((await listAll(ada.call, id)).map((m) => m.text), ["almost"]);
  await again.close();
});

test("S36 a commit that fails: the sender is told, nobody saw the message, and it can be sent again", async () => {
  const { server, ada, bob, id } = await place({ env: BRAKED });
  const c = await connected(server.url, { token: bob.token });
  const log = await follow(c, id);
  const writer = await Wire.connect(server.url, { token: ada.token });
  let answer = "fail", failed = 0;
  await atEachCommit(() => {
    failed += answer === "fail";
    return answer;
  });
  const before = await metric(server.url, "snug_messages_total");
  const { error } = await send(writer, id, "lost on the way");
  assert.equal(error?.code, 100, JSON.stringify(error));
  assert.ok(failed > 0);
  assert.ok((await metric(server.url, "snug_commit_failures_total")) > 0);
  assert.equal(await metric(server.url, "snug_messages_total"), before);
  assert.deepEqual(await listAll(ada.call, id), [], "not in the list");
  await c.rpc("user.me", {}); // whatever was pushed before has come
  assert.deepEqual(log.messages(), [], "not pushed");
  answer = "go";
  const { result } = await until("the disk is good again", async () => {
    const tried = await send(writer, id, "lost on the way");
    return tried.result && tried;
  });
  await until("bob has it", () => log.messages().length === 1);
  assert.deepEqual(log.messages().map((m) => m.id), [result.id]);
  assert.deepEqual(log.faults, []);
  assert.equal((await listAll(ada.call, id)).length, 1);
  c.disconnect();
  await writer.close();
  await nothingWrong(server.url);
});

test("S36 while a commit is on its way nobody sees the message: not pushed, not listed, not acknowledged", async () => {
  const { server, ada, bob, id } = await place({ env: BRAKED });
  const reader = await Wire.connect(server.url, { token: bob.token });
  await reader.ask("subscribe", { channel: `room:${id}` });
  const writer = await Wire.connect(server.url, { token: ada.token });
  let letGo, asked = 0;
  const held = new Promise((go) => (letGo = () => go("go")));
  await atEachCommit(() => {
    asked += 1;
    return held;
  });
  const reply = send(writer, id, "in between");
  await until("the commit waits", () => asked > 0);
  assert.deepEqual((await bob.call("message.list", { room: id })).messages, []);
  assert.equal((await reader.ask("history", { channel: `room:${id}`, limit: 10 })).history.publications.some((p) => p.data.type === "message_created"), false);
  assert.deepEqual(said(reader), []);
  let acknowledged = false;
  reply.then(() => (acknowledged = true));
  assert.ok((await writer.ask("ping")).ping);
  assert.equal(acknowledged, false);
  letGo();
  assert.ok((await reply).result);
  await until("pushed", () => said(reader).length === 1);
  for (const wire of [reader, writer]) await wire.close();
});

test("S37 batching can be switched off, changes the number of commits and of messages on the line, and nothing else", async (t) => {
  const writers = 8, each = slow ? 25 : 50;
  const ways = { on: ["--writer.batch", "256"], off: ["--writer.batch", "1", "--client.write_delay", "0"] };
  const found = {};
  for (const [way, args] of Object.entries(ways)) {
    const { server, ada, bob, id } = await place({ args });
    const c = await connected(server.url, { token: bob.token });
    const log = await follow(c, id);
    const wires = await Promise.all(Array.from({ length: writers }, () => Wire.connect(server.url, { token: ada.token })));
    const commits = await metric(server.url, "snug_commits_total");
    const times = [];
    await Promise.all(
      wires.map(async (wire, w) => {
        for (let n = 0; n < each; n += 5) {
          // five at once
          const began = performance.now();
          const replies = await Promise.all([0, 1, 2, 3, 4].map((k) => send(wire, id, `${way} ${w} ${n + k}`)));
          times.push(performance.now() - began);
          for (const reply of replies) assert.ok(reply.result, JSON.stringify(reply));
        }
      }),
    );
    await until("bob has all", () => log.messages().length === writers * each);
    assert.deepEqual(log.faults, []);
    assert.equal(new Set(log.messages().map((m) => m.id)).size, writers * each);
    times.sort((a, b) => a - b);
    found[way] = {
      commits: (await metric(server.url, "snug_commits_total")) - commits,
      p99: times[Math.floor(times.length * 0.99)],
    };
    await nothingWrong(server.url);
    c.disconnect();
    for (const wire of wires) await wire.close();
  }
  const total = writers * each;
  t.diagnostic(`${total} messages: ${found.on.commits} commits with batching, five at once p99 ${found.on.p99.toFixed(0)} ms; ${found.off.commits} and ${found.off.p99.toFixed(0)} ms without`);
  assert.ok(found.off.commits >= total, "each message its own commit");
  assert.ok(found.on.commits <= total / 2, "several messages a commit");
  assert.ok(found.on.p99 < 2 * found.off.p99 + 100, "waiting for others to share a commit costs nobody anything");
});

test("S39 who vanishes while writing is not shown as writing for longer than 5 s, and nothing of it is stored", async () => {
  const { server, ada, bob, id } = await place();
  const reader = await Wire.connect(server.url, { token: bob.token });
  const { offset } = (await reader.ask("subscribe", { channel: `room:${id}` })).subscribe;
  const writer = await Wire.connect(server.url, { token: ada.token });
  assert.ok((await writer.rpc("typing.start", { room: id })).result);
  const typing = () => reader.pushes.filter((p) => p.pub?.data.type === "typing");
  const first = await until("bob is told", () => typing()[0]);
  const began = performance.now();
  assert.ok(first.pub.data.until > 0 && first.pub.offset === undefined);
  writer.socket.terminate(); // no goodbye
  const last = await until("its end", () => typing()[1], 15_000);
  const lasted = performance.now() - began;
  assert.equal(last.pub.data.until, 0);
  assert.deepEqual(last.pub.data.user.id, ada.id);
  assert.ok(lasted > 4000 && lasted < (slow ? 8000 : 5300), `${lasted} ms`);
  const { history } = await reader.ask("history", { channel: `room:${id}`, limit: 100 });
  assert.equal(history.offset, offset, "not in the stream");
  assert.ok(!history.publications.some((p) => p.data.type === "typing"));
  await reader.close();
});

test("S35 how far each line is: sent at once, acked when a ping behind it was answered, and never above", async () => {
  const { server, ada, bob, id } = await place({ admin: true, config: { client: { ping_interval: "1s", pong_timeout: "5s" } } });
  const good = await Wire.connect(server.url, { token: bob.token });
  const deaf = await Wire.connect(server.url, { token: bob.token });
  const elsewhere = await Wire.connect(server.url, { token: bob.token });
  for (const wire of [good, deaf]) await wire.ask("subscribe", { channel: `room:${id}` });
  const line = async (wire) => (await ada.call("connection.list", { room: id })).connections.find((c) => c.id === wire.welcome.client);
  deaf.socket.pause(); // from now on it reads nothing and answers no ping
  const { offset } = await ada.call("message.send", { room: id, text: "where is it", key: "1" });
  await until("it is on its way to both", async () => (await line(good)).sent === offset && (await line(deaf)).sent === offset);
  await until("one has read it", async () => {
    const { sent, acked } = await line(good);
    assert.ok(acked <= sent);
    return acked === offset;
  });
  const lost = await line(deaf);
  assert.ok(lost.acked < offset, `why it did not get it: sent ${lost.sent}, acked ${lost.acked}`);
  const other = await line(elsewhere);
  assert.ok(!("sent" in other) && !("acked" in other), "it does not follow the room");
  assert.ok(!("sent" in (await ada.call("connection.list")).connections[0]), "nobody asked about a room");
  assert.equal((await refused(ada.call("connection.list", { room: "x" }))).code, 107);
  for (const wire of [good, elsewhere]) await wire.close();
  deaf.socket.terminate();
});

test("S35 why did I not get it: one answer, with what proves it", async () => {
  const { server, ada, bob, id } = await place({ admin: true, config: { client: { ping_interval: "1s", pong_timeout: "2s" } } });
  const why = (offset, who = ada) => who.call("message.why", { room: id, offset, user: bob.id });
  const post = async (key) => (await ada.call("message.send", { room: id, text: "where is it", key })).offset;
  const alone = await post("1");
  assert.equal((await why(alone)).verdict, "away");
  const deaf = await Wire.connect(server.url, { token: bob.token });
  await deaf.ask("subscribe", { channel: `room:${id}` });
  assert.equal((await why(alone)).verdict, "since");
  deaf.socket.pause();
  const lost = await post("2");
  await until("it is on its way", async () => (await why(lost)).verdict === "sent");
  await until("the line that answers nothing ends", async () => (await why(lost)).verdict === "cut", 20_000);
  const { ended, words } = await why(lost, bob);
  assert.equal(words, "bob was connected when it was written, and the line ended; that it came before is not proven.");
  assert.deepEqual([ended.length, ended[0].id, ended[0].code], [1, deaf.welcome.client, 3012]);
  const good = await Wire.connect(server.url, { token: bob.token });
  await good.ask("subscribe", { channel: `room:${id}` });
  const got = await post("3");
  await until("it was answered behind it", async () => (await why(got)).verdict === "delivered");
  await bob.call("read.mark", { room: id, offset: got });
  assert.equal((await why(lost)).verdict, "read");
  await good.close();
  deaf.socket.terminate();
});
