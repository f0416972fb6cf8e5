// A run of an agent, as the room's events tell it. Pure functions: the same events give the same run, in whatever
// order they come (live first, history after a reload later) and however often.
import type { Run, RunEvent } from "../net/types";
import { emptyRun, isOver } from "./run_model";
import type { RunModel, RunStage, ToolCall, Who } from "./run_model";

export * from "./run_model";

type Fields = Record<string, unknown>;

const ENDS: Record<string, RunStage> = {
  agent_completed: "completed",
  agent_failed: "failed",
  agent_stopped: "stopped",
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const fields = (value: unknown): Fields =>
  value !== null && typeof value === "object" ? (value as Fields) : {};

function whom(value: unknown): Who {
  if (typeof value === "string") return value;
  return "id" in fields(value) ? (value as Who) : "";
}

export const isRunEvent = (event: { type: string }): event is RunEvent =>
  /^(agent|tool)_/.test(event.type);

/** The run as its row tells it. With `known`, the run so far, the row only adds what it knows. */
export function runFromRow(row: Run, known?: RunModel): RunModel {
  const start = known ?? { ...emptyRun(row.id, row.room, row.agent), resumed: row.ended === 0 };
  return retell({ ...start, row });
}

/** The run after one more event. Without an offset it is a passing one; one that is known changes nothing. */
export function applyRunEvent(model: RunModel | undefined, event: RunEvent, offset: number): RunModel {
  const run = model ?? emptyRun(event.run_id, event.room, event.agent);
  if (!offset) return event.type === "agent_writing" && !isOver(run) ? retell(write(run, event.data)) : run;

  let at = run.events.length;
  while (at > 0 && (run.events[at - 1]?.offset ?? 0) >= offset) at--;
  if (run.events[at]?.offset === offset) return run;
  const events = [...run.events.slice(0, at), { offset, event }, ...run.events.slice(at)];
  return retell({ ...run, events });
}

/** Pieces come in order and are not stored: after a gap the answer is shown from the piece that came. Positions count
 * characters, as the server does, not UTF-16 units. */
function write(run: RunModel, piece: { position: number; text: string }): RunModel {
  const characters = [...run.answer];
  const at = piece.position - run.answer_from;
  if (run.answer === "" || at < 0 || at > characters.length) {
    return { ...run, answer: text(piece.text), answer_from: number(piece.position) };
  }
  return { ...run, answer: characters.slice(0, at).join("") + text(piece.text) };
}

/** The run as its events and its row tell it, after these were changed. */
export const retold = (run: RunModel): RunModel => retell(run);

function retell(before: RunModel): RunModel {
  const { id, room, agent, answer, answer_from, resumed, events, row } = before;
  const run: RunModel = { ...emptyRun(id, room, agent), answer, answer_from, resumed, events, row };
  let over: RunStage | undefined;
  let begun = row !== undefined && row.state !== "queued";
  for (const { offset, event } of events) {
    run.first_offset ||= offset;
    run.last_offset = offset;
    begun ||= event.type !== "agent_queued";
    over = ENDS[event.type] ?? over;
    if (event.type !== "agent_thinking") closeThought(run, event.time);
    tell(run, event.type, event.time, event.data as Fields);
  }
  if (row) over = tellRow(run, row) ?? over;
  run.state = over ?? (begun ? doing(run) : "queued");
  if (over) settle(run);
  return run;
}

function tellRow(run: RunModel, row: Run): RunStage | undefined {
  run.started_by ||= row.started_by;
  run.task ||= row.text;
  run.started ||= row.started;
  run.ended ||= row.ended;
  run.message_id ||= row.message_id;
  run.first_offset = row.first_offset || run.first_offset;
  run.last_offset = Math.max(run.last_offset, row.last_offset);
  return row.state === "queued" || row.state === "running" ? undefined : row.state;
}

function tell(run: RunModel, type: string, time: number, data: Fields): void {
  if (type === "agent_queued" || type === "agent_started") {
    run.task = text(data.task) || run.task;
    run.started_by = whom(data.started_by) || run.started_by;
    run.ahead = number(data.ahead);
    if (type === "agent_queued") run.queued = time;
    else run.started = time;
  } else if (type === "agent_thinking") think(run, text(data.text), number(data.step), time);
  else if (type.startsWith("tool_")) use(run, type, time, data);
  else if (type in ENDS) end(run, time, data);
}

function end(run: RunModel, time: number, data: Fields): void {
  const usage = fields(data.usage);
  const error = fields(data.error);
  run.ended = time;
  run.duration_ms = number(data.duration_ms);
  run.message_id = text(data.message_id);
  run.summary = text(data.summary);
  run.tokens = number(usage.tokens);
  run.cost = typeof usage.cost === "number" ? String(usage.cost) : text(usage.cost);
  run.reason = text(data.reason);
  run.error = text(error.text);
  run.code = number(error.code);
  run.stopped_by = whom(data.by);
}

function think(run: RunModel, words: string, step: number, time: number): void {
  const last = run.steps.at(-1);
  const id = `thought-${step}`;
  if (last?.kind === "thought" && last.state === "running" && last.id === id) {
    last.text = words.startsWith(last.text) ? words : `${last.text}\n${words}`;
    return;
  }
  closeThought(run, time);
  const taken = run.steps.some((other) => other.id === id);
  run.steps.push({
    kind: "thought",
    id: taken ? `${id}-${run.steps.length}` : id,
    state: "running",
    text: words,
    started: time,
    ended: 0,
  });
}

function closeThought(run: RunModel, time: number): void {
  const last = run.steps.at(-1);
  if (last?.kind !== "thought" || last.state !== "running") return;
  last.state = "done";
  last.ended = time;
}

function use(run: RunModel, type: string, time: number, data: Fields): void {
  const call = callOf(run, text(data.execution_id), text(data.tool), time);
  call.purpose = text(data.purpose) || call.purpose;
  call.arguments = data.arguments ?? call.arguments;
  if (type === "tool_executing") call.state = "running";
  else if (type === "tool_approval_requested") {
    call.state = "waiting";
    call.effect = text(data.effect);
    call.until = number(data.until);
  } else if (type === "tool_approval_decided") {
    call.decided = data.allowed === true ? "allowed" : "refused";
    call.state = data.allowed === true ? "running" : "failed";
    call.by = whom(data.by);
  } else if (type === "tool_completed") {
    call.state = data.success === false ? "failed" : "done";
    call.result = data.result;
    call.error = data.error;
    call.duration_ms = number(data.duration_ms);
  }
}

function callOf(run: RunModel, id: string, tool: string, time: number): ToolCall {
  const known = run.steps.find((step): step is ToolCall => step.kind === "tool" && step.id === id);
  if (known) return known;
  const call: ToolCall = {
    kind: "tool", id, state: "running", tool, purpose: "", arguments: undefined, result: undefined, error: undefined,
    started: time, duration_ms: 0, effect: "", until: 0, decided: "", by: "",
  };
  run.steps.push(call);
  return call;
}

function doing(run: RunModel): RunStage {
  if (run.steps.some((step) => step.state === "waiting")) return "approval";
  if (run.steps.some((step) => step.kind === "tool" && step.state === "running")) return "tool";
  if (run.answer) return "answering";
  return run.steps.at(-1)?.kind === "tool" ? "tool" : "thinking";
}

/** At the end nothing is left going: a thought is done, a tool that never answered has failed or was cut off. */
function settle(run: RunModel): void {
  closeThought(run, run.ended);
  for (const step of run.steps) {
    if (step.state === "running" || step.state === "waiting") step.state = run.state === "stopped" ? "cut" : "failed";
  }
  if (run.started && run.ended) run.duration_ms ||= Math.max(0, run.ended - run.started);
}
