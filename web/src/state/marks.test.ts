import assert from "node:assert/strict";
import { test } from "node:test";
import { markedParts, nothingFound, plainPart } from "./marks";

const show = (text: string, marks: [number, number][]) =>
  markedParts(text, marks).map(({ text: part, marked }) => (marked ? `[${part}]` : part)).join("");

test("marks are put around the hits", () => {
  assert.equal(show("the backup and its checksum", [[4, 6], [19, 8]]), "the [backup] and its [checksum]");
  assert.equal(show("backup", [[0, 6]]), "[backup]");
  assert.equal(show("nothing here", []), "nothing here");
});

test("a mark counts characters, not UTF-16 units", () => {
  assert.equal(show("👍👍 ok", [[3, 2]]), "👍👍 [ok]");
});

test("marks that overlap, come in any order or pass the end do no harm", () => {
  assert.equal(show("abcdef", [[2, 3], [0, 3]]), "[abc][de]f");
  assert.equal(show("abc", [[1, 99], [7, 2]]), "a[bc]");
});

test("a long text is shown around its first hit", () => {
  const text = `${"x".repeat(600)} needle ${"y".repeat(600)}`;
  const shown = show(text, [[601, 6]]);
  assert.match(shown, /^… x+ \[needle\] y+ …$/);
  assert.ok(shown.length < 520);
  assert.equal(show(`${"many words ".repeat(20)}needle`, [[220, 6]]).slice(0, 14), "… many words m");
});

test("links and bold words show as they read", () => {
  assert.equal(plainPart("- [releases](/room/2/4) **Jonas**: 2 ** 3 [x] (y)"), "- releases Jonas: 2 ** 3 [x] (y)");
});

test("what is said of an empty result depends on how many words there were", () => {
  assert.equal(nothingFound("backup"), "No message has this word.");
  assert.equal(nothingFound("backup checksum"), "No message has both words. Try one of them.");
  assert.equal(nothingFound("backup from:ana"), "No message fits all of this.");
});
