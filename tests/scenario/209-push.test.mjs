// Notifications while the page is closed: through a push service of our own, which reads what came as a browser does.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { test } from "node:test";
import { connected, nothingWrong, rpc, until } from "../support/chat.mjs";
import { bring } from "../support/files.mjs";
import { startPlace } from "../support/place.mjs";
import { startPushService } from "../support/push_service.mjs";
import { snug } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";

const own = { config: { push: { private_addresses: true, contact: "mailto:us@snug.example" } } };

/** A place with Ada, its admin, and others who came by an invite: each has a session of their own. */
async function place(names, options = own) {
  const server = await startPlace(options);
  const all = [await server.setup({ display: "Ada" })];
  for (const name of names) all.push(await server.join(name));
  for (const one of all) {
    one.call = (method, params) => server.call(method, params, one.cookie);
    one.post = (method, params) => server.post(method, params, one.cookie);
    one.subscribe = (browser) => one.call("push.subscribe", browser.subscription);
    one.say = (room, text) => one.call("message.send", { room, text, key: `${Math.random()}` });
  }
  return [server, ...all];
}

const came = (browser, count) => until(() => `${count} to come, ${browser.got.length} came`, () => browser.payloads().length >= count);

test("who is named while away is told within a second; who is here is not", async () => {
  const service = await startPushService();
  const [server, ada, bob, cat] = await place(["Bob", "Cat"]);
  const [atBobs, atCats] = [service.browser(), service.browser()];
  assert.deepEqual(await bob.subscribe(atBobs), {});
  await cat.subscribe(atCats);
  const c = await connected(server.url, { cookie: cat.cookie });

  const began = performance.now();
  const sent = await ada.say("1", "**Look**, @bob and @cat: `make` fails");
  await came(atBobs, 1);
  const [{ payload, at, key, sub, ttl, urgency, topic }] = atBobs.got;
  assert.ok(at - began < 1000, `after ${Math.round(at - began)} ms`);
  assert.deepEqual(payload, { title: "Ada mentioned you in general", body: "Look, @bob and @cat: make fails", url: `/room/1/${sent.offset}`, tag: "snug-room-1" });
  assert.equal(key, (await bob.call("push.get")).key, "signed by the key that browsers subscribe with");
  assert.deepEqual([sub, ttl, urgency, topic], ["mailto:us@snug.example", "14400", "high", "room-1"]);

  await ada.say("1", "nobody is named here");
  await bob.say("1", "@bob is me");
  const { id } = await bob.call("room.direct", { user: cat.user.name });
  await ada.say("1", "@cat you see this");
  c.disconnect();
  await until("Cat to be away", async () => (await ada.call("room.members", { room: "1" })).members.find((m) => m.user.id === cat.user.id).here === false);
  await bob.say(id, "lunch?");
  await came(atCats, 1);
  assert.deepEqual(atCats.payloads().map(({ title, body, tag }) => [title, body, tag]), [["Bob", "lunch?", `snug-room-${id}`]]);
  const file = await bring(server, bob, "plan.txt", Buffer.from("what we do"));
  await bob.call("message.send", { room: id, text: "", files: [file.id], key: "file" });
  await came(atCats, 2);
  assert.deepEqual([atCats.payloads()[1].title, atCats.payloads()[1].body], ["Bob", "sent a file"]);
  await ada.say("1", "@bob the last");
  await came(atBobs, 2);
  assert.deepEqual(atBobs.payloads().map(({ body }) => body), ["Look, @bob and @cat: make fails", "@bob the last"]);
  assert.deepEqual(service.faults, []);
  const why = await ada.call("message.why", { room: "1", offset: sent.offset, user: bob.user.id });
  assert.equal(why.verdict, "pushed");
  assert.ok(Math.abs(why.pushed - Date.now()) < 60_000);
  assert.equal(await server.metric("snug_pushes_sent_total"), 4);
  await nothingWrong(server.url);
});

