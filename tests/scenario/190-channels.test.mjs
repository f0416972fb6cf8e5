// Channels of an application: what a namespace allows and keeps, with the reference client in every encoding and over
// every transport. PROTOCOL.md; the rules are channel.namespaces of the configuration.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { before, describe, test } from "node:test";
import { disconnected, interrupted, nothingWrong, refused, until, within } from "../support/chat.mjs";
import { openProxy } from "../support/proxy.mjs";
import { startPlace } from "../support/place.mjs";
import { ways } from "../support/ways.mjs";

const SECRET = "a secret that only this test knows";
const namespaces = [
  {
    name: "news",
    history_size: 20,
    history_ttl: "300s",
    force_recovery: true,
    presence: true,
    join_leave: true,
    allow_subscribe_for_client: true,
    allow_publish_for_subscriber: true,
    allow_history_for_subscriber: true,
    allow_presence_for_subscriber: true,
    allow_tags_filter: true,
    allowed_delta_types: ["fossil"],
    delta_publish: true,
  },
  { name: "live", allow_subscribe_for_client: true, allow_publish_for_client: true },
  { name: "crowd", force_push_join_leave: true, allow_subscribe_for_client: true },
  { name: "dialog", allow_user_limited_channels: true, allow_publish_for_subscriber: true },
  { name: "past", allow_history_for_client: true },
  { name: "closed", history_size: 5, history_ttl: "60s", presence: true },
];

let server;
before(async () => {
  server = await startPlace({
    config: {
      client: { token: { hmac_secret_key: SECRET }, channel_limit: 20 },
      channel: { namespaces },
      http_stream: { enabled: true },
      sse: { enabled: true },
    },
  });
});
const now = () => Math.floor(Date.now() / 1000);

