// The arithmetic of the table: medians, ratios round by round, what counts, what holds. No server runs here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "./generator.mjs";
import { cpuBetween, threadsBetween } from "./proc.mjs";
import { median, table } from "./report.mjs";

const about = { cpu: "a CPU", cores: 4, kernel: "6", date: "a day", commit: "abc", rounds: 3, seconds: 5, others: 0.1 };
const round = (us, p50_ms = 1) => ({ unit_ns: us * 1000, report: { p50_us: p50_ms * 1000, p99_us: 5000 }, fault: "" });
const cells = (results, name) =>
  table(results, about)
    .split("\n")
    .find((line) => line.startsWith(`| ${name} `))
    .split("|")
    .map((cell) => cell.trim());

test("a median is the middle one, or the mean of both in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("a ratio is to the floor of the same round", () => {
  // 4/4, 10/5, 6/2: by rounds the median is 2; the medians' ratio would be 6/4
  const row = cells({ fan: { floor: [4, 5, 2].map((us) => round(us)), snug: [4, 10, 6].map((us) => round(us)) } }, "fan");
  assert.deepEqual(row.slice(3, 5), ["4.00 µs", "2.00"]);
});

test("a round that does not count is in no number, and is named", () => {
  const lost = { report: {}, fault: "3 lost" };
  const row = cells({ fan: { floor: [round(4), round(4), lost], snug: [lost, round(5), round(99)] } }, "fan");
  assert.deepEqual(row.slice(3, 5), ["4.00 µs", "1.25 (1 of 3 rounds did not count)"]);
});

test("a number holds up to its bound and not beyond", () => {
  const held = (us) => cells({ fan: { floor: [round(10)], snug: [round(us)] } }, "fan").at(-2);
  assert.equal(held(11), "yes"); // 1.10
  assert.equal(held(11.1), "**no**");
});

test("busy holds only with its latency", () => {
  const held = (p50_ms) => cells({ busy: { floor: [round(10)], snug: [round(5, p50_ms)] } }, "busy").at(-2);
  assert.equal(held(8), "yes");
  assert.equal(held(8.1), "**no**");
});

test("two reactors are not judged where they have no two cores", () => {
  const one = { ...round(1), per_s: 100, busiest_ns: 1000 };
  const two = { ...round(1), per_s: 110, busiest_ns: 500 };
  const results = { cores: { "1 reactor": [one], "2 reactors": [two] } };
  const line = (cores) => table(results, { ...about, cores });
  assert.match(line(2), /1\.10 \(by the busiest thread's CPU 2\.00\).*needs 3 cores/);
  assert.match(line(3), /\*\*no\*\*/);
});

test("CPU between two looks is by threads, and by the process's ticks if a thread has ended", () => {
  const look = (ticks_ns, ...threads) => ({
    ticks_ns,
    threads: new Map(threads.map(([tid, ns]) => [tid, { name: `t${tid}`, ns }])),
  });
  const before = look(1e7, ["1", 100], ["2", 50]);
  assert.equal(cpuBetween(before, look(3e7, ["1", 400], ["2", 60], ["3", 7])), 317);
  assert.equal(cpuBetween(before, look(3e7, ["1", 400])), 2e7);
  assert.deepEqual(
    threadsBetween(before, look(3e7, ["1", 400], ["2", 50], ["3", 7])).map((t) => t.ns),
    [300, 7],
  );
});

test("a report counts if the generator says so and messages came as they were asked for", () => {
  const good = { ok: true, why: "", exit: 0, log: "", deflate: true, frames: 10, compressed: 10 };
  assert.equal(fault(good), "");
  assert.equal(fault({ ...good, ok: false, why: "3 lost" }), "3 lost");
  assert.match(fault({ ...good, exit: 1 }), /ended with 1/);
  assert.match(fault({ ...good, compressed: 4 }), /uncompressed/);
});

test("what lasts is held by its rate, what is read by its slowest word, a recovery by the disk", () => {
  const rate = (per_s) => [{ per_s, fault: "" }];
  const held = (results, name) => cells(results, name).at(-2);
  const posts = (per_s) => ({ posts: { "a row a commit": rate(100), "snug, 256": rate(per_s) } });
  assert.equal(held(posts(1000), "posts"), "yes");
  assert.equal(held(posts(999), "posts"), "**no**");
  const time = (p99_us) => [{ report: { p50_us: 10, p99_us }, fault: "" }];
  assert.equal(held({ searches: { a: time(50_000), b: time(1) } }, "searches"), "yes");
  assert.equal(held({ searches: { a: time(1), b: time(50_001) } }, "searches"), "**no**");
  const late = (p50_us, p99_us) => ({
    postslat: { "a row a commit": [{ report: { p50_us: 300, p99_us: 400 } }], snug: [{ report: { p50_us, p99_us } }] },
  });
  assert.equal(held(late(900, 10_000), "postslat"), "yes");
  assert.equal(held(late(901, 10_000), "postslat"), "**no**");
  assert.equal(held(late(900, 10_001), "postslat"), "**no**");
  const page = (us) => [{ unit_ns: us * 1000, report: {}, fault: "" }];
  assert.equal(held({ pages: { "of 1,000": page(40), "of 1,000,000": page(52) } }, "pages"), "yes");
  assert.equal(held({ pages: { "of 1,000": page(51), "of 1,000,000": page(51) } }, "pages"), "**no**");
  const read = (disk_read_bytes) => [{ unit_ns: 1, report: { disk_read_bytes }, fault: "" }];
  assert.equal(held({ recovery: { "of 1,000,000": read(0) } }, "recovery"), "yes");
  assert.equal(held({ recovery: { "of 1,000,000": read(4096) } }, "recovery"), "**no**");
});