test("a log-out, a session that is revoked and an erasure end it; a restart keeps subscriptions and key", async () => {
  const service = await startPushService();
  const [server, ada, bob, cat, dan] = await place(["Bob", "Cat", "Dan"]);
  const browsers = [service.browser(), service.browser(), service.browser()];
  await Promise.all([bob, cat, dan].map((who, i) => who.subscribe(browsers[i])));
  const { key } = await bob.call("push.get");
  const file = `${server.data}/push_key`;
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const again = await server.post("session.login", { name: "Bob", password: "correct horse battery" });
  assert.equal((await server.stop()).code, 0);
  await server.restart();
  assert.equal((await bob.call("push.get")).key, key);
  await ada.say("1", "@bob @cat @dan one");
  for (const browser of browsers) await came(browser, 1);

  await bob.call("session.logout");
  const { sessions } = await cat.call("session.list");
  await cat.call("session.revoke", { id: sessions[0].id });
  await ada.call("user.erase", { user: dan.user.id, messages: "keep" });
  assert.equal(await sql(server, "SELECT count(*) FROM push_subscription"), "0");
  assert.deepEqual((await server.call("push.get", {}, again.cookie)).subscriptions, [], "another session of his has none");
  const last = service.browser();
  await ada.subscribe(last);
  const eve = await server.join("Eve");
  await ada.say("1", "@bob @cat two");
  await server.call("message.send", { room: "1", text: "@ada three", key: "k" }, eve.cookie);
  await came(last, 1);
  assert.deepEqual(browsers.map((browser) => browser.got.length), [1, 1, 1]);
  assert.match((await snug(["check", "--data", server.data])).out, /is whole/);

  assert.equal((await server.stop()).code, 0);
  unlinkSync(file);
  await server.restart();
  assert.ok(existsSync(file));
  const fresh = await ada.call("push.get");
  assert.notEqual(fresh.key, key);
  await until("those of the lost key to be dropped", async () => (await ada.call("push.get")).subscriptions.length === 0);
  const log = server.log;
  for (const secret of [...browsers, last].map(({ subscription }) => subscription.endpoint.split("/").at(-1))) assert.ok(!log.includes(secret), "an address stands in no log");
  assert.ok(!log.includes(readFileSync(file, "utf8")));
});

test("410 ends a subscription, 503 and 429 are tried again, 413 is counted", async () => {
  const service = await startPushService();
  const [server, ada, bob] = await place(["Bob"]);
  const [gone, busy, large] = [service.browser(), service.browser(), service.browser()];
  service.answer = ({ browser, count }) => {
    if (browser === gone) return 410;
    if (browser === large) return 413;
    return [503, [429, { "Retry-After": "2" }], 201][count - 1] ?? 201;
  };
  for (const browser of [gone, busy, large]) await bob.subscribe(browser);
  await ada.say("1", "@bob hello");
  await came(busy, 1);
  assert.deepEqual(busy.got.map(({ status }) => status), [503, 429, 201]);
  const [first, second, third] = busy.got.map(({ at }) => at);
  assert.ok(second - first >= 900, `again after ${Math.round(second - first)} ms`);
  assert.ok(third - second >= 1900, `as the service said, after ${Math.round(third - second)} ms`);
  assert.equal(new Set(busy.got.map(({ payload }) => JSON.stringify(payload))).size, 1);
  await until("410 to be forgotten", async () => (await bob.call("push.get")).subscriptions.length === 2);
  await until("413 to be noted", async () => (await bob.call("push.get")).subscriptions.some(({ failed, sent }) => failed > 0 && sent === 0));
  assert.deepEqual([gone.got.length, large.got.length], [1, 1]);
  assert.equal(await server.metric("snug_pushes_sent_total"), 1);
  assert.equal(await server.metric("snug_pushes_failed_total"), 2);
  assert.equal(await server.metric("snug_pushes_dropped_total"), 0);
  assert.deepEqual(service.faults, []);
});

test("the test button's method says what the push service says, of one's own browsers alone", async () => {
  const service = await startPushService();
  const [, ada, bob] = await place(["Bob"]);
  const browser = service.browser();
  const { endpoint } = browser.subscription;
  await bob.subscribe(browser);
  assert.deepEqual(await bob.call("push.test", { endpoint }), { status: 201 });
  assert.deepEqual(browser.payloads(), [{ title: "Snug", body: "Notifications work.", url: "/", tag: "snug-test" }]);
  assert.equal(browser.got[0].topic, undefined);
  const { status, error } = await ada.post("push.test", { endpoint });
  assert.deepEqual([status, error.code, error.field], [403, 103, "endpoint"]);
  const listed = await until("it to be noted", async () => (await bob.call("push.get")).subscriptions.find(({ sent }) => sent > 0));
  assert.deepEqual([listed.service, listed.this, listed.failed], [service.origin, true, 0]);
  assert.deepEqual((await ada.call("push.get")).subscriptions, []);

  await ada.call("push.unsubscribe", { endpoint }); // hers it is not
  assert.equal((await bob.call("push.get")).subscriptions.length, 1);
  service.answer = () => 410;
  assert.deepEqual(await bob.call("push.test", { endpoint }), { status: 410 });
  await until("it to be forgotten", async () => (await bob.call("push.get")).subscriptions.length === 0);
  await bob.subscribe(browser);
  assert.deepEqual(await bob.call("push.unsubscribe", { endpoint }), {});
  assert.deepEqual(await bob.call("push.unsubscribe", { endpoint }), {}, "again is the same");
  assert.deepEqual((await bob.call("push.get")).subscriptions, []);

  await bob.subscribe(browser);
  service.close();
  const away = await bob.post("push.test", { endpoint });
  assert.deepEqual([away.status, away.error.message], [503, "The push service could not be reached."]);
});

