import assert from "node:assert/strict";
import { test } from "node:test";
import { closeSentence, closeWords, staysAway, usualOf } from "./closes";
import { amount, binaryTop, gather, gatherTimes, lasted, niceTop, storage } from "./figures";

test("how long a line was open is said in two units at most", () => {
  const said = [200, 14_000, 21 * 60_000, 6 * 3_600_000 + 120_000, 217 * 3_600_000].map(lasted);
  assert.deepEqual(said, ["0.2 s", "14 s", "21 min", "6 h 02 min", "9 d 1 h"]);
});

test("bytes that wait are counted in KiB, bytes on disk in MB", () => {
  assert.deepEqual([0, 12_288, 742 * 1024, 1_048_576, 1_600_000].map(amount), ["0 B", "12 KiB", "742 KiB", "1 MiB", "1.5 MiB"]);
  assert.deepEqual([512, 318_400_000, 41e9].map((n) => storage(n).join(" ")), ["512 B", "318 MB", "41 GB"]);
});

test("a series is gathered into parts, and a part without samples is a hole", () => {
  assert.deepEqual(gather([1, 5, null, null, 3, 4], 3, "max"), [5, null, 4]);
  assert.deepEqual(gather([1, 5, null, null, 3, 4], 3, "mean"), [3, null, 3.5]);
  assert.deepEqual(gather([1, 5, null, null, 3, 4], 3, "last"), [5, null, 4]);
  assert.deepEqual(gatherTimes([10, 20, 30, 40, 50], 3), [20, 40, 50]);
  assert.deepEqual(gather([], 3, "last"), []);
});

test("the top of a scale is round, not below the highest value, and halves into a round one", () => {
  assert.deepEqual([14, 58, 13.2, 7.5, 0].map((n) => niceTop(n, 2)), [20, 60, 20, 8, 2]);
  assert.equal(binaryTop(700_000, 1024), 1_048_576);
  for (let n = 0.001; n < 1e6; n *= 1.7) assert.ok(niceTop(n, 0.001) >= n, String(n));
});

test("close codes have words, a kind and an icon; unknown ones say what the server said", () => {
  assert.equal(closeSentence(3008, "slow", 1_048_576), "Too slow: 1 MiB was waiting");
  assert.equal(closeSentence(3001, "shutdown", 0), "Server stopped");
  assert.equal(closeSentence(4321, "moved", 0), "moved");
  assert.equal(closeWords(1011).kind, "trouble");
  assert.equal(usualOf({ 1001: 274, 3001: 27, 1006: 11 }), 301);
  assert.deepEqual([3008, 3503, 4500, 1001].map(staysAway), [false, true, true, false]);
});
