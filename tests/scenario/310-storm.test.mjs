// Promises 1 to 3 of the design: what was acknowledged is on disk, a retry never doubles, and a client that reconnects
// misses nothing and sees nothing twice. Twenty people write in five rooms while their lines are cut at random places,
// then while the server dies twice as in a power failure.
// SNUG_SEED chooses other places to cut.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, follow, listAll, nothingWrong, send, slow, until, within } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { atRandom, never, openProxy, seeded } from "../support/proxy.mjs";

const PEOPLE = 20;
const ROOMS = 5;
const ROOMS_EACH = 3;
const AT_ONCE = 4; // sends of one person that wait for their acknowledgement
const seed = Number(process.env.SNUG_SEED ?? 1);
const random = seeded(seed);

let server, proxy, team, rooms;
const sent = new Map(); // room -> key -> {id, offset, text, author}

before(async () => {
  server = await startPlace();
  proxy = await openProxy(server.port);
  team = await people(server, Array.from({ length: PEOPLE }, (_, i) => `person${i}`));
  rooms = [];
  for (let r = 0; r < ROOMS; r++) {
    const inside = team.filter((_, i) => (i + ROOMS - r) % ROOMS < ROOMS_EACH);
    const id = await room(inside[0], `room ${r}`, inside.slice(1));
    for (const one of inside) (one.rooms ??= []).push(id);
    rooms.push(id);
    sent.set(id, new Map());
  }
  for (const one of team) {
    one.client = await connected(proxy.url, { token: one.token });
    one.logs = [];
    for (const id of one.rooms) one.logs.push(await follow(one.client, id));
  }
});

/** Everybody writes their share of `count` messages; each send is repeated until it is acknowledged. */
async function everybodyWrites(phase, count, onAck = () => {}) {
  const share = Math.ceil(count / PEOPLE);
  let tries = 0;
  async function writer(one, lane) {
    for (let i = lane; i < share; i += AT_ONCE) {
      const id = one.rooms[Math.floor(random() * one.rooms.length)];
      const key = `${phase}-${one.name}-${i}`;
      const text = `${key} ${"so it goes ".repeat(1 + Math.floor(random() * 6))}`.trim();
      const ack = await send(one.client, id, text, key);
      sent.get(id).set(key, { id: ack.id, offset: ack.offset, text, author: one.id });
      tries += ack.tries;
      onAck();
    }
  }
  const lanes = team.flatMap((one) => Array.from({ length: AT_ONCE }, (_, lane) => writer(one, lane)));
  await within("all messages acknowledged", Promise.all(lanes), slow ? 150_000 : 90_000);
  return { count: share * PEOPLE, tries };
}

function sameLists(seen, listed, who) {
  const short = (m) => `${m.offset} ${m.id} ${m.author.id} ${m.key} ${m.text}`;
  const a = seen.map(short);
  const b = listed.map(short);
  const at = a.findIndex((line, i) => line !== b[i]);
  assert.ok(at < 0 && a.length === b.length, `${who}: ${a.length} seen, ${b.length} listed; first difference: ${a[at]} | ${b[at]}`);
}

/** Every client ends with exactly the server's list, in order; everything acknowledged is in it, once. */
async function everybodyHasAll() {
  for (const id of rooms) {
    const inside = team.filter((one) => one.rooms.includes(id));
    const listed = await listAll(inside[0].call, id, 1 + Math.floor(random() * 200));
    const acked = sent.get(id);
    assert.equal(new Set(listed.map((m) => `${m.author.id} ${m.key}`)).size, listed.length, "no key is there twice");
    assert.equal(listed.length, acked.size, `room ${id}: as many messages as acknowledged`);
    for (const m of listed) {
      assert.deepEqual({ id: m.id, offset: m.offset, text: m.text, author: m.author.id }, acked.get(m.key));
    }
    const offsets = listed.map((m) => m.offset);
    assert.deepEqual(offsets, [...offsets].sort((x, y) => x - y), "in order");
    for (const one of inside) {
      const log = one.logs.find((l) => l.room === id);
      await until(
        () => `${one.name} has all of room ${id}: is at ${log.top}, not ${offsets.at(-1)}`,
        () => log.top >= offsets.at(-1) && !log.held,
      );
      assert.deepEqual(log.faults, [], `${one.name} in room ${id}`);
      sameLists(log.messages(), listed, `${one.name} in room ${id}`);
    }
  }
}

const sum = (what) => team.flatMap((one) => one.logs).reduce((n, log) => n + log[what], 0);

test("everybody has exactly the server's list after 5,000 messages over lines that are cut at random", async (t) => {
  const began = performance.now();
  proxy.rule = atRandom(random, 50_000);
  proxy.cutAll(); // from now on the rule holds for all
  const { count, tries } = await everybodyWrites("cuts", slow ? 800 : 5000);
  proxy.rule = never;
  const cuts = proxy.cuts;
  await everybodyHasAll();
  await nothingWrong(server.url);
  assert.ok(cuts >= 2 * PEOPLE, `only ${cuts} cuts: the lines were not bad enough`);
  assert.ok(sum("recovered") > 0, "somebody recovered");
  t.diagnostic(
    `seed ${seed}: ${count} messages, ${cuts} cuts, ${tries - count} sends repeated, ` +
      `${sum("recovered")} recoveries, ${sum("refilled")} read on, ${Math.round(performance.now() - began)} ms`,
  );
});

test("everybody has exactly the server's list after kill -9 in the middle, twice", async (t) => {
  const began = performance.now();
  proxy.rule = atRandom(random, 200_000);
  const wanted = slow ? 400 : 2000;
  const kills = [wanted / 4, wanted / 2];
  let acked = 0;
  let dying = Promise.resolve();
  const writing = everybodyWrites("kills", wanted, () => {
    if (++acked !== kills[0]) return;
    kills.shift();
    dying = dying.then(async () => {
      await nothingWrong(server.url); // these counters die with it
      await server.kill();
      await server.restart();
    });
  });
  const { count, tries } = await writing;
  await dying;
  assert.deepEqual(kills, [], "it died twice");
  proxy.rule = never;
  await everybodyHasAll();
  await nothingWrong(server.url);
  t.diagnostic(`${count} messages, 2 kills, ${tries - count} sends repeated, ${Math.round(performance.now() - began)} ms`);
});

test("after another restart the same keys still give the first results", async () => {
  await server.kill();
  await server.restart();
  for (const one of team.slice(0, 5)) {
    const id = one.rooms[0];
    const [key, first] = [...sent.get(id)].find(([, m]) => m.author === one.id);
    const again = await one.call("message.send", { room: id, text: "something else", key });
    assert.equal(again.id, first.id);
    assert.equal(again.offset, first.offset);
  }
  await everybodyHasAll();
});
