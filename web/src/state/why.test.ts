import assert from "node:assert/strict";
import test from "node:test";
import type { Why } from "../net/types_lines";
import { clock } from "../lib/time_text";
import { whyKind, whyProofs, whyWords } from "./why";

const jonas = { id: "3", name: "jonas", display: "Jonas Lindqvist", role: "member" as const };
const why = (verdict: string, rest: Partial<Why> = {}): Why => ({ user: jonas, verdict, words: "Jonas Lindqvist has it.", ...rest });

test("a verdict says whether they have it, and one that this page does not know says no", () => {
  assert.equal(whyKind(why("read")), "has");
  assert.equal(whyKind(why("sent")), "likely");
  assert.equal(whyKind(why("slow")), "not");
  assert.equal(whyKind(why("some_day")), "not");
});

test("the name is not said twice", () => {
  assert.equal(whyWords(why("read")), "has it.");
  assert.equal(whyWords(why("read", { words: "This person is not a member of the room." })), "This person is not a member of the room.");
});

test("what it is known from: the mark, open lines, ended lines", () => {
  const open = [
    { id: "a", client: "snug-web", since: 1000, follows: true, sent: 9, acked: 9 },
    { id: "b", client: "snug-web", since: 1000, follows: true, sent: 9, acked: 3 },
    { id: "c", client: "", since: 1000, follows: false },
  ];
  const ended = [
    { id: "d", client: "snug-web", since: 0, closed: 2000, code: 3008, reason: "slow", closed_by: "server", back_after: 5, recovered: true, queue_peak_bytes: 2048 },
    { id: "e", client: "snug-web", since: 0, closed: 2000, code: 1006, reason: "", closed_by: "client", back_after: 0, queue_peak_bytes: 0 },
  ];
  assert.deepEqual(whyProofs(why("read", { read: 7, open, ended }), 7), [
    "Their read mark is behind it.",
    `snug-web, open since ${clock(1000)}: answered behind it.`,
    `snug-web, open since ${clock(1000)}: has not answered since.`,
    `A program, open since ${clock(1000)}: does not follow the room.`,
    `snug-web, ended ${clock(2000)}: Too slow: 2 KiB was waiting; came back with all that was missed.`,
    `snug-web, ended ${clock(2000)}: Line dropped without a word.`,
  ]);
  assert.deepEqual(whyProofs(why("pushed", { read: 6, pushed: 2000 }), 7), [`A push service took a notification of it at ${clock(2000)}.`]);
  assert.deepEqual(whyProofs(why("away", { read: 6, open: [], ended: [] }), 7), []);
});
