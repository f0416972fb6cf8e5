// Another process holds the database: live connections and reading go on, sends are refused with a temporary error and
// succeed afterwards, nothing is lost. MANAGER.md S1, S55; DESIGN.md, Failure, by part.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, follow, listAll, nothingWrong, send, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { lock } from "../support/sqlite.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, bob, id;

before(async () => {
  server = await startPlace();
  [ada, bob] = await people(server, ["ada", "bob"]);
  id = await room(ada, "locked", [bob]);
  for (let i = 0; i < 10; i++) await ada.call("message.send", { room: id, text: `before ${i}`, key: `before${i}` });
});

test("while another process holds the lock, connected clients read on, and sends are refused and succeed later", async (t) => {
  const b = await connected(server.url, { token: bob.token });
  const log = await follow(b, id);
  const wire = await Wire.connect(server.url, { token: ada.token });
  await wire.ask("subscribe", { channel: `room:${id}` });
  const release = await lock(server);
  const began = performance.now();
  const stuck = wire.rpc("message.send", { room: id, text: "during", key: "during" });

  assert.equal((await wire.rpc("message.list", { room: id })).result.messages.length, 10, "reading goes on");
  assert.equal((await wire.rpc("message.search", { query: "before" })).result.messages.length, 10);
  assert.ok((await wire.ask("history", { channel: `room:${id}`, limit: 5 })).history.publications.length === 5);
  assert.ok((await wire.ask("presence", { channel: `room:${id}` })).presence);
  assert.ok((await wire.ask("ping")).ping);
  await wire.rpc("typing.start", { room: id });
  await until("live delivery goes on", () => log.passing.some((e) => e.type === "typing"));
  const quick = performance.now() - began;
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);

  const { error } = await stuck;
  assert.ok([100, 108].includes(error?.code), JSON.stringify(error));
  assert.equal(log.messages().length, 0, "nobody saw what was not committed");
  const refusal = (await wire.rpc("message.send", { room: id, text: "repeated", key: "repeated" })).error;
  assert.ok([100, 108, 111].includes(refusal?.code), JSON.stringify(refusal));
  const again = send(await connected(server.url, { token: ada.token }), id, "repeated", "repeated");
  await until("/readyz names it", async () => {
    const answer = await fetch(`${server.url}/readyz`);
    return answer.status === 503 && (await answer.text()).length > 0;
  });
  await release();
  assert.ok((await again).id, "who repeats gets through");
  const second = await wire.rpc("message.send", { room: id, text: "during", key: "during" });
  assert.ok(second.result, "the first one's key is free to use");
  await until("ready again", async () => (await fetch(`${server.url}/readyz`)).status === 200);
  const listed = await listAll(ada.call, id);
  assert.deepEqual(listed.slice(10).map((m) => m.key).sort(), ["during", "repeated"]);
  await until("bob has both", () => log.messages().length === 2);
  assert.deepEqual(log.faults, []);
  assert.deepEqual(log.messages(), listed.slice(10));
  t.diagnostic(`reads, presence and typing under the lock took ${Math.round(quick)} ms`);
  b.disconnect();
  await wire.close();
  await nothingWrong(server.url);
});

test("a user who is connected stays reachable and others can connect while the lock is held", async () => {
  const first = await Wire.connect(server.url, { token: ada.token });
  const release = await lock(server);
  const began = performance.now();
  const second = await Wire.connect(server.url, { token: ada.token });
  assert.ok(performance.now() - began < (slow ? 5000 : 1000), "connecting by token needs no write");
  assert.ok((await second.ask("subscribe", { channel: `room:${id}` })).subscribe.epoch);
  assert.ok((await first.rpc("room.list")).result.rooms.length >= 1);
  await release();
  await first.close();
  await second.close();
});

test("a server that finds its database locked waits, and starts when it is freed", async () => {
  await server.stop();
  const release = await lock(server, { exclusive: true });
  const began = performance.now();
  const starting = server.restart();
  let up = false;
  starting.then(() => (up = true), () => {});
  await until("it had time to start", () => performance.now() - began > 1500);
  assert.equal(up, false, "it waits");
  await release();
  await starting;
  assert.equal((await listAll(ada.call, id)).length, 12);
});
