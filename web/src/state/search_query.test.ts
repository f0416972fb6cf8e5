import assert from "node:assert/strict";
import { test } from "node:test";
import { dayBefore, filtersOf, spans, toggleHas, withFilter, wordsOf } from "./search_query";

const short = (query: string) => filtersOf(query).map((one) => `${one.unwanted ? "-" : ""}${one.kind}=${one.value}`).join(" ");

test("operators are told from words", () => {
  assert.equal(short('tea from:ana -From:ben in:"Build team" has:link on:2026-11-01'), "from=ana -from=ben in=Build team has=link on=2026-11-01");
  assert.equal(short('"from:ana" xfrom:ana from: from:"" http://a'), "");
  assert.equal(short('"say from:ana" in:b'), "in=b");
  assert.equal(short('-"not from:ana" from:ben'), "from=ben");
  assert.equal(wordsOf('tea from:ana "two words" -in:x'), 'tea "two words"');
});

test("a choice replaces what was chosen before, and leaves the rest", () => {
  assert.equal(withFilter("tea from:ana", ["from"], "from", "ben"), "tea from:ben");
  assert.equal(withFilter("from:ana tea from:mira -from:ben", ["from"], "from", ""), "tea -from:ben");
  assert.equal(withFilter("tea before:2026-01-01 on:2026-02-01", ["on", "before", "after"], "after", "2026-03-01"), "tea after:2026-03-01");
  assert.equal(withFilter("", ["in"], "in", "Build team"), 'in:"Build team"');
  assert.equal(withFilter('in:"Build team" tea', ["in"], "in", ""), "tea");
});

test("what it has is turned on and off", () => {
  assert.equal(toggleHas("tea", "link"), "tea has:link");
  assert.equal(toggleHas("has:Link tea", "link"), "tea");
  assert.equal(toggleHas("-has:link", "link"), "-has:link has:link");
});

test("days are those of the reader, over the ends of months", () => {
  const now = new Date(2026, 2, 1, 12).getTime();
  assert.equal(dayBefore(0, now), "2026-03-01");
  assert.equal(dayBefore(1, now), "2026-02-28");
  assert.deepEqual(spans(now).map((one) => `${one.kind}:${one.value}`), [
    "on:2026-03-01", "on:2026-02-28", "after:2026-02-22", "after:2026-01-30", "after:2025-03-01",
  ]);
});
