import assert from "node:assert/strict";
import test from "node:test";
import type { Author, Member, Message, RunEvent } from "../net/types";
import { membersCalled, withCalled } from "./called";
import { emptyLog, withMessages, withRun } from "./log";
import { applyRunEvent } from "./runs";

const zora: Author = { id: "7", name: "zora", display: "Zora", role: "admin" };
const ben: Author = { id: "8", name: "ben", display: "Ben", role: "member" };
const nook: Author = { id: "1", name: "nook", display: "Nook", role: "agent" };
const now: Author = { ...zora, display: "Zora Quill" };
const message = (offset: number, author: Author): Message => ({
  id: `${offset}`, room: "1", offset, author, text: "words", time: offset, key: `k${offset}`, reply_to: "",
});
const event = (type: string, data: object): RunEvent => ({ type, run_id: "R", agent: nook, room: "1", time: 1, data }) as RunEvent;

function log() {
  let run = applyRunEvent(undefined, event("agent_started", { task: "find gold", started_by: zora }), 3);
  run = applyRunEvent(run, event("agent_stopped", { reason: "Stopped.", by: zora }), 6);
  return withRun(withMessages(emptyLog("1"), [message(1, zora), message(2, ben)]), run);
}

test("somebody is called otherwise in all that a log says of them, and others are the same objects", () => {
  const before = log();
  const after = withCalled(before, [ben, now]);
  assert.deepEqual(after.items.map((m) => m.author.display), ["Zora Quill", "Ben"]);
  assert.equal(after.items[1], before.items[1]);
  const run = after.runs.get("R")!;
  assert.deepEqual([run.started_by, run.stopped_by, run.task, run.state], [now, now, "find gold", "stopped"]);
});

test("where nothing is other, nothing is made anew", () => {
  const before = log();
  assert.equal(withCalled(before, [zora, ben]), before);
  assert.equal(withCalled(before, [{ ...zora, id: "70", display: "Else" }]), before);
  const once = withCalled(before, [now]);
  assert.equal(withCalled(once, [now]), once);
});

test("a list of members says it too", () => {
  const list: Member[] = [zora, ben].map((user) => ({ user, role: "member", since: 1, here: true, seen: 0 }));
  const after = membersCalled(list, now);
  assert.deepEqual(after.map((m) => m.user.display), ["Zora Quill", "Ben"]);
  assert.equal(after[1], list[1]);
  assert.equal(membersCalled(after, now), after);
});
