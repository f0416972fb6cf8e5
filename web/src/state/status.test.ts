import assert from "node:assert/strict";
import test from "node:test";
import { statusOf } from "./status";
import { sweepTyping, typingWords, withTyping } from "./typing";

const link = { state: "connected" as const, rtt_ms: 1, since: 0, retry_at: 0, code: 0, reason: "", level: "normal", clock_ms: 0 };
const quiet = { link, now: 10_000, waiting: 0, gap: false, failed: "", again: false, back: 0, uploading: "", typing: "" };

test("silence is the good state", () => {
  assert.deepEqual(statusOf(quiet), { state: "none", words: "", action: "" });
});

test("U36: a break has words only after two seconds", () => {
  const broken = { ...link, state: "reconnecting" as const, since: 9000 };
  assert.equal(statusOf({ ...quiet, link: broken }).words, "");
  assert.equal(statusOf({ ...quiet, link: broken, now: 11_000 }).state, "reconnecting");
});

test("U37: it counts down and offers to try now", () => {
  const broken = { ...link, state: "reconnecting" as const, since: 1, retry_at: 17_500 };
  const status = statusOf({ ...quiet, link: broken });
  assert.equal(status.words, "Connecting again in 8 s. You can keep writing.");
  assert.equal(status.action, "try");
  assert.ok(statusOf({ ...quiet, link: { ...broken, retry_at: 0 } }).words.startsWith("Connecting again now"));
});

test("U39: without a network there is no countdown, and what waits is counted", () => {
  const away = { ...link, state: "offline" as const };
  assert.equal(
    statusOf({ ...quiet, link: away, waiting: 2 }).words,
    "No network. You can keep writing; 2 messages will go out in order.",
  );
  assert.ok(statusOf({ ...quiet, link: away, waiting: 1 }).words.endsWith("1 message will go out."));
});

test("the first that is true is said", () => {
  const all = { ...quiet, link: { ...link, level: "readonly" }, gap: true, failed: "a.txt was not uploaded.", again: true, back: 3, uploading: "Wait.", typing: "Priya is writing" };
  assert.equal(statusOf(all).state, "readonly");
  assert.equal(statusOf({ ...all, link }).state, "gap");
  assert.deepEqual(statusOf({ ...all, link, gap: false }), { state: "failed", words: "a.txt was not uploaded.", action: "again" });
  assert.equal(statusOf({ ...all, link, gap: false, again: false }).action, "");
  const whole = { ...all, link, gap: false, failed: "" };
  assert.equal(statusOf(whole).words, "Back. 3 messages came in meanwhile.");
  assert.equal(statusOf({ ...whole, back: 0 }).words, "Wait.");
  assert.equal(statusOf({ ...whole, back: 0, uploading: "" }).state, "typing");
  assert.equal(statusOf({ ...all, link: { ...link, state: "outdated" } }).action, "reload");
});

test("S33: each level of the server has its words, and what asks for a hand goes before a full server", () => {
  const at = (level: string, more = {}) => statusOf({ ...quiet, link: { ...link, level }, ...more });
  assert.equal(at("normal").state, "none");
  assert.match(at("readonly").words, /reading works, sending waits/);
  assert.match(at("draining").words, /will stop soon/);
  assert.match(at("shedding").words, /is full/);
  assert.equal(at("shedding", { gap: true }).state, "gap");
  assert.equal(at("draining", { gap: true }).state, "draining");
  assert.equal(at("shedding", { typing: "Priya is writing" }).state, "shedding");
  for (const level of ["readonly", "shedding", "draining"]) assert.ok(at(level).words.length <= 50, "it fits 390 px");
});

const person = (id: string, display: string) => ({ id, name: id, display, role: "member" as const });

test("who writes is named, three at most", () => {
  const names = ["Priya Nair", "Jonas L", "Teo A", "Ana D"].map((display, i) => person(String(i), display));
  assert.equal(typingWords([]), "");
  assert.equal(typingWords(names.slice(0, 1)), "Priya is writing");
  assert.equal(typingWords(names.slice(0, 3)), "Priya, Jonas and Teo are writing");
  assert.equal(typingWords(names), "Several people are writing");
});

test("writing ends when it is said or its time is over", () => {
  const begun = withTyping(new Map(), "1", person("3", "Jonas"), 500);
  assert.equal(withTyping(begun, "1", person("3", "Jonas"), 0).get("1")?.size, 0);
  assert.equal(sweepTyping(begun, 499), begun);
  assert.equal(sweepTyping(begun, 500).size, 0);
});
