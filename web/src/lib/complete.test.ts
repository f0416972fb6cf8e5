import assert from "node:assert/strict";
import test from "node:test";
import { askedAt, completed, matching } from "./complete";

const person = (id: string, name: string, display: string) => ({ id, name, display, role: "member" as const });
const people = [person("3", "jonas", "Jonas Lindqvist"), person("4", "priya", "Priya Nair"), person("5", "teo", "Teo Jonasson")];

test("an @word before the caret asks, an address does not", () => {
  assert.deepEqual(askedAt("hi @Jo", 6), { at: 3, query: "jo" });
  assert.deepEqual(askedAt("@", 1), { at: 0, query: "" });
  assert.equal(askedAt("a@jo", 4), null);
  assert.equal(askedAt("@jo later", 9), null);
});

test("names come before other words of the display name", () => {
  assert.deepEqual(matching(people, "jo").map((p) => p.name), ["jonas", "teo"]);
  assert.deepEqual(matching(people, "na").map((p) => p.name), ["priya"]);
  assert.deepEqual(matching(people, "zz"), []);
});

test("taking a name replaces the word and leaves one space", () => {
  assert.deepEqual(completed("hi @jo there", { at: 3, query: "jo" }, "jonas"), { text: "hi @jonas there", caret: 10 });
});
