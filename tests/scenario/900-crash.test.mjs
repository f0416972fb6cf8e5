// The end of the server, wanted and unwanted: SIGTERM under load ends within 5 s with 3001 for everybody and nothing
// acknowledged lost; kill -9 at any moment leaves nothing that needs a hand.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { client, connected, follow, listAll, nothingWrong, send, slow, until, within } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Server } from "../support/server.mjs";
import { Wire } from "../support/wire.mjs";

let server, team, id;

before(async () => {
  server = await startPlace();
  team = await people(server, ["ada", "bob", "cat", "dan", "eve"]);
  id = await room(team[0], "end", team.slice(1));
});

/** Keeps writing until told to stop; what was acknowledged is in acked. */
function writeOn(c, name, acked) {
  let on = true;
  const lanes = [0, 1, 2].map(async (lane) => {
    for (let i = 0; on; i++) {
      const key = `${name}-${lane}-${i}`;
      const ack = await send(c, id, `text of ${key}`, key, () => on).catch(() => null);
      if (ack) acked.set(key, ack);
    }
  });
  return async () => {
    on = false;
    c.disconnect();
    await Promise.all(lanes);
  };
}

async function allAcknowledgedAreThere(acked) {
  const listed = await listAll(team[0].call, id);
  const byKey = new Map(listed.map((m) => [m.key, m]));
  assert.equal(byKey.size, listed.length, "no key is there twice");
  for (const [key, ack] of acked) {
    const m = byKey.get(key);
    assert.ok(m, `${key} was acknowledged and is not there`);
    assert.deepEqual([m.id, m.offset, m.time], [ack.id, ack.offset, ack.time]);
  }
  return listed;
}

test("SIGTERM under load: everybody gets 3001, exit 0 within 5 s, everything acknowledged is there at the next start", async (t) => {
  const acked = new Map();
  const wires = await Promise.all(team.map((one) => Wire.connect(server.url, { token: one.token })));
  for (const wire of wires) await wire.ask("subscribe", { channel: `room:${id}` });
  const stuck = await Wire.connect(server.url, { token: team[0].token });
  await stuck.ask("subscribe", { channel: `room:${id}` });
  stuck.socket.pause(); // one that does not even read its close
  const stops = [];
  for (const one of team) stops.push(writeOn(await connected(server.url, { token: one.token }), one.name, acked));
  await until("they are writing", () => acked.size > 100);
  const stopping = server.stop();
  for (const wire of wires) assert.deepEqual(await wire.closed(), { code: 3001, reason: "shutdown" });
  const { code, signal, ms } = await stopping;
  assert.deepEqual([code, signal], [0, null], server.log.slice(-2000));
  assert.ok(ms < (slow ? 15_000 : 5000), `${ms} ms`);
  const atStop = acked.size;
  for (const stop of stops) await stop();
  await server.restart();
  await allAcknowledgedAreThere(acked);
  await nothingWrong(server.url);
  stuck.socket.terminate();
  t.diagnostic(`${atStop} messages acknowledged, stopped in ${ms} ms`);
});

test("the reference client comes back by itself after 3001, and recovers", async () => {
  const c = await connected(server.url, { token: team[1].token });
  const log = await follow(c, id);
  const codes = [];
  c.on("connecting", (ctx) => codes.push(ctx.code));
  await server.stop();
  await until("it knows", () => codes.length > 0);
  assert.equal(codes[0], 3001);
  await server.restart();
  await within("back", c.ready());
  await team[0].call("message.send", { room: id, text: "we are back", key: "back" });
  await until("the new message", () => log.messages().some((m) => m.text === "we are back"));
  assert.deepEqual(log.faults, []);
  c.disconnect();
});

test("kill -9 at many moments under load: nothing acknowledged is missing or doubled, every start is quick", async (t) => {
  const acked = new Map();
  const rounds = slow ? 4 : 12;
  const starts = [];
  for (let round = 0; round < rounds; round++) {
    const stops = [];
    for (const one of team) stops.push(writeOn(await connected(server.url, { token: one.token }), `${round}-${one.name}`, acked));
    const enough = acked.size + 10 + round * 7; // a different moment each time
    await until("they are writing", () => acked.size > enough);
    await server.kill();
    for (const stop of stops) await stop();
    const began = performance.now();
    await server.restart();
    starts.push(performance.now() - began);
    await allAcknowledgedAreThere(acked);
  }
  const listed = await allAcknowledgedAreThere(acked);
  const wire = await Wire.connect(server.url, { token: team[0].token });
  const seen = [];
  for (let at = 0; ; at = seen.at(-1)) {
    const { history } = await wire.ask("history", { channel: `room:${id}`, limit: 1000, since: { offset: at, epoch: "" } });
    if (!history.publications) break;
    seen.push(...history.publications.map((p) => p.offset));
  }
  assert.deepEqual(seen, seen.map((_, i) => i + 1), "the stream has no hole over all crashes");
  assert.ok(listed.at(-1).offset <= seen.length);
  await wire.close();
  t.diagnostic(`${rounds} kills, ${acked.size} acknowledged, slowest start ${Math.round(Math.max(...starts))} ms`);
});

test("a second server does not take a folder that is in use", async () => {
  await assert.rejects(Server.start({ data: server.data }), /ended before it was ready \(1\)/);
  assert.ok((await team[0].call("user.me")).user, "the first one goes on");
});

test("a client that connects while the server stops is told or refused, never left hanging", async () => {
  const c = client(server.url, { token: team[2].token }, { timeout: 2000 });
  const stopping = server.stop();
  c.connect();
  assert.equal((await stopping).code, 0);
  await server.restart();
  await within("connected after all", c.ready());
  c.disconnect();
});
