import type { FileInfo } from "../net/types_files";
import { signal } from "./store";

/** What was written and is not known to be on the server's disk yet, in the order of writing. The key goes along
 * on every try, so that the server keeps one row however often it is sent. */
export interface Send {
  key: string;
  room: string;
  text: string;
  reply_to: string;
  /** They are whole, on the server. */
  files?: readonly FileInfo[];
  created: number;
  /** waiting: goes out by itself; failed: it will not without a decision. */
  state: "waiting" | "failed";
  /** Of the last answer; 0: none came. */
  code: number;
  message: string;
  tries: number;
  /** Not before this time; 0: at once. */
  retry_at: number;
}

export const outbox = signal<readonly Send[]>([]);

export interface Written {
  room: string;
  text: string;
  reply_to: string;
  files?: readonly FileInfo[];
}

export function newSend(key: string, { room, text, reply_to, files }: Written, created: number): Send {
  const base = { key, room, text, reply_to, created, code: 0, message: "", tries: 0, retry_at: 0 };
  return { ...base, state: "waiting", ...(files?.length ? { files } : {}) };
}

export const withSend = (all: readonly Send[], send: Send): readonly Send[] =>
  [...all.filter((s) => s.key !== send.key), send].sort((a, b) => a.created - b.created);

export const withoutSend = (all: readonly Send[], key: string): readonly Send[] =>
  all.some((s) => s.key === key) ? all.filter((s) => s.key !== key) : all;

export const changeSend = (all: readonly Send[], key: string, change: Partial<Send>): readonly Send[] =>
  all.map((s) => (s.key === key ? { ...s, ...change } : s));

/** Answers after which the same text may still go in: nothing was decided about it. */
const BUSY = new Set([0, 100, 108]);
const LOGGED_OUT = new Set([101, 109, 110]);
const PATIENCE = 3;

/** Whether the ones behind it in the room must wait: order is kept unless the text itself was refused. */
export const holdsQueue = (send: Send): boolean => send.state === "waiting" || BUSY.has(send.code);

export const mayTryAgain = (send: Send): boolean => send.state === "failed" && BUSY.has(send.code);

/** The next one of a room that may go out now, or how long to wait for it; null: nothing to do. */
export function nextSend(all: readonly Send[], room: string, now: number): { send: Send; wait_ms: number } | null {
  for (const send of all) {
    if (send.room !== room) continue;
    if (send.state === "failed" && !holdsQueue(send)) continue;
    return { send, wait_ms: Math.max(0, send.retry_at - now) };
  }
  return null;
}

/** What an error makes of a send. `up`: the connection stood; `readonly`: the server told it takes nothing now. */
export function afterError(
  send: Send,
  error: { code: number; message: string; retry_ms?: number | undefined },
  at: { now: number; up: boolean; readonly: boolean },
): Send {
  const tries = send.tries + 1;
  const base = { ...send, tries, code: error.code, message: error.message };
  const backoff = Math.min(30_000, 1000 * 2 ** Math.min(tries, 5));
  if (error.code === 111) return { ...base, state: "waiting", retry_at: at.now + (error.retry_ms ?? backoff) };
  if (error.code === 0 && !at.up) return { ...base, state: "waiting", retry_at: 0 };
  if (LOGGED_OUT.has(error.code)) return { ...base, state: "waiting", retry_at: at.now + backoff };
  if (at.readonly && error.code === 108) return { ...base, state: "waiting", retry_at: at.now + 10_000 };
  if (BUSY.has(error.code)) {
    const state = tries < PATIENCE ? "waiting" : "failed";
    return { ...base, state, retry_at: at.now + backoff };
  }
  return { ...base, state: "failed", retry_at: 0 };
}

/** What stands below a send that is not through; "" while there is nothing to say. */
export function sendWords(send: Send, now: number): string {
  if (send.state === "waiting") {
    if (send.code !== 111) return "";
    return `Too many at once. Goes out by itself in ${Math.max(1, Math.ceil((send.retry_at - now) / 1000))} s.`;
  }
  if (BUSY.has(send.code)) return "Not sent yet: the server is busy.";
  if (send.code === 103) return "Not sent: you may not write in this room any more.";
  return `Not sent: ${send.message || "the server refused it."}`;
}
