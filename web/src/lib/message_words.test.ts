import assert from "node:assert/strict";
import test from "node:test";
import { messageWords } from "./message_words";

test("a message in one line is its words, or else its files, whose names are no Markdown", () => {
  const files = [{ id: "7", name: "_notes_ *old*.txt", type: "text/plain", size: 1 }];
  assert.equal(messageWords({ text: "**Look** here", files }), "Look here");
  assert.equal(messageWords({ text: "", files }), "_notes_ *old*.txt");
  assert.equal(messageWords({ text: "" }), "");
  assert.equal(messageWords({ text: "x".repeat(400) }).length, 300);
});
