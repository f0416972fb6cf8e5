// S55, S66 over the real binary: a database that somebody else keeps is waited for, but never longer than 25 s.
import assert from "node:assert/strict";
import { test } from "node:test";
import { slow } from "../support/chat.mjs";
import { people, startPlace } from "../support/place.mjs";
import { snug } from "../support/server.mjs";
import { lock } from "../support/sqlite.mjs";

test("test_database_deadline_is_kept", async (t) => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  assert.equal((await server.stop()).code, 0);

  const opened = performance.now();
  await server.restart();
  const normal = performance.now() - opened;
  assert.ok(normal < (slow ? 5000 : 1000), `${normal} ms: a normal start`);
  await server.stop();

  const release = await lock(server, { exclusive: true });
  const began = performance.now();
  const { code, signal, out, err } = await snug(["serve", "--data", server.data, "--ready-json", "--listen", "127.0.0.1:0"]);
  const took = performance.now() - began;
  assert.deepEqual([code, signal], [1, null]);
  assert.equal(out, "", "it never said that it is ready");
  assert.match(err, /locked by another program/, "it says why");
  assert.ok(took > 23_900 && took < (slow ? 30_000 : 26_100), `${Math.round(took)} ms`);

  await release();
  await server.restart();
  assert.equal((await ada.call("user.me")).user.name, "ada", "and afterwards all is there");
  t.diagnostic(`normal start ${Math.round(normal)} ms, gave up after ${Math.round(took)} ms: ${err.trim().split("\n").at(-1)}`);
});
