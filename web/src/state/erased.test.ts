import assert from "node:assert/strict";
import test from "node:test";
import type { Author, Message, RunEvent } from "../net/types";
import { withErased } from "./erased";
import { emptyLog, withMessages, withRun } from "./log";
import { applyRunEvent } from "./runs";

const zora: Author = { id: "7", name: "zora", display: "Zora Quill", role: "admin" };
const ben: Author = { id: "8", name: "ben", display: "Ben", role: "member" };
const nook: Author = { id: "1", name: "nook", display: "Nook", role: "agent" };
const nobody: Author = { id: "7", name: "-7", display: "Erased person", role: "member" };
const message = (offset: number, author: Author, extra: Partial<Message> = {}): Message => ({
  id: `${offset}`, room: "1", offset, author, text: "words", time: offset, key: `k${offset}`, reply_to: "", ...extra,
});
const event = (type: string, data: object): RunEvent => ({ type, run_id: "R", agent: nook, room: "1", time: 1, data }) as RunEvent;

function log() {
  let run = applyRunEvent(undefined, event("agent_started", { task: "find gold", started_by: zora }), 3);
  run = applyRunEvent(run, event("tool_executing", { execution_id: "E", tool: "search", arguments: { query: "gold" } }), 4);
  run = applyRunEvent(run, event("tool_completed", { execution_id: "E", tool: "search", success: true, result: { summary: "gold" }, duration_ms: 1 }), 5);
  run = applyRunEvent(run, event("agent_stopped", { reason: "Stopped.", by: zora }), 6);
  return withRun(withMessages(emptyLog("1"), [message(1, zora), message(2, ben, { text: "zora said" }), message(9, zora, { text: "", deleted: "owner" })]), run);
}

test("who was erased is named nowhere in a log, and with keep the texts stay", () => {
  const before = log();
  const after = withErased(before, nobody, false);
  assert.deepEqual(after.items.map((m) => [m.offset, m.author.display, m.text, m.deleted]), [
    [1, "Erased person", "words", undefined],
    [2, "Ben", "zora said", undefined],
    [9, "Erased person", "", "owner"],
  ]);
  assert.equal(after.items[1], before.items[1], "others are the same objects");
  const run = after.runs.get("R")!;
  assert.deepEqual([run.started_by, run.stopped_by, run.task, run.state], [nobody, nobody, "find gold", "stopped"]);
  assert.ok(!JSON.stringify([after.items, [...after.runs]]).includes("Zora"));
});

test("what they put below messages is gone, with keep too", () => {
  const reactions = [{ emoji: "🎉", users: ["7"] }, { emoji: "👍", users: ["8", "7"] }];
  const before = withMessages(emptyLog("1"), [message(1, zora, { reactions }), message(2, ben, { reactions: [{ emoji: "👍", users: ["8"] }] })]);
  const after = withErased(before, nobody, false);
  assert.deepEqual(after.items[0]!.reactions, [{ emoji: "👍", users: ["8"] }]);
  assert.equal(after.items[1], before.items[1], "others are the same objects");
  assert.ok(!("reactions" in withErased(before, nobody, true).items[0]!), "a text that goes takes all below it");
});

test("their files go with their texts, and stay with keep", () => {
  const files = [{ id: "3", name: "a.txt", type: "text/plain", size: 1 }];
  const before = withMessages(emptyLog("1"), [message(1, zora, { files })]);
  assert.deepEqual(withErased(before, nobody, false).items[0]!.files, files);
  assert.ok(!("files" in withErased(before, nobody, true).items[0]!));
});

test("with delete the texts are gone, and what they asked an agent", () => {
  const after = withErased(log(), nobody, true);
  assert.deepEqual(after.items.map((m) => [m.text, m.deleted]), [["", "author"], ["zora said", undefined], ["", "owner"]]);
  assert.equal(after.runs.get("R")!.task, "");
  assert.ok(!JSON.stringify([...after.runs]).includes("gold"));
});

test("a log without them stays as it is", () => {
  const before = withMessages(emptyLog("1"), [message(2, ben)]);
  const after = withErased(before, nobody, true);
  assert.equal(after.items[0], before.items[0]);
});
