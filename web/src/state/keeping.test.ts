import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bounds, Keep } from "../net/types";
import { boundsAfter, DAY_MS, keepsLess, keptWords, placeWords, previewWords, sizeWords, spanWords, wantedOf } from "./keeping";

const bounds = (days = 0, messages = 0, size_bytes = 0): Bounds => ({ age_ms: days * DAY_MS, messages, size_bytes });
const keep = (now: Bounds, most: Bounds = bounds()): Keep => ({ now, set: now, most });

test("how long and how much, as one says it", () => {
  assert.deepEqual([1, 30, 365, 730, 1.5].map((days) => spanWords(days * DAY_MS)), ["a day", "30 days", "a year", "2 years", "36 h"]);
  assert.deepEqual([1e8, 1e9, 1e12, 1_500_000_000].map(sizeWords), ["100 MB", "1 GB", "1 TB", "1.5 GB"]);
});

test("the configuration is the outer bound, and 0 is what it says", () => {
  const of = keep(bounds(), bounds(30, 100));
  assert.deepEqual(boundsAfter(of, { keep_days: 7, keep_messages: 0, keep_bytes: 1e9 }), bounds(7, 100, 1e9));
  assert.deepEqual(boundsAfter(of, { keep_days: 60, keep_messages: 0, keep_bytes: 0 }), bounds(30, 100));
  assert.deepEqual(wantedOf(keep(bounds(7, 5, 9))), { keep_days: 7, keep_messages: 5, keep_bytes: 9 });
});

test("only what is closer than before may take messages", () => {
  assert.equal(keepsLess(bounds(), bounds(1)), true);
  assert.equal(keepsLess(bounds(30), bounds(29)), true);
  assert.equal(keepsLess(bounds(30, 5), bounds(60, 4)), true);
  assert.equal(keepsLess(bounds(0, 0, 9), bounds(0, 0, 8)), true);
  assert.equal(keepsLess(bounds(30), bounds(30)), false);
  assert.equal(keepsLess(bounds(30), bounds(31)), false);
  assert.equal(keepsLess(bounds(30, 5, 9), bounds()), false);
});

test("what happens is said bound by bound", () => {
  assert.equal(placeWords(bounds()), "Messages are kept for ever.");
  assert.equal(placeWords(bounds(0, 1)), "Each room keeps its newest message.");
  assert.equal(
    placeWords(bounds(30, 1000, 1e9)),
    "Messages older than 30 days are deleted. Each room keeps its newest 1,000 messages. While the database is over 1 GB, the oldest messages of all rooms are deleted.",
  );
});

test("a room says the closer bound, and whose it is", () => {
  assert.equal(keptWords({}, undefined), "");
  assert.equal(keptWords({}, keep(bounds())), "");
  assert.equal(keptWords({ keep_days: 7 }, undefined), "The owners of this room keep its messages for 7 days.");
  assert.equal(keptWords({ keep_days: 7 }, keep(bounds(30))), "The owners of this room keep its messages for 7 days.");
  assert.equal(keptWords({ keep_days: 60 }, keep(bounds(30))), "This place keeps messages for 30 days.");
  assert.equal(keptWords({}, keep(bounds(0, 1000))), "This place keeps the newest 1,000 messages of each room.");
  assert.equal(keptWords({ keep_messages: 5 }, keep(bounds(0, 1000))), "The owners of this room keep its newest 5 messages.");
  assert.equal(keptWords({}, keep(bounds(0, 0, 1e9))), "The oldest messages of all rooms go while there are more than 1 GB.");
});

test("how many will go is said as exactly as it is known", () => {
  const of = (messages: number, about = false, more = false) => previewWords({ messages, about, more });
  assert.deepEqual([of(1), of(1204), of(4000, true), of(52_000, false, true), of(4000, true, true)], [
    "1 message", "1,204 messages", "about 4,000 messages", "more than 52,000 messages", "more than 4,000 messages",
  ]);
});
