// What a run card says: the head in words, the tail, and what a tool was asked and gave. Pure.
import { whoId } from "../../state/runs";
import type { RunModel, ToolCall, Who } from "../../state/runs";
import type { Author } from "../../net/types";
import { took } from "../../lib/time_text";

/** Turns an id into a name; run rows and events may name people either way. */
export type Names = (who: Who) => string;

export function namesOf(people: readonly Author[], me: Author | null | undefined): Names {
  return (who) => {
    const id = whoId(who);
    if (me && id === me.id) return "you";
    if (typeof who !== "string") return who.display;
    return people.find((person) => person.id === id)?.display ?? "somebody";
  };
}

const lower = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);
const bare = (words: string): string => words.trim().replace(/\.$/, "");

/** The head: what goes on, in words. `decider`: the reader is one of those who may allow a tool. */
export function headWords(run: RunModel, names: Names, decider: boolean): string {
  switch (run.state) {
    case "queued": return "Waiting for another run";
    case "thinking": return "Thinking";
    case "tool": return toolWords(run);
    case "approval": return decider ? "Waiting for you" : "Waiting for an admin";
    case "answering": return "Writing";
    case "completed": return run.duration_ms ? `Done in ${took(run.duration_ms)}` : "Done";
    case "failed": return `Failed: ${reasonWords(run)}`;
    case "stopped": return stoppedWords(run, names);
  }
}

function toolWords(run: RunModel): string {
  const going = run.steps.filter((step): step is ToolCall => step.kind === "tool" && step.state === "running");
  if (going.length > 1) return `Using ${going.length} tools`;
  const [one] = going;
  return one ? one.purpose || one.tool : "Reading the result";
}

/** Reasons that the server names by a word alone. */
const REASONS: Record<string, string> = {
  time: "it ran out of time",
  deadline: "it ran out of time",
  server: "the server stopped",
  error: "",
};

function reasonWords(run: RunModel): string {
  const reason = REASONS[run.reason] ?? run.reason;
  return lower(bare(reason || run.error || "it ended without a word"));
}

function stoppedWords(run: RunModel, names: Names): string {
  if (whoId(run.stopped_by)) return `Stopped by ${names(run.stopped_by)}`;
  if (/time|deadline/i.test(run.reason)) return "Stopped by its time limit";
  const reason = lower(bare(run.reason));
  return reason ? (/^stopped/.test(reason) ? bare(run.reason) : `Stopped: ${reason}`) : "Stopped";
}

/** The one line of a run that is seen again: "14 s, 3 steps, 1,204 tokens". */
export function lineWords(run: RunModel, names: Names): string {
  if (run.state !== "completed") return headWords(run, names, false);
  const parts = [run.duration_ms ? took(run.duration_ms) : "Done"];
  if (run.steps.length) parts.push(count(run.steps.length, "step"));
  if (run.tokens) parts.push(count(run.tokens, "token"));
  return parts.join(", ");
}

/** The facts at the foot, the most needed first. */
export function tailWords(run: RunModel, names: Names): string[] {
  const parts: string[] = [];
  if (whoId(run.started_by)) parts.push(`Started by ${names(run.started_by)}`);
  for (const step of run.steps) {
    if (step.kind === "tool" && step.decided && whoId(step.by)) {
      parts.push(`${step.decided === "allowed" ? "Allowed" : "Not allowed"} by ${names(step.by)}`);
    }
  }
  if (run.state === "queued" && run.ahead) parts.push(`${run.ahead} ahead in this room`);
  if ((run.state === "failed" || run.state === "stopped") && run.duration_ms) {
    parts.push(`after ${took(run.duration_ms).replace(".0 s", " s")}`);
  }
  if (run.resumed && !run.ended) parts.push("Went on while you were away");
  if (run.tokens) parts.push(count(run.tokens, "token"));
  if (run.tokens || run.cost) parts.push(run.cost && run.cost !== "0" ? `Cost ${run.cost}` : "No cost");
  return parts;
}

export const count = (n: number, thing: string): string =>
  `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;

function plain(value: unknown): string {
  if (typeof value === "string") return /^[\w-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "nothing";
}

/** `query: "0.4.1", room: releases` */
export function argumentWords(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value !== "object" || Array.isArray(value)) return plain(value);
  const pairs = Object.entries(value).map(([key, one]) => `${key}: ${plain(one)}`);
  return pairs.length ? pairs.join(", ") : "nothing";
}

export interface ResultWords {
  /** One sentence or line. */
  short: string;
  /** Everything, for those who ask; "" if `short` says all. */
  full: string;
}

const SHORT = 160;

/** A result in a line, and whole behind it. */
export function resultWords(value: unknown): ResultWords {
  if (value === undefined || value === null || value === "") return { short: "Nothing", full: "" };
  if (typeof value === "string") {
    const first = value.trim().split("\n", 1)[0] ?? "";
    if (first.length <= SHORT && first === value.trim()) return { short: first, full: "" };
    const lines = value.trim().split("\n").length;
    return { short: lines > 1 ? count(lines, "line") : `${first.slice(0, SHORT)}…`, full: value };
  }
  if (typeof value !== "object") return { short: String(value), full: "" };
  const full = JSON.stringify(value, null, 2);
  const said = "summary" in value && typeof value.summary === "string" ? value.summary : "";
  if (said) return { short: said, full: Object.keys(value).length > 1 ? full : "" };
  if (Array.isArray(value)) return { short: count(value.length, "item"), full };
  const words = argumentWords(value);
  if (words.length <= SHORT) return { short: words, full: "" };
  const lists = Object.entries(value).filter((pair): pair is [string, unknown[]] => Array.isArray(pair[1]));
  const [list] = lists;
  return { short: list ? `${list[1].length.toLocaleString("en")} ${list[0]}` : count(Object.keys(value).length, "field"), full };
}

/** "108, not available: the database did not answer" */
export function errorText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object") return "It failed without a word.";
  const { code, text, message } = value as Record<string, unknown>;
  const words = [text, message].find((one) => typeof one === "string") as string | undefined;
  return [code, words].filter((one) => one !== undefined && one !== 0).join(", ") || JSON.stringify(value);
}
