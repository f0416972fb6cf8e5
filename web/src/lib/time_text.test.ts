import assert from "node:assert/strict";
import test from "node:test";
import { clock, dayLabel, dayLine, elapsed, exact, shortDay, since, took } from "./time_text";

const at = (day: number, hour = 12, minute = 0, month = 10, year = 2026): number =>
  new Date(year, month, day, hour, minute, 7).getTime();
const now = at(24, 10);

test("a day line says today, yesterday, then the day, and the year only of another one", () => {
  assert.equal(dayLine(at(24, 0), now), "Today");
  assert.equal(dayLine(at(23, 23, 59), now), "Yesterday");
  assert.equal(dayLine(at(22), now), "Sunday, 22 November");
  assert.equal(dayLine(at(31, 12, 0, 11, 2025), now), "Wednesday, 31 December 2025");
  assert.equal(dayLabel(at(24, 0), now), "Today, Tuesday, 24 November");
});

test("clock and exact time are in 24 hours", () => {
  assert.equal(clock(at(24, 9, 5)), "09:05");
  assert.equal(exact(at(24, 21, 41)), "Tuesday, 24 November 2026, 21:41:07");
});

test("when somebody was last here", () => {
  assert.equal(since(at(24, 9, 12), now), "since 09:12");
  assert.equal(since(at(23), now), "yesterday");
  assert.equal(since(0, now), "");
  assert.equal(shortDay(at(2), now), "2 November");
});

test("durations use the unit that fits", () => {
  assert.deepEqual([38, 2100, 14_000, 60_000, 185_000, 7_800_000, 345_600_000].map(took), [
    "38 ms", "2.1 s", "14 s", "1 min", "3 min 5 s", "2 h 10 min", "4 days",
  ]);
});

test("a running clock never goes below zero", () => {
  assert.deepEqual([-5, 9000, 61_000, 3_723_000].map(elapsed), ["0:00", "0:09", "1:01", "1:02:03"]);
});
