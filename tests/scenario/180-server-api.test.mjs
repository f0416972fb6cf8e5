// The server API: a program with the key publishes, looks, subscribes and ends; clients of the protocol see what it did.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { client, connected, disconnected, nothingWrong, refused, send, until, within } from "../support/chat.mjs";
import { startPlace } from "../support/place.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, bob;

before(async () => {
  server = await startPlace({ config: { client: { insecure: true } } });
  ada = await server.setup({ display: "Ada" });
  bob = await server.join("Bob");
});

/** {status, result, error}. */
async function api(method, params = {}, headers = { "X-API-Key": server.api_key }) {
  const response = await fetch(`${server.url}/api/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof params === "string" ? params : JSON.stringify(params),
  });
  return { status: response.status, ...(await response.json()) };
}

async function done(method, params) {
  const { status, result, error } = await api(method, params);
  assert.equal(status, 200);
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}

async function fails(method, params, code, field) {
  const { status, result, error } = await api(method, params);
  assert.equal(status, 200, `${method} ${JSON.stringify(params)}`);
  assert.equal(result, undefined);
  assert.equal(error.code, code, JSON.stringify(error));
  if (field) assert.ok(error.message.includes(field), `"${error.message}" names ${field}`);
}

/** A subscription with what it heard. */
async function follow(c, channel, options = {}) {
  const sub = c.newSubscription(channel, options);
  const heard = [];
  sub.on("publication", (p) => heard.push(p));
  sub.subscribe();
  await within(`subscribe ${channel}`, sub.ready());
  return { sub, heard };
}

test("without the key, or with what is no JSON object, nothing happens", async () => {
  assert.equal((await api("info", {}, {})).status, 401);
  assert.equal((await api("info", {}, { "X-API-Key": server.api_key + "x" })).status, 401);
  assert.equal((await api("info", {}, { "X-API-Key": "x".repeat(server.api_key.length) })).status, 401);
  assert.equal((await api("info", {}, { cookie: ada.cookie })).status, 401);
  assert.equal((await api("info", {}, { Authorization: `apikey ${server.api_key}` })).status, 200);
  assert.equal((await api("publish", "[]")).status, 400);
  assert.equal((await api("publish", "{")).status, 400);
  assert.equal((await api("publish", `{"channel":"news","data":"${"x".repeat(1 << 20)}"}`)).status, 413);
  assert.equal((await fetch(`${server.url}/api/info`, { headers: { "X-API-Key": server.api_key } })).status, 405);
  const plain = { "X-API-Key": server.api_key, "content-type": "text/plain" };
  assert.equal((await api("info", {}, plain)).status, 415);
  await fails("no_such", {}, 104);
});

test("a publication arrives with its tags, in one line, and is in the history", async () => {
  const c = await connected(server.url, { cookie: bob.cookie });
  const { heard } = await follow(c, "news");
  const first = await done("publish", { channel: "news", data: { n: 1 }, tags: { level: "info" } });
  assert.equal(first.offset, 1);
  assert.ok(first.epoch.length > 0);
  const pretty = `{\n  "channel": "news",\n  "data": {\n    "n": 2\n  }\n}`;
  assert.equal((await api("publish", pretty)).result.offset, 2);
  const b64data = Buffer.from('{"n":\n3}').toString("base64");
  assert.equal((await done("publish", { channel: "news", b64data })).offset, 3);
  assert.deepEqual(await done("publish", { channel: "news", data: { n: 4 }, skip_history: true }), {});
  await until("four publications", () => heard.length === 4);
  assert.deepEqual(heard.map((p) => [p.data.n, p.offset]), [[1, 1], [2, 2], [3, 3], [4, undefined]]);
  assert.deepEqual(heard[0].tags, { level: "info" });
  const all = await done("history", { channel: "news", limit: -1 });
  assert.deepEqual(all.publications.map((p) => p.data.n), [1, 2, 3]);
  assert.equal(all.offset, 3);
  assert.equal(all.epoch, first.epoch);
  const since = { offset: 1, epoch: first.epoch };
  const page = await done("history", { channel: "news", limit: 1, since });
  assert.deepEqual(page.publications.map((p) => p.offset), [2]);
  const back = await done("history", { channel: "news", limit: 2, reverse: true, since: null });
  assert.deepEqual(back.publications.map((p) => p.offset), [3, 2]);
  assert.deepEqual((await done("history", { channel: "news" })).publications, []);
  await fails("history", { channel: "news", limit: 1, since: { offset: 1, epoch: "other" } }, 112);
  assert.deepEqual(await done("history_remove", { channel: "news" }), {});
  const empty = await done("history", { channel: "news", limit: -1 });
  assert.deepEqual([empty.publications, empty.offset, empty.epoch], [[], 3, first.epoch]);
  c.disconnect();
});

test("the same idempotency key is one publication", async () => {
  const c = await connected(server.url, { cookie: bob.cookie });
  const { heard } = await follow(c, "once");
  const params = { channel: "once", data: { n: 1 }, idempotency_key: "k1" };
  const first = await done("publish", params);
  assert.deepEqual(await done("publish", { ...params, data: { n: 2 } }), first);
  await done("publish", { channel: "once", data: "end" });
  await until("the last", () => heard.at(-1)?.data === "end");
  assert.deepEqual(heard.map((p) => p.data), [{ n: 1 }, "end"]);
  c.disconnect();
});

test("a broadcast answers for each channel", async () => {
  const c = await connected(server.url, { cookie: bob.cookie });
  const one = await follow(c, "one");
  const two = await follow(c, "two");
  const { responses } = await done("broadcast", { channels: ["one", "room:1", "two"], data: { all: true } });
  assert.equal(responses[0].result.offset, 1);
  assert.equal(responses[1].error.code, 103);
  assert.equal(responses[2].result.offset, 1);
  await until("both heard it", () => one.heard.length === 1 && two.heard.length === 1);
  c.disconnect();
});

test("what is wrong is named", async () => {
  await fails("publish", { channel: "news" }, 107, "data");
  await fails("publish", { channel: 5, data: 1 }, 107, "channel");
  await fails("publish", { channel: "x".repeat(256), data: 1 }, 107, "channel");
  await fails("publish", { channel: "news", b64data: "???" }, 107, "b64data");
  await fails("publish", { channel: "room:1", data: {} }, 103);
  await fails("publish", { channel: `user:${bob.user.id}`, data: {} }, 103);
  await fails("subscribe", { user: bob.user.id, channel: `user:${ada.user.id}` }, 103);
  await fails("subscribe", { user: bob.user.id, channel: "news", override: { presence: { value: true } } }, 107, "override");
  await fails("disconnect", { user: bob.user.id, disconnect: { code: 1000, reason: "" } }, 107, "disconnect.code");
  await fails("history", { channel: "room:999", limit: 1 }, 102);
  await fails("history_remove", { channel: "room:1" }, 103);
});

test("rooms may be looked into: presence, its counts, history", async () => {
  const c = await connected(server.url, { cookie: ada.cookie });
  const room = (await server.call("room.list", {}, ada.cookie)).rooms[0].id;
  await follow(c, `room:${room}`);
  await send(c, room, "hello", "api-1");
  const { publications } = await done("history", { channel: `room:${room}`, limit: 1, reverse: true });
  assert.equal(publications[0].data.message.text, "hello");
  const { presence } = await done("presence", { channel: `room:${room}` });
  assert.deepEqual(Object.values(presence).map((p) => p.user), [ada.user.id]);
  assert.deepEqual(await done("presence_stats", { channel: `room:${room}` }), { num_clients: 1, num_users: 1 });
  c.disconnect();
});

test("channels and the node are told with their numbers", async () => {
  const tabs = [await connected(server.url, { cookie: bob.cookie }), await connected(server.url, { cookie: bob.cookie })];
  for (const tab of tabs) await follow(tab, "list:a");
  await follow(tabs[0], "list:b");
  const { channels } = await done("channels", { pattern: "list:*" });
  assert.deepEqual(channels, { "list:a": { num_clients: 2 }, "list:b": { num_clients: 1 } });
  assert.deepEqual((await done("channels", { pattern: "list:?x" })).channels, {});
  assert.ok((await done("channels")).channels[`user:${bob.user.id}`].num_clients >= 2);
  const { nodes } = await done("info");
  assert.equal(nodes.length, 1);
  const [node] = nodes;
  assert.ok(node.uid && node.name && node.version);
  assert.ok(node.num_clients >= 2 && node.num_users >= 1 && node.num_channels >= 3 && node.uptime >= 0, JSON.stringify(node));
  for (const tab of tabs) tab.disconnect();
});

test("a subscription that the server makes is told with its data, and ended", async () => {
  const c = client(server.url, { cookie: bob.cookie });
  const heard = [];
  for (const kind of ["subscribed", "publication", "unsubscribed"]) c.on(kind, (ctx) => ctx.channel === "made" && heard.push([kind, ctx]));
  c.connect();
  await within("connected", c.ready());
  await done("publish", { channel: "made", data: { n: 1 } });
  const at = await done("publish", { channel: "made", data: { n: 2 } });
  await done("publish", { channel: "made", data: { n: 3 } });
  assert.deepEqual(
    await done("subscribe", { user: bob.user.id, channel: "made", data: { why: "asked" }, recover_since: { offset: at.offset, epoch: at.epoch } }),
    {},
  );
  await until("subscribed, and what was missed", () => heard.length === 2);
  assert.deepEqual(heard.map(([kind]) => kind), ["subscribed", "publication"]);
  assert.deepEqual(heard[0][1].data, { why: "asked" });
  assert.equal(heard[0][1].channel, "made");
  assert.deepEqual(heard[1][1].data, { n: 3 });
  await done("publish", { channel: "made", data: { n: 4 } });
  await until("the next", () => heard.length === 3);
  assert.deepEqual(await done("unsubscribe", { user: bob.user.id, channel: "made" }), {});
  await until("unsubscribed", () => heard.length === 4);
  assert.equal(heard[3][0], "unsubscribed");
  c.disconnect();
  const mine = await connected(server.url, { cookie: bob.cookie });
  const { sub } = await follow(mine, "mine");
  const ended = within("unsubscribed", new Promise((told) => sub.once("unsubscribed", told)));
  await done("unsubscribe", { user: bob.user.id, channel: "mine" });
  assert.equal((await ended).code, 2000);
  mine.disconnect();
});

test("clients are disconnected with code and reason, but for those that are spared", async () => {
  const tabs = [await Wire.connect(server.url, { cookie: bob.cookie }), await Wire.connect(server.url, { cookie: bob.cookie })];
  const other = await Wire.connect(server.url, { cookie: ada.cookie });
  const whitelist = [tabs[0].welcome.client];
  assert.deepEqual(await done("disconnect", { user: bob.user.id, whitelist, disconnect: { code: 4900, reason: "enough" } }), {});
  assert.deepEqual(await tabs[1].closed(), { code: 4900, reason: "enough" });
  assert.ok((await tabs[0].ask("ping")).ping);
  assert.deepEqual(await done("disconnect", { user: bob.user.id, client: "another" }), {});
  assert.ok((await tabs[0].ask("ping")).ping);
  const page = client(server.url, { cookie: bob.cookie });
  const left = disconnected(page);
  page.connect();
  await within("connected", page.ready());
  await done("disconnect", { user: bob.user.id });
  assert.deepEqual(await tabs[0].closed(), { code: 3503, reason: "force disconnect" });
  assert.equal((await left).code, 3503);
  assert.ok((await other.ask("ping")).ping);
  await other.close();
});

test("a connection gets another end, or comes to it", async () => {
  const wire = await Wire.connect(server.url, { cookie: bob.cookie });
  await done("refresh", { user: bob.user.id, expire_at: Math.floor(Date.now() / 1000) + 3600 });
  const push = await wire.push("refresh", (p) => p.refresh);
  assert.equal(push.refresh.expires, true);
  assert.ok(push.refresh.ttl > 3500 && push.refresh.ttl <= 3600, `${push.refresh.ttl}`);
  await done("refresh", { user: bob.user.id, client: wire.welcome.client, expired: true });
  assert.equal((await wire.closed()).code, 3005);
});

test("a batch answers each command in order", async () => {
  const { replies } = await done("batch", {
    commands: [
      { publish: { channel: "batch", data: 1 } },
      { publish: { channel: "room:1", data: 1 } },
      { history: { channel: "batch", limit: 10 } },
      { nothing: {} },
      { batch: { commands: [] } },
    ],
  });
  assert.equal(replies[0].publish.offset, 1);
  assert.equal(replies[1].error.code, 103);
  assert.deepEqual(replies[2].history.publications.map((p) => p.data), [1]);
  assert.equal(replies[3].error.code, 104);
  assert.equal(replies[4].error.code, 107);
  const many = Array.from({ length: 1000 }, (_, n) => ({ publish: { channel: "many", data: n } }));
  const answers = (await done("batch", { commands: many, parallel: true })).replies;
  assert.deepEqual(answers.map((r) => r.publish.offset), many.map((_, n) => n + 1));
  await fails("batch", { commands: [...many, ...many] }, 107, "commands");
});

test("with client.insecure nobody is welcome too, as a user of no members", async () => {
  const wire = await Wire.connect(server.url, {});
  assert.deepEqual(wire.welcome.data.user, {});
  await wire.close();
});

test("what is the server's is not the client's, and nothing went wrong", async () => {
  const c = await connected(server.url, { cookie: bob.cookie });
  await done("subscribe", { user: bob.user.id, channel: "held" });
  await until("held", async () => (await done("presence_stats", { channel: "held" })).num_clients === 1);
  const wire = await Wire.connect(server.url, { cookie: bob.cookie });
  await done("subscribe", { user: bob.user.id, client: wire.welcome.client, channel: "held" });
  await wire.push("subscribe", (p) => p.subscribe && p.channel === "held");
  assert.equal((await wire.ask("unsubscribe", { channel: "held" })).error.code, 103);
  assert.equal((await refused(c.publish(`user:${ada.user.id}`, {}))).code, 103);
  c.disconnect();
  await wire.close();
  await nothingWrong(server.url);
});
