// Whether the server can take a user, from real state (S11): /readyz names what is lacking, and is ready again after it. The
// registry's own answer: tests/unit/manager_wait_test.c.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nothingWrong, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { Server } from "../support/server.mjs";
import { lock } from "../support/sqlite.mjs";
import { HELD, hold } from "../support/standstill.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada, id;

before(async () => {
  server = await startPlace({ env: HELD, args: ["--reactors", "2"] });
  [ada] = await people(server, ["ada"]);
  id = await room(ada, "here");
});

const readyz = async () => {
  const answer = await fetch(`${server.url}/readyz`);
  return { status: answer.status, words: await answer.text() };
};
const isReady = () => until("ready again", async () => (await readyz()).status === 200);
const isNot = (words) =>
  until(`/readyz says ${words}`, async () => {
    const now = await readyz();
    return now.status === 503 && words.test(now.words) && now;
  });

test("S11 a database that somebody else holds is named, and ready again after", async () => {
  await isReady();
  const release = await lock(server);
  const refusal = await ada.post("message.send", { room: id, text: "during", key: "during" });
  assert.ok([100, 108].includes(refusal.error?.code), JSON.stringify(refusal));
  assert.equal((await isNot(/^database cannot be written\n$/)).words, "database cannot be written\n");
  await release();
  await isReady();
  assert.ok(await ada.call("message.send", { room: id, text: "after", key: "after" }));
});

test("S11 a disk with less room than the limit is named, and reading goes on", async () => {
  const full = await Server.start({ args: ["--disk.free_min", "999999999999999999"] });
  const answer = await fetch(`${full.url}/readyz`);
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /disk .*full/i);
  assert.equal((await full.post("place.get")).status, 200);
  assert.equal((await full.stop()).code, 0);
});

test("S11 a reactor that stands still is named by its number, the other one serves, and both are ready again after", async () => {
  await isReady();
  const wires = []; // one on each: the second goes where fewer are
  for (let i = 0; i < 2; i++) wires.push(await Wire.connect(server.url, { token: ada.token }));
  hold("time reactor 1");
  after(() => hold(""));
  const { words } = await isNot(/^reactor 1 has not turned for \d+ ms\n$/);
  assert.ok(Number(/\d+ ms/.exec(words)[0].slice(0, -3)) >= 1000, words);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.equal((await ada.call("user.me")).user.id, ada.id, "HTTP has no reactor");
  const answered = [false, false];
  const asked = wires.map((wire, i) => wire.ask("ping").then(() => (answered[i] = true)));
  await until("the other reactor answers", () => answered.some(Boolean));
  assert.equal(answered.filter(Boolean).length, 1);
  hold("");
  await Promise.all(asked);
  await isReady();
  await Promise.all(wires.map((wire) => wire.close()));
  await nothingWrong(server.url);
});

test("S11 a server that stops says so, or nothing any more", async () => {
  const wire = await Wire.connect(server.url, { token: ada.token });
  const stopped = server.stop();
  const seen = [];
  for (let going = true; going; )
    await readyz().then(
      ({ status, words }) => seen.push(`${status} ${words}`),
      () => (going = false),
    );
  assert.equal((await stopped).code, 0);
  server.gone = true;
  assert.deepEqual(await wire.closed(), { code: 3001, reason: "shutdown" });
  for (const one of seen) assert.match(one, /^(200 ready|503 [^]*(stopping|takes no connections))/);
});
