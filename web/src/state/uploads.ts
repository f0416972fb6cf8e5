import { sizeText } from "../lib/file_words";
import type { FileInfo } from "../net/types_files";
import { signal } from "./store";

/** A file on its way to the server, or there and not sent. It belongs to the draft of its room. */
export interface Upload {
  /** The same on every try, so that it is one file however often it is begun. */
  key: string;
  room: string;
  name: string;
  size: number;
  /** What the browser takes it for: until it is there nobody knows better. */
  type: string;
  /** waiting: goes on by itself; failed: it will not without a decision. */
  state: "waiting" | "going" | "whole" | "failed";
  /** Bytes that are there or on their way. */
  done: number;
  /** When it is whole. */
  file?: FileInfo;
  /** Of the last answer; 0: none came. */
  code: number;
  message: string;
  tries: number;
  /** Not before this time; 0: at once. */
  retry_at: number;
  /** It was a text that was too long for a message. */
  text?: string;
}

export const uploads = signal<readonly Upload[]>([]);

/** Rooms whose draft goes out by itself when its files are whole. */
export const armed = signal<ReadonlySet<string>>(new Set());

export function setArmed(room: string, on: boolean): void {
  if (armed.peek().has(room) === on) return;
  const next = new Set(armed.peek());
  if (on) next.add(room);
  else next.delete(room);
  armed.value = next;
}

/** Why nothing more was attached to the draft of a room. */
export const attachNote = signal<{ room: string; words: string } | null>(null);

export const FILES_MAX = 10;
export const AT_ONCE = 2;

type What = Pick<Upload, "key" | "room" | "name" | "size" | "type"> & Partial<Upload>;

export const newUpload = (what: What): Upload => ({ state: "waiting", done: 0, code: 0, message: "", tries: 0, retry_at: 0, ...what });

/** `limit`: the most bytes that a file may have here. */
export function firstUpload(what: What, limit: number): Upload {
  if (what.size <= limit) return newUpload(what);
  return newUpload({ ...what, state: "failed", code: 413, message: largeWords(what.size, limit) });
}

const largeWords = (size: number, limit: number): string => `is ${sizeText(size, true)}; ${sizeText(limit)} is the most here.`;

/** Found by this page: only another choice helps. */
export const CHOOSE_AGAIN = -1;

export const uploadsOf = (all: readonly Upload[], room: string): Upload[] => all.filter((one) => one.room === room);

export const changeUpload = (all: readonly Upload[], key: string, change: Partial<Upload>): readonly Upload[] =>
  all.map((one) => (one.key === key ? { ...one, ...change } : one));

export const isWhole = (one: Upload): one is Upload & { file: FileInfo } => one.state === "whole" && !!one.file;
/** On its way, by itself. */
export const isOpen = (one: Upload): boolean => one.state === "waiting" || one.state === "going";

/** What may go now of those that wait, and how long until the next may; 0: none has a time. */
export function nextUploads(all: readonly Upload[], now: number, places: number): { keys: string[]; wait_ms: number } {
  const waiting = all.filter((one) => one.state === "waiting");
  const keys = waiting.filter((one) => one.retry_at <= now).slice(0, Math.max(0, places)).map((one) => one.key);
  const later = waiting.filter((one) => one.retry_at > now).map((one) => one.retry_at - now);
  return { keys, wait_ms: later.length > 0 ? Math.min(...later) : 0 };
}

/** Answers after which the same bytes may still go in. */
const BUSY = new Set([0, 100, 111]);
const LOGGED_OUT = new Set([101, 109, 110]);
const GONE = new Set([103, 404]);
const FINAL = new Set([CHOOSE_AGAIN, 106, 413]);
/** So often without a byte more. */
const PATIENCE = 6;

/** What an error makes of an upload. `up`: the connection stood. */
export function afterUploadError(
  one: Upload,
  error: { code: number; message: string; field?: string | undefined; retry_ms?: number | undefined },
  at: { now: number; up: boolean; limit: number },
): Upload {
  const tries = one.tries + 1;
  const { code } = error;
  const base: Upload = { ...one, tries, code, message: error.message };
  const backoff = Math.min(30_000, 500 * 2 ** Math.min(tries, 6));
  if (code === 0 && !at.up) return { ...base, state: "waiting", retry_at: 0 };
  if (LOGGED_OUT.has(code)) return { ...base, state: "waiting", retry_at: at.now + backoff };
  if ((BUSY.has(code) && tries < PATIENCE) || (GONE.has(code) && tries < 3)) return { ...base, state: "waiting", retry_at: at.now + (error.retry_ms ?? backoff) };
  if (code === 413) base.message = largeWords(one.size, at.limit);
  if (code === 108 && !error.field) base.message = "The server\u2019s disk is full: reading works, sending waits.";
  return { ...base, state: "failed", retry_at: 0 };
}

export const mayUploadAgain = (one: Upload): boolean => one.state === "failed" && !FINAL.has(one.code);

export const percentOf = ({ done, size }: Upload): number => (size > 0 ? Math.min(100, Math.floor((done * 100) / size)) : 0);

function refusedWords({ code, message, name }: Upload): string {
  if (code === 0) return "The server does not answer.";
  if (code === 100 || code === 111) return "The server is busy.";
  if (code === 103 || code === 404) return "It is not there any more.";
  if (!message) return "The server refused it.";
  /* the name stands before it */
  return message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
}

/** What stands below its name, and after it where both make a sentence. */
export function uploadWords(one: Upload): string {
  const size = sizeText(one.size);
  switch (one.state) {
    case "whole":
      return `${size}, ready`;
    case "going":
      return `${percentOf(one)} % of ${size}`;
    case "waiting":
      return one.tries > 0 ? `${percentOf(one)} % of ${size}, waiting` : `${size}, waiting`;
    case "failed":
      return refusedWords(one);
  }
}

/** What the status line says of files that were not uploaded; "" if there are none. */
export function failedWords(list: readonly Upload[]): string {
  const failed = list.filter((one) => one.state === "failed");
  if (failed.length > 1) return `${failed.length} files were not uploaded.`;
  const one = failed[0];
  if (!one) return "";
  const words = refusedWords(one);
  return words.startsWith("is ") ? `${one.name} ${words}` : `${one.name} was not uploaded.`;
}

/** What the status line says while files are on their way; "" if none is. */
export function openWords(list: readonly Upload[], goes: boolean): string {
  const open = list.filter(isOpen).length;
  if (open === 0) return "";
  const files = open === 1 ? "the file" : `${open} files`;
  return goes ? `Goes out when ${files} ${open === 1 ? "is" : "are"} there.` : `Sending waits for ${files}.`;
}
