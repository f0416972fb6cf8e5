// Accounts: the set-up link works once, invites are counted and end, log-ins are throttled, names are unique.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { until } from "../support/chat.mjs";
import { people, startPlace } from "../support/place.mjs";
import { sql } from "../support/sqlite.mjs";

const PASSWORD = "correct horse battery";
let server, ada;

before(async () => {
  server = await startPlace({ config: { limits: { logins: { burst: 0 } } } });
});

const join = (code, display, more = {}) => server.post("place.join", { code, display, password: PASSWORD, ...more });
const codeOf = (url) => url.split("#")[1];
async function invite(params = {}) {
  const made = await server.call("invite.create", params, ada.cookie);
  return { ...made, code: codeOf(made.url) };
}

test("the set-up link is new at each start, and only the last one works", async () => {
  assert.deepEqual((await server.call("place.get")).set_up, false);
  const old = codeOf(server.setup_url);
  assert.match(server.setup_url, /\/setup#[A-Za-z0-9-]{22,}$/);
  await server.kill();
  await server.restart();
  assert.notEqual(codeOf(server.setup_url), old);
  const params = { place: "Our place", display: "Ada Lovelace", password: PASSWORD };
  for (const secret of [old, "x".repeat(22)]) {
    const no = await server.post("place.setup", { secret, ...params });
    assert.ok(no.error && no.status >= 400, "an old or wrong secret is refused");
    assert.equal(no.error.field, "secret");
    assert.equal(no.cookie, "");
  }
  assert.equal((await server.call("place.get")).set_up, false, "nothing changed");
});

test("set-up makes the admin, the place's name and a first invite, once", async () => {
  const secret = codeOf(server.setup_url);
  const weak = await server.post("place.setup", { secret, place: "Our place", display: "Ada Lovelace", password: "short" });
  assert.deepEqual([weak.status, weak.error.code, weak.error.field], [400, 107, "password"]);
  const both = await Promise.all([1, 2].map((i) => server.post("place.setup", { secret, place: "Our place", display: `Ada ${i}`, password: PASSWORD })));
  const good = both.filter((r) => r.result);
  assert.equal(good.length, 1, "two at once: one wins");
  ada = { cookie: good[0].cookie, ...good[0].result };
  assert.equal(ada.user.role, "admin");
  assert.equal(ada.user.name, "ada");
  server.invite_code = codeOf(ada.invite_url);
  const again = await server.post("place.setup", { secret, place: "Mine now", display: "Eve", password: PASSWORD });
  assert.deepEqual([again.status, again.error.code], [409, 400]);
  const place = await server.call("place.get");
  assert.deepEqual([place.set_up, place.name], [true, "Our place"]);
  assert.deepEqual(place.limits, { text: 16000, upload_bytes: place.limits.upload_bytes, connections: 10 });
  assert.ok((await server.call("room.list", {}, ada.cookie)).rooms.some((r) => r.name === "general" && r.joined), "general has the admin");
  await server.kill();
  await server.restart();
  assert.equal(server.setup_url, null, "no link once an admin exists");
});

test("an invite lets in as many as it has uses, also at once, and not one more", async () => {
  const two = await invite({ uses: 2 });
  const tries = await Promise.all([1, 2, 3, 4, 5].map((i) => join(two.code, `Guest ${i}`)));
  const inside = tries.filter((r) => r.result);
  assert.equal(inside.length, 2);
  for (const no of tries.filter((r) => !r.result)) assert.deepEqual([no.status, no.error.code, no.error.field], [409, 400, "code"]);
  for (const one of inside) {
    assert.equal(one.result.user.role, "member");
    assert.equal((await server.call("user.me", {}, one.cookie)).user.id, one.result.user.id);
    assert.ok((await server.call("room.list", {}, one.cookie)).rooms.some((r) => r.id === "1" && r.joined));
  }
  assert.equal(new Set(inside.map((r) => r.result.user.name)).size, 2);
  const { users } = await server.call("user.list", { limit: 500 }, ada.cookie);
  assert.equal(users.filter((u) => u.display.startsWith("Guest")).length, 2, "nobody else was made");
  const dashed = await invite();
  assert.ok((await join(dashed.code.replace(/(.{4})/g, "$1-"), "Dash")).result, "dashes are ignored");
});

test("an invite that is revoked or has ended lets nobody in, whatever else is wrong with it", async () => {
  const revoked = await invite();
  const ended = await invite({ ttl_s: 60 });
  assert.ok(Math.abs(ended.expires - Date.now() - 60_000) < 20_000);
  const line = (await server.call("invite.list", {}, ada.cookie)).invites.find((i) => i.id === revoked.id);
  assert.deepEqual([line.uses, line.used, line.created_by.name], [25, 0, "ada"]);
  assert.ok(!JSON.stringify(line).includes(revoked.code), "the secret is shown only once");
  assert.deepEqual(await server.call("invite.revoke", { id: revoked.id }, ada.cookie), {});
  assert.equal((await server.post("invite.revoke", { id: revoked.id }, ada.cookie)).status, 403, "it is not there any more");
  await sql(server, `UPDATE invite SET expires_ms = expires_ms - 120000 WHERE id = ${ended.id};`);
  for (const code of [revoked.code, ended.code, "A".repeat(22), "?"]) {
    const no = await join(code, "Late");
    assert.deepEqual([no.error.code, no.error.field], [400, "code"], code);
  }
  assert.ok(!(await server.call("invite.list", {}, ada.cookie)).invites.some((i) => i.id === revoked.id));
});

test("names are unique, made from the display name, and follow their rule", async () => {
  const { code } = await invite({ uses: 100 });
  const first = await join(code, "Mira Ünal");
  const second = await join(code, "Mira Ünal");
  assert.equal(first.result.user.name, "mira");
  assert.match(second.result.user.name, /^mira\d+$/);
  assert.equal((await join(code, "Zoë")).result.user.name, "zoe");
  const taken = await join(code, "Other", { name: "mira" });
  assert.deepEqual([taken.status, taken.error.code, taken.error.field], [409, 400, "name"]);
  for (const name of ["Mira!", "-x", ".x", "a b", "ä", "a".repeat(33), "x/y", "x@y"]) {
    const no = await join(code, "Other", { name });
    assert.deepEqual([no.error?.code, no.error?.field], [107, "name"], name);
  }
  for (const name of ["0x", "a.b-c_d", "a".repeat(32)]) assert.equal((await join(code, "Other", { name })).result.user.name, name);
  const nook = await join(code, "Nook");
  assert.notEqual(nook.result.user.name, "nook", "the agent's name is taken");
  for (const display of ["", "   ", "x".repeat(81), "a\u0000b", "line\nend"]) {
    const no = await join(code, display);
    assert.deepEqual([no.error?.code, no.error?.field], [107, "display"], JSON.stringify(display));
  }
});

test("log-in takes the name or the display name without case, and answers the same for a wrong name or password", async () => {
  const by = (name, password = PASSWORD) => server.post("session.login", { name, password });
  for (const name of ["zoe", "ZOE", "Zoë", "zoë"]) assert.equal((await by(name)).result?.user.name, "zoe", name);
  assert.equal((await by("Mira Ünal")).status, 401, "two people have this display name");
  const wrong = await by("zoe", "not her password");
  const nobody = await by("nobody-of-that-name", "not her password");
  assert.deepEqual([wrong.status, wrong.error], [nobody.status, nobody.error]);
  assert.equal(wrong.error.code, 101);
  assert.equal((await by("nook", "")).error?.code, 107);
  assert.equal((await by("nook", "x".repeat(12))).status, 401, "an agent has no password");
  const [dan] = await people(server, ["dan"]);
  assert.equal((await by(dan.name, "x".repeat(12))).error.code !== undefined, true, "without a password nobody logs in");
});

test("failed log-ins are throttled by account and address with 111, wrong invites too; who is in stays in", async () => {
  const strict = await startPlace({ config: { limits: { logins: { burst: 3, per_s: 0.5 } } } });
  const admin = await strict.setup({ display: "Zoe" });
  const by = (password) => strict.post("session.login", { name: "zoe", password });
  const codes = [];
  let refusal;
  for (let i = 0; i < 8; i++) {
    const { status, error, headers } = await by(`wrong password ${i}`);
    codes.push(error.code);
    if (error.code === 111) refusal = { status, error, headers };
  }
  assert.deepEqual(codes.slice(0, 4), [101, 101, 101, 111]);
  assert.equal(refusal.status, 429);
  assert.ok(refusal.error.retry_ms > 0 && refusal.error.retry_ms <= 2000, `${refusal.error.retry_ms}`);
  assert.ok(Number(refusal.headers.get("retry-after")) >= 1);
  assert.equal((await by(PASSWORD)).error?.code, 111, "the right password has to wait too");
  const guess = await strict.post("place.join", { code: "A".repeat(22), display: "Eve", password: PASSWORD });
  assert.equal(guess.error.code, 111, "guessing codes from that address as well");
  assert.ok((await strict.call("user.me", {}, admin.cookie)).user, "who is in stays in");
  const later = await until("after a while she gets in", async () => (await by(PASSWORD)).result, 15_000);
  assert.equal(later.user.name, "zoe");
});
