import assert from "node:assert/strict";
import { test } from "node:test";
import { JONAS, MIRA, NOOK, RECORDED, recorded } from "../../gallery/recorded_runs";
import type { Recorded } from "../../gallery/recorded_runs";
import { applyRunEvent } from "../../state/runs";
import type { RunModel } from "../../state/runs";
import { argumentWords, errorText, headWords, lineWords, namesOf, resultWords, tailWords } from "./run_words";

function tell(name: Recorded): RunModel {
  let run: RunModel | undefined;
  for (const { event, offset } of recorded(name)) run = applyRunEvent(run, event, offset);
  return run!;
}
const names = namesOf([NOOK, MIRA, JONAS], MIRA);

test("the head of a card says in words what goes on, in each of the states", () => {
  const heads = Object.fromEntries(RECORDED.map((name) => [name, headWords(tell(name), names, true)]));
  assert.deepEqual(heads, {
    queued: "Waiting for another run",
    thinking: "Thinking",
    tool: "Using 2 tools",
    approval: "Waiting for you",
    tool_done: "Reading the result",
    answering: "Writing",
    completed: "Done in 14 s",
    failed: "Failed: the database did not answer",
    stopped: "Stopped by Jonas Lindqvist",
    resumed: "Slow closes since Friday",
  });
  assert.equal(headWords(tell("approval"), names, false), "Waiting for an admin");
  assert.equal(headWords({ ...tell("failed"), reason: "time" }, names, true), "Failed: it ran out of time");
  assert.equal(headWords({ ...tell("stopped"), stopped_by: "", reason: "time" }, names, true), "Stopped by its time limit");
});

test("the tail says who started it, what is ahead, and what it cost", () => {
  assert.deepEqual(tailWords(tell("queued"), names), ["Started by you", "1 ahead in this room"]);
  assert.deepEqual(tailWords(tell("completed"), names), ["Started by you", "1,204 tokens", "No cost"]);
  assert.deepEqual(tailWords(tell("stopped"), names), ["Started by you", "after 7 s"]);
  assert.deepEqual(tailWords(tell("approval"), names), ["Started by Jonas Lindqvist"]);
});

test("a run that is seen again is one line", () => {
  assert.equal(lineWords(tell("completed"), names), "14 s, 3 steps, 1,204 tokens");
});

test("ids are named like authors, and the reader is you", () => {
  assert.deepEqual([names("3"), names("2"), names("77"), names(NOOK)], ["Jonas Lindqvist", "you", "somebody", "Nook"]);
});

test("arguments are read as words, with quotes only where they are needed", () => {
  assert.equal(argumentWords({ query: "0.4.1", room: "releases", limit: 50 }), 'query: "0.4.1", room: releases, limit: 50');
  assert.equal(argumentWords({}), "nothing");
  assert.equal(argumentWords(undefined), "nothing");
});

test("a result is a line, and whole behind it when the line does not say all", () => {
  assert.deepEqual(resultWords("4 closes"), { short: "4 closes", full: "" });
  assert.equal(resultWords("a\nb\nc").short, "3 lines");
  assert.equal(resultWords("a\nb\nc").full, "a\nb\nc");
  assert.equal(resultWords({ summary: "11 messages", messages: [1] }).short, "11 messages");
  assert.match(resultWords({ summary: "11 messages", messages: [1] }).full, /"messages"/);
  assert.equal(resultWords([1, 2]).short, "2 items");
  assert.equal(resultWords(null).short, "Nothing");
});

test("an error has its code before its words", () => {
  assert.equal(errorText({ code: 108, text: "not available" }), "108, not available");
  assert.equal(errorText("broken"), "broken");
});