function jwt(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

/** Each test has its own channels, so that no run sees another's past. */
let number = 0;
const name = (namespace) => `${namespace}:${++number}`;

for (const way of ways) {
  describe(way.name, () => {
    const open = async (user, options = {}, url = server.url) => {
      const c = way.client(url, { token: jwt({ sub: user, exp: now() + 600, info: { called: user } }), ...options });
      c.connect();
      await within(`${user} connects`, c.ready());
      return c;
    };
    const listen = async (c, channel, options = {}) => {
      const sub = c.newSubscription(channel, options);
      sub.got = [];
      sub.told = [];
      sub.on("publication", (ctx) => sub.got.push(ctx));
      sub.on("join", ({ info }) => sub.told.push(`+${info.user}`));
      sub.on("leave", ({ info }) => sub.told.push(`-${info.user}`));
      sub.on("error", () => {});
      sub.subscribe();
      await within(`subscribe ${channel}`, sub.ready());
      return sub;
    };
    const data = (sub) => sub.got.map((p) => p.data);
    const body = (value) => way.body(value);

    test("what one publishes reaches all, numbered, and says who published", async () => {
      const [a, b] = [await open("ann"), await open("ben")];
      const channel = name("news");
      const [from, to] = [await listen(a, channel), await listen(b, channel)];
      for (let n = 1; n <= 3; n++) await from.publish(body({ n, text: "Grüße 🦊" }));
      await until("three", () => to.got.length === 3 && from.got.length === 3);
      assert.deepEqual(data(to).map(way.read), [1, 2, 3].map((n) => ({ n, text: "Grüße 🦊" })));
      assert.deepEqual(to.got.map((p) => p.offset), [1, 2, 3]);
      assert.equal(to.got[0].info.user, "ann");
      assert.equal(to.got[0].info.client, a._client ?? to.got[0].info.client);
      assert.deepEqual(way.read(to.got[0].info.connInfo), { called: "ann" });
      a.disconnect();
      b.disconnect();
    });

    test("history pages both ways, presence counts clients and users", async () => {
      const [a, b] = [await open("ann"), await open("ben")];
      const channel = name("news");
      const [sub] = [await listen(a, channel), await listen(b, channel)];
      for (let n = 1; n <= 5; n++) await sub.publish(body({ n }));
      const numbers = (page) => page.publications.map((p) => way.read(p.data).n);
      const whole = await sub.history({ limit: -1 });
      assert.deepEqual(numbers(whole), [1, 2, 3, 4, 5]);
      assert.equal(whole.offset, 5);
      assert.deepEqual(numbers(await sub.history({ limit: 2, since: { offset: 2, epoch: whole.epoch } })), [3, 4]);
      assert.deepEqual(numbers(await sub.history({ limit: 2, reverse: true })), [5, 4]);
      assert.deepEqual((await sub.history({ limit: 0 })).publications, []);
      assert.equal((await refused(sub.history({ since: { offset: 1, epoch: "another" } }))).code, 112);
      const { clients } = await sub.presence();
      assert.deepEqual(Object.values(clients).map((c) => c.user).sort(), ["ann", "ben"]);
      assert.deepEqual(way.read(Object.values(clients).find((c) => c.user === "ben").connInfo), { called: "ben" });
      assert.deepEqual(await sub.presenceStats(), { numClients: 2, numUsers: 2 });
      a.disconnect();
      b.disconnect();
    });

    test("coming and going is told to who asks, and to all where the namespace says so", async () => {
      const [a, b] = [await open("ann"), await open("ben")];
      const channel = name("news");
      const asks = await listen(a, channel, { joinLeave: true });
      const other = await listen(b, channel);
      await until("ben came", () => asks.told.includes("+ben"));
      other.unsubscribe();
      await until("ben went", () => asks.told.includes("-ben"));
      assert.deepEqual(other.told, [], "who did not ask is told nothing");
      const crowd = name("crowd");
      const first = await listen(a, crowd);
      await listen(b, crowd);
      await until("told without asking", () => first.told.includes("+ben"));
      a.disconnect();
      b.disconnect();
    });

    test("a cut line is recovered exactly, and what is too old is said", async () => {
      const proxy = await openProxy(server.port);
      const [a, b] = [await open("ann"), await open("ben", { minReconnectDelay: 300, maxReconnectDelay: 400 }, proxy.url)];
      const channel = name("news");
      const [from, to] = [await listen(a, channel), await listen(b, channel)];
      let recovered = [];
      to.on("subscribed", (ctx) => recovered.push(ctx.recovered));
      await from.publish(body({ n: 1 }));
      await until("the first", () => to.got.length === 1);
      let lost = interrupted(b);
      proxy.cutAll();
      await lost;
      for (let n = 2; n <= 6; n++) await from.publish(body({ n }));
      await until("all six", () => to.got.length === 6);
      assert.deepEqual(to.got.map((p) => p.offset), [1, 2, 3, 4, 5, 6]);
      assert.deepEqual(recovered, [true]);
      lost = interrupted(b);
      proxy.cutAll();
      await lost;
      for (let n = 7; n <= 30; n++) await from.publish(body({ n }));
      await until("back again", () => recovered.length === 2);
      assert.equal(recovered[1], false, "20 are kept, 24 were missed");
      a.disconnect();
      b.disconnect();
      proxy.close();
    });

    test("differences are told as differences, whatever the text", async () => {
      const [a, b] = [await open("ann"), await open("ben")];
      const channel = name("news");
      const [plain, fossil] = [await listen(a, channel), await listen(b, channel, { delta: "fossil" })];
      const story = (n) => ({ n, text: `Überall stehen dieselben Wörter, ${"🦊🦝".repeat(n % 5)} und nur die Zahl ${n} wächst. `.repeat(8) });
      for (let n = 1; n <= 12; n++) await plain.publish(body(story(n)));
      await until("both have all", () => plain.got.length === 12 && fossil.got.length === 12);
      assert.deepEqual(data(fossil).map(way.read), data(plain).map(way.read));
      const stats = fossil.deltaStats();
      assert.ok(stats.numDeltaPayloads >= 10 && stats.bytesReceived < stats.bytesDecoded / 2, JSON.stringify(stats));
      a.disconnect();
      b.disconnect();
    });

    test("limits and rights answer with their code, and leave the connection", async () => {
      const a = await open("ann");
      const code = async (channel) => {
        const sub = a.newSubscription(channel);
        const told = within(channel, new Promise((done) => {
          sub.on("unsubscribed", (ctx) => done(ctx.code));
          sub.on("subscribed", () => done("subscribed"));
        }));
        sub.subscribe();
        return told;
      };
      assert.equal(await code("nowhere:1"), 102);
      assert.equal(await code("closed:1"), 103);
      assert.equal(await code("without"), 103);
      assert.equal(await code("room:1"), 103, "no member");
      assert.equal(await code("user:ben"), 103);
      assert.equal(await code("dialog:1#ben,cem"), 103);
      assert.equal(await code("dialog:2#ann,ben"), "subscribed");
      assert.equal((await refused(a.publish("closed:1", body({})))).code, 103);
      assert.equal((await refused(a.publish("nowhere:1", body({})))).code, 102);
      assert.equal((await refused(a.publish("user:ann", body({})))).code, 103);
      assert.equal((await refused(a.history("closed:1", { limit: 1 }))).code, 103);
      assert.equal((await refused(a.presence("live:1"))).code, 103);
      await a.publish("live:1", body({ free: true }));
      assert.equal((await refused(a.rpc("user.me", body({})))).code, 101, "no person of this place");
      a.disconnect();
    });

    test("each error has its code, whichever way it goes", async () => {
      const a = await open("ann");
      const expect = async (code, promise) => assert.equal((await refused(promise)).code, code);
      await expect(104, a.rpc("no.such", body({})));
      await expect(107, a.rpc("session.login", body({ name: "" })));
      await expect(101, a.rpc("session.login", body({ name: "nobody", password: "wrong horse battery" })));
      await expect(101, a.rpc("room.list", body({})));
      await expect(108, a.history("past:1", { limit: 1 }));
      await expect(102, a.presence("nowhere:1"));
      assert.ok(way.read((await a.rpc("place.get", body({}))).data).version);
      await a.send(body({ nobody: "listens" })); // has no answer
      assert.equal(way.read((await a.rpc("place.get", body({}))).data).set_up, false, "and the line stands");
      a.disconnect();
    });

    test("a token that has ended is renewed at once, and the next one before its end", async () => {
      let asked = 0;
      const fresh = () => (asked++, jwt({ sub: "ann", exp: now() + 2 }));
      const c = way.client(server.url, { token: jwt({ sub: "ann", exp: now() - 5 }), getToken: async () => fresh() });
      let connects = 0;
      c.on("connected", () => connects++);
      c.connect();
      await within("connected", c.ready());
      await until("renewed twice inside the connection", () => asked >= 3);
      assert.equal(connects, 1);
      c.disconnect();
    });

    test("each close code reaches the client, who comes back or stays away", async () => {
      const disconnect = async (user, code) => {
        const { status, body: answer } = await server.request("/api/disconnect", {
          method: "POST",
          headers: { "X-API-Key": server.api_key, "Content-Type": "application/json" },
          body: JSON.stringify({ user, disconnect: { code, reason: `told ${code}` } }),
        });
        assert.deepEqual([status, JSON.parse(answer)], [200, { result: {} }]);
      };
      const a = await open("ann", { minReconnectDelay: 1, maxReconnectDelay: 10 });
      for (const code of [3000, 3001, 3004, 3005, 3006, 3008, 3009, 3010, 3011, 3012, 3013, 3014, 3499, 4000, 4499]) {
        const told = interrupted(a);
        await disconnect("ann", code);
        assert.equal((await told).code, code);
        await within("back", a.ready());
      }
      a.disconnect();
      for (const code of [3500, 3501, 3502, 3503, 3504, 3505, 3507, 3508, 3509, 3999, 4500, 4999]) {
        const b = await open("ben");
        const told = disconnected(b);
        await disconnect("ben", code);
        assert.equal((await told).code, code);
      }
    });

    test("the server subscribes, tells, and unsubscribes a client", async () => {
      const api = async (method, params) => {
        const { body: answer } = await server.request(`/api/${method}`, {
          method: "POST",
          headers: { "X-API-Key": server.api_key, "Content-Type": "application/json" },
          body: JSON.stringify(params),
        });
        return JSON.parse(answer).result;
      };
      const a = await open("ann");
      const channel = name("news");
      const told = [];
      for (const kind of ["subscribed", "publication", "unsubscribed"]) a.on(kind, (ctx) => ctx.channel === channel && told.push([kind, ctx]));
      await api("subscribe", { user: "ann", channel });
      await until("subscribed", () => told.length === 1);
      await api("publish", { channel, data: { n: 1 }, tags: { level: "info" } });
      await until("told", () => told.length === 2);
      assert.deepEqual(way.read(told[1][1].data), { n: 1 });
      assert.deepEqual(told[1][1].tags, { level: "info" });
      await api("unsubscribe", { user: "ann", channel });
      await until("unsubscribed", () => told.length === 3);
      assert.deepEqual(told.map(([kind]) => kind), ["subscribed", "publication", "unsubscribed"]);
      a.disconnect();
    });

    test("tags let through what is asked for", async () => {
      const a = await open("ann");
      const channel = name("news");
      const sub = await listen(a, channel, { tagsFilter: { op: "and", nodes: [{ key: "level", cmp: "in", vals: ["warn", "bad"] }, { key: "size", cmp: "gte", val: "10" }] } });
      for (const [level, size] of [["info", 20], ["warn", 9], ["warn", 10], ["bad", 100]]) {
        await server.request("/api/publish", {
          method: "POST",
          headers: { "X-API-Key": server.api_key, "Content-Type": "application/json" },
          body: JSON.stringify({ channel, data: { level, size }, tags: { level, size: String(size) } }),
        });
      }
      await until("two", () => sub.got.length === 2);
      assert.deepEqual(data(sub).map(way.read), [{ level: "warn", size: 10 }, { level: "bad", size: 100 }]);
      assert.deepEqual(sub.got.map((p) => p.offset), [3, 4]);
      const bad = a.newSubscription(name("live"), { tagsFilter: { key: "a", cmp: "ex" } });
      const told = new Promise((done) => bad.on("unsubscribed", done));
      bad.subscribe();
      assert.equal((await within("refused", told)).code, 107);
      a.disconnect();
    });

    test("what is refused leaves nothing behind, and names are what they seem", async () => {
      const a = await open("ann");
      const outcome = async (channel, options) => {
        const sub = a.newSubscription(channel, options);
        const told = new Promise((done) => sub.on("unsubscribed", done));
        sub.subscribe();
        return (await within(channel, told)).code;
      };
      const channel = name("closed");
      assert.equal(await outcome(channel, { token: jwt({ sub: "ann", channel, exp: now() + 1 }), tagsFilter: { key: "a", cmp: "ex" } }), 107);
      assert.equal(await outcome("dialog:a#ben,cem\u0000,ann"), 107);
      assert.equal(await outcome("$live:1"), 103, "private");
      assert.ok(way.read((await a.rpc("place.get", body({}))).data).version);
      a.disconnect();
    });

    test("one has as many channels as the limit says", async () => {
      const a = await open("ann");
      for (let i = 0; i < 19; i++) await listen(a, name("live")); // and the user's own
      const one = a.newSubscription(name("live"));
      const told = new Promise((done) => one.on("unsubscribed", done));
      one.subscribe();
      assert.equal((await within("refused", told)).code, 106);
      a.disconnect();
    });

    test("a subscription token opens a channel until it ends, and is renewed inside", async () => {
      const a = await open("ann");
      const channel = name("closed");
      let made = 0;
      const getToken = async (ctx) => (made++, jwt({ sub: "ann", channel: ctx.channel, exp: now() + 3, info: { seat: made } }));
      const sub = await listen(a, channel, { getToken });
      const ended = [];
      sub.on("unsubscribed", (ctx) => ended.push(ctx));
      await until("renewed twice", () => made >= 3);
      assert.deepEqual(ended, []);
      const foreign = a.newSubscription(name("closed"), { token: jwt({ sub: "ben", channel: `closed:${number}`, exp: now() + 60 }) });
      const told = new Promise((done) => foreign.on("unsubscribed", done));
      foreign.subscribe();
      assert.equal((await within("refused", told)).code, 103);
      a.disconnect();
    });

    test("a token names channels that are there with the connection, and recover with it", async () => {
      const proxy = await openProxy(server.port);
      const channel = name("news");
      const token = jwt({ sub: "ben", exp: now() + 600, channels: [channel, "live:told"] });
      const b = way.client(proxy.url, { token, minReconnectDelay: 300, maxReconnectDelay: 400 });
      const got = [];
      b.on("publication", (ctx) => got.push(ctx));
      const subscribed = [];
      b.on("subscribed", (ctx) => subscribed.push(ctx.channel));
      b.connect();
      await within("connect", b.ready());
      await until("both", () => subscribed.includes(channel) && subscribed.includes("live:told"));
      const a = await open("ann");
      const from = await listen(a, channel);
      await from.publish(body({ n: 1 }));
      await until("live", () => got.length === 1);
      const lost = interrupted(b);
      proxy.cutAll();
      await lost;
      await from.publish(body({ n: 2 }));
      await until("recovered", () => got.length === 2);
      assert.deepEqual(got.map((p) => [p.channel, way.read(p.data).n]), [[channel, 1], [channel, 2]]);
      a.disconnect();
      b.disconnect();
      proxy.close();
    });

    test("a token may name too many channels, or one that is not there", async () => {
      const many = Array.from({ length: 21 }, (_, i) => `live:many-${i}`);
      for (const [channels, code] of [[many, 3505], [["nowhere:1"], 3507], [["room:1"], 3507], [["user:1"], 3507]]) {
        const c = way.client(server.url, { token: jwt({ sub: "ben", exp: now() + 600, channels }) });
        const told = disconnected(c);
        c.connect();
        assert.equal((await told).code, code, channels[0]);
      }
    });
  });
}

test("nothing was lost, doubled or closed with 1011", () => nothingWrong(server.url));
