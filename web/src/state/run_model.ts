// What the page knows of one run of an agent: plain data, and the few questions asked of it everywhere.
import type { Author, Run, RunEvent } from "../net/types";

/** An id, or the user itself. */
export type Who = Author | string;
export type RunStage =
  | "queued" | "thinking" | "tool" | "approval" | "answering" | "completed" | "failed" | "stopped";
/** cut: it was going when somebody stopped the run. */
export type StepState = "running" | "waiting" | "done" | "failed" | "cut";

export interface Thought {
  kind: "thought";
  id: string;
  state: StepState;
  text: string;
  started: number;
  ended: number;
}

export interface ToolCall {
  kind: "tool";
  id: string;
  state: StepState;
  tool: string;
  purpose: string;
  arguments: unknown;
  result: unknown;
  error: unknown;
  started: number;
  duration_ms: number;
  /** What will happen, to whom, if somebody is asked; `until` is when the question ends by itself. */
  effect: string;
  until: number;
  decided: "" | "allowed" | "refused";
  by: Who;
}

export type Step = Thought | ToolCall;

export interface RunModel {
  id: string;
  room: string;
  agent: Who;
  started_by: Who;
  task: string;
  state: RunStage;
  /** Runs before this one, while it is queued. */
  ahead: number;
  queued: number;
  started: number;
  ended: number;
  duration_ms: number;
  steps: Step[];
  /** The passing words of the answer, from character `answer_from` on. */
  answer: string;
  answer_from: number;
  message_id: string;
  summary: string;
  reason: string;
  code: number;
  error: string;
  stopped_by: Who;
  tokens: number;
  cost: string;
  first_offset: number;
  last_offset: number;
  /** It was already going when this page came to know it: reload, second tab, server restart. */
  resumed: boolean;
  /** The stored events so far, by offset, and the row: everything above is told from them. */
  events: { offset: number; event: RunEvent }[];
  row: Run | undefined;
}

export function emptyRun(id: string, room: string, agent: Who): RunModel {
  return {
    id, room, agent, started_by: "", task: "", state: "thinking", ahead: 0, queued: 0, started: 0, ended: 0,
    duration_ms: 0, steps: [], answer: "", answer_from: 0, message_id: "", summary: "", reason: "", code: 0,
    error: "", stopped_by: "", tokens: 0, cost: "", first_offset: 0, last_offset: 0, resumed: false,
    events: [], row: undefined,
  };
}

export const whoId = (who: Who): string => (typeof who === "string" ? who : who.id);

export const isOver = (run: RunModel): boolean =>
  run.state === "completed" || run.state === "failed" || run.state === "stopped";

/** A run that goes on may be stopped by who started it, an owner of the room or an admin. */
export const mayStop = (run: RunModel, me: Author | undefined, owner: boolean): boolean =>
  !!me && !isOver(run) && (me.role === "admin" || owner || whoId(run.started_by) === me.id);