test("without the option nothing goes to a private address, whatever it is called, nor without TLS", async () => {
  const service = await startPushService();
  const [server, ada, bob] = await place(["Bob"], {});
  const browser = service.browser();
  const port = new URL(service.origin).port;
  const plain = await bob.post("push.subscribe", browser.subscription);
  assert.deepEqual([plain.status, plain.error.field], [400, "endpoint"]);
  for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"]) {
    const endpoint = `https://${host}:${port}/wpush/x`;
    await bob.call("push.subscribe", { ...browser.subscription, endpoint });
    const { status, error } = await bob.post("push.test", { endpoint });
    assert.deepEqual([status, error.code], [503, 108], host);
    assert.match(error.message, /private network/);
  }
  await ada.say("1", "@bob hello");
  await until("all to have failed", async () => (await server.metric("snug_pushes_failed_total")) === 4);
  assert.equal(service.requests, 0);
});

test("switched off, the methods say so and nothing is sent", async () => {
  const [server, ada] = await place([], { config: { push: { enabled: false } } });
  const { status, error } = await ada.post("push.get");
  assert.deepEqual([status, error.code], [503, 108]);
  assert.match(error.message, /switched off on this server/);
  assert.equal((await ada.post("push.test", { endpoint: "https://push.example/x" })).status, 503);
  await ada.say("1", "@ada hello");
  await nothingWrong(server.url);
});

test("at most ten browsers of a person; an address belongs to who used it last", async () => {
  const service = await startPushService();
  const [server, ada, bob] = await place(["Bob"]);
  const browsers = Array.from({ length: 12 }, () => service.browser());
  for (const browser of browsers) await bob.subscribe(browser);
  assert.equal((await bob.call("push.get")).subscriptions.length, 10);
  await ada.say("1", "@bob hello");
  for (const browser of browsers.slice(2)) await came(browser, 1);
  assert.deepEqual(browsers.slice(0, 2).map(({ got }) => got.length), [0, 0], "the oldest went");

  await ada.subscribe(browsers[11]);
  await ada.say("1", "@bob again");
  await bob.say("1", "@ada hello");
  await came(browsers[11], 2);
  for (const browser of browsers.slice(2, 11)) await came(browser, 2);
  assert.equal(browsers[11].payloads()[1].title, "Bob mentioned you in general");
  assert.equal(await server.metric("snug_pushes_dropped_total"), 0);
});

test("a push service that does not answer holds up neither messages nor log-ins, nor other people's notifications", async () => {
  const service = await startPushService();
  const [server, ada, bob, cat, dan] = await place(["Bob", "Cat", "Dan"], { ...own, args: ["--tasks", "1"] });
  let release;
  const held = new Promise((go) => (release = go));
  const [slow, slower, quick] = [service.browser(), service.browser(), service.browser()];
  service.answer = ({ browser }) => (browser === quick ? 201 : held.then(() => 201));
  await bob.subscribe(slow);
  await cat.subscribe(slower);
  await dan.subscribe(quick);
  for (let i = 0; i < 20; i++) await ada.say("1", `@bob @cat hello ${i}`);
  await until("both to wait", () => slow.count === 1 && slower.count === 1);

  const began = performance.now();
  const a = await connected(server.url, { cookie: ada.cookie });
  for (let i = 0; i < 20; i++) await rpc(a, "message.send", { room: "1", text: `@bob still ${i}`, key: `s${i}` });
  assert.ok((await server.call("session.login", { name: "Bob", password: "correct horse battery" })).token);
  await rpc(a, "message.send", { room: "1", text: "@dan hello", key: "dan" });
  await came(quick, 1);
  const took = performance.now() - began;
  assert.ok(took < 8000, `${Math.round(took)} ms, less than the push service's deadline`);
  assert.deepEqual([slow.got.length, slow.count], [0, 1], "of a person one at a time");
  release();
  await came(slow, 2);
  await came(slower, 2);
  assert.deepEqual(slow.payloads().map(({ body }) => body), ["@bob @cat hello 0", "@bob still 19"], "what waits of a room is replaced by what comes later");
  a.disconnect();
  await nothingWrong(server.url);
});
