import assert from "node:assert/strict";
import test from "node:test";
import { EMOJIS, findEmojis, gridStep, nameOf } from "./emoji";

const all = EMOJIS.flatMap(({ emojis }) => emojis);

test("every emoji is one sign, is there once, and has a name of its own and is shown in colour", () => {
  const one = new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const { emoji, words } of all) {
    assert.equal([...one.segment(emoji)].length, 1, `${emoji} ${words}`);
    assert.match(emoji, /^(\p{Emoji_Presentation}|\p{Emoji}\uFE0F)$/u, words);
    assert.match(words, /^[a-z ]+(, [a-z ]+)?$/, emoji);
  }
  assert.equal(new Set(all.map(({ emoji }) => emoji)).size, all.length);
  assert.equal(new Set(all.map(nameOf)).size, all.length);
  assert.equal(EMOJIS[0]!.emojis.length, 8, "one row of those that are used most");
});

test("an emoji is found by the beginnings of its words, in any order; whole words and names come first", () => {
  const found = (typed: string) => findEmojis(typed).map(({ emoji }) => emoji);
  assert.deepEqual(found("thumbs"), ["👍", "👎"]);
  assert.deepEqual(found(" UP  thu "), ["👍"]);
  assert.deepEqual(found("tea"), ["🍵", "☕", "😂", "😢"]);
  assert.equal(found("note")[0], "🎵");
  assert.ok(found("note").includes("📝"));
  assert.deepEqual(found("xyzzy"), []);
  assert.equal(found("").length, all.length);
});

test("arrows go through rows of groups; a short row is entered at its end", () => {
  const step = (at: number, key: string) => gridStep([8, 11, 2], 8, at, key); // rows: 0-7, 8-15, 16-18, 19-20
  assert.equal(step(0, "ArrowRight"), 1);
  assert.equal(step(7, "ArrowRight"), 8);
  assert.equal(step(20, "ArrowRight"), 20);
  assert.equal(step(0, "ArrowLeft"), 0);
  assert.equal(step(3, "ArrowDown"), 11);
  assert.equal(step(13, "ArrowDown"), 18);
  assert.equal(step(18, "ArrowDown"), 20);
  assert.equal(step(20, "ArrowDown"), 20);
  assert.equal(step(20, "ArrowUp"), 17);
  assert.equal(step(9, "ArrowUp"), 1);
  assert.equal(step(1, "ArrowUp"), -1, "above the first row stands the field");
  assert.deepEqual([step(9, "Home"), step(9, "End")], [0, 20]);
});
