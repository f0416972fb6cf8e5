import assert from "node:assert/strict";
import { test } from "node:test";
import { BEGAN, JONAS, MIRA, NOOK, RECORDED, recorded } from "../gallery/recorded_runs";
import type { Recorded } from "../gallery/recorded_runs";
import type { Run } from "../net/types";
import { applyRunEvent, isOver, isRunEvent, mayStop, runFromRow } from "./runs";
import type { RunModel, ToolCall } from "./runs";

function tell(name: Recorded, order = (list: ReturnType<typeof recorded>) => list): RunModel {
  let run: RunModel | undefined;
  for (const { event, offset } of order(recorded(name))) run = applyRunEvent(run, event, offset);
  assert.ok(run);
  return run;
}

const row = (more: Partial<Run>): Run => ({
  id: "RUNTOOL", room: "7", agent: NOOK, started_by: MIRA, text: "how is the server", state: "running",
  started: BEGAN, ended: 0, first_offset: 101, last_offset: 104, message_id: "", ...more,
});

test("each recorded list of events ends in the state it is named after", () => {
  const states = Object.fromEntries(RECORDED.map((name) => [name, tell(name).state]));
  assert.deepEqual(states, {
    queued: "queued", thinking: "thinking", tool: "tool", approval: "approval", tool_done: "tool",
    answering: "answering", completed: "completed", failed: "failed", stopped: "stopped", resumed: "tool",
  });
});

test("the order in which stored events arrive does not matter", () => {
  for (const name of RECORDED) {
    const stored = (list: ReturnType<typeof recorded>) => list.filter(({ offset }) => offset > 0);
    const ahead = tell(name, stored);
    const back = tell(name, (list) => stored(list).reverse());
    assert.deepEqual(back, ahead, name);
  }
});

test("an event that comes twice changes nothing, not even the object", () => {
  const run = tell("completed");
  for (const { event, offset } of recorded("completed")) assert.equal(applyRunEvent(run, event, offset), run);
});

test("two tools at once are told apart by execution_id", () => {
  const tools = tell("tool").steps.filter((step): step is ToolCall => step.kind === "tool");
  assert.deepEqual(tools.map(({ id, state }) => [id, state]), [["e1", "running"], ["e2", "running"]]);
  const one = tell("failed").steps.filter((step): step is ToolCall => step.kind === "tool");
  assert.deepEqual(one.map(({ id, state }) => [id, state]), [["e1", "done"], ["e2", "failed"]]);
});

test("a thought is open until something else happens, and keeps how long it took", () => {
  assert.equal(tell("thinking").steps[0]?.state, "running");
  const [thought] = tell("tool").steps;
  assert.ok(thought?.kind === "thought");
  assert.equal(thought.state, "done");
  assert.equal(thought.ended - thought.started, 2100);
});

test("positions in an answer count characters: an emoji is one", () => {
  const { event } = recorded("answering").at(-1)!;
  const piece = (position: number, text: string) => ({ ...event, data: { position, text } }) as typeof event;
  let run = applyRunEvent(undefined, piece(0, "🦀 ok, "), 0);
  run = applyRunEvent(run, piece(6, "done"), 0);
  assert.equal(run?.answer, "🦀 ok, done");
});

test("the answer grows by pieces, and after a gap is shown from the piece that came", () => {
  const run = tell("answering");
  assert.match(run.answer, /^Four people wrote .* Since|^Four people wrote/s);
  assert.equal(run.answer.length, 190);
  const piece = { ...recorded("answering").at(-1)!.event, data: { position: 500, text: "later" } };
  const after = applyRunEvent(run, piece as typeof run.events[number]["event"], 0);
  assert.deepEqual([after.answer, after.answer_from], ["later", 500]);
});

test("passing words that come late do not wake a run that is over", () => {
  const run = tell("completed");
  const late = recorded("answering").at(-1)!;
  assert.equal(applyRunEvent(run, late.event, 0), run);
});

test("a row alone gives a card, and its events fill it in", () => {
  const fromRow = runFromRow(row({}));
  assert.equal(fromRow.state, "thinking");
  assert.equal(fromRow.resumed, true);
  let run = fromRow;
  for (const { event, offset } of recorded("tool")) run = applyRunEvent(run, event, offset);
  assert.equal(run.state, "tool");
  assert.equal(run.steps.length, 3);
  assert.equal(run.first_offset, 101);
});

test("a row that is over ends the run though its last event is missing, and nothing is left going", () => {
  let run = tell("tool");
  run = runFromRow(row({ state: "failed", ended: BEGAN + 60_000 }), run);
  assert.equal(run.state, "failed");
  assert.deepEqual(run.steps.map((step) => step.state), ["done", "failed", "failed"]);
  assert.equal(run.duration_ms, 60_000);
});

test("a tool that was going when the run was stopped was cut off, it has not failed", () => {
  const run = runFromRow(row({ state: "stopped", ended: BEGAN + 3000 }), tell("tool"));
  assert.deepEqual(run.steps.map((step) => step.state), ["done", "cut", "cut"]);
});

test("a queued row waits, whatever came before it", () => {
  assert.equal(runFromRow(row({ state: "queued", started: 0 })).state, "queued");
});

test("a question that was answered says by whom, and a tool that was refused has failed", () => {
  const asked = tell("approval");
  const { event } = recorded("approval").at(-1)!;
  const decided = (allowed: boolean) =>
    applyRunEvent(asked, { ...event, type: "tool_approval_decided", data: { execution_id: "e3", allowed, by: JONAS } } as typeof event, 200);
  const yes = decided(true);
  assert.equal(yes.state, "tool");
  const no = decided(false).steps.at(-1) as ToolCall;
  assert.deepEqual([no.state, no.decided, no.by], ["failed", "refused", JONAS]);
});

test("who started it, an owner and an admin may stop a run; nobody may stop one that is over", () => {
  const run = tell("approval");
  const other = { ...JONAS, id: "9" };
  assert.equal(mayStop(run, JONAS, false), true);
  assert.equal(mayStop(run, MIRA, false), true);
  assert.equal(mayStop(run, other, false), false);
  assert.equal(mayStop(run, other, true), true);
  assert.equal(mayStop(tell("stopped"), MIRA, true), false);
  assert.equal(isOver(tell("stopped")), true);
});

test("only events of agents and tools are events of a run", () => {
  assert.deepEqual(
    ["agent_started", "tool_completed", "message_created", "typing"].map((type) => isRunEvent({ type })),
    [true, true, false, false],
  );
});
