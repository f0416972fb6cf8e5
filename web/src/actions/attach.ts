import { isUp, me, place } from "../state/app";
import { keepDraftFiles, keptDraftFiles } from "../state/drafts";
import { batch, effect, untracked } from "../state/store";
import {
  AT_ONCE, CHOOSE_AGAIN, FILES_MAX, afterUploadError, attachNote, changeUpload, firstUpload, isOpen, mayUploadAgain, newUpload,
  nextUploads, uploads, uploadsOf, type Upload,
} from "../state/uploads";
import { cleanName, fileUrl } from "../lib/file_words";
import { say } from "../lib/voices";
import { linkUp } from "../net/link";
import { ApiError, call } from "../net/rpc";
import type { Arrived, FileInfo } from "../net/types_files";
import { putPiece } from "../net/upload";
import { newKey } from "./send";

/** Files on their way to the server, two at a time, in pieces. What breaks goes on where the server is. */
const PIECE_BYTES = 512 * 1024;

const bytes = new Map<string, Blob>();
const going = new Map<string, AbortController>();
/** Places on the server of those that are not sent, by key. */
const places = new Map<string, string>();
let timer: ReturnType<typeof setTimeout> | undefined;
let loadedFor = "";

const find = (key: string): Upload | undefined => uploads.peek().find((one) => one.key === key);

/** The bytes of one that was chosen in this page. */
export const bytesOf = (key: string): Blob | undefined => bytes.get(key);

function set(room: string, next: readonly Upload[]): void {
  uploads.value = next;
  keepDraftFiles(room, uploadsOf(next, room));
}

function change(key: string, what: Partial<Upload>): void {
  const one = find(key);
  if (!one) return;
  const next = changeUpload(uploads.peek(), key, what);
  if (what.file) set(one.room, next);
  else uploads.value = next;
}

/** Attaches files to the draft of a room, and begins to bring them. */
export function attach(room: string, list: readonly File[], text?: string): void {
  const free = FILES_MAX - uploadsOf(uploads.peek(), room).length;
  const limit = place.peek()?.limits.upload_bytes ?? Infinity; // the server says so then
  if (limit === 0) {
    attachNote.value = { room, words: "No files can be sent here." };
    return;
  }
  const added = list.slice(0, Math.max(0, free)).map((file) => {
    const key = newKey(Date.now());
    bytes.set(key, file);
    return firstUpload({ key, room, name: cleanName(file.name), size: file.size, type: file.type, ...(text ? { text } : {}) }, limit);
  });
  batch(() => {
    attachNote.value = added.length < list.length ? { room, words: `At most ${FILES_MAX} files go with one message.` } : null;
    set(room, [...uploads.peek(), ...added]);
  });
  pump();
}

/** Puts back what belongs to a message that did not go out. */
export function attachAgain(room: string, files: readonly FileInfo[]): void {
  const kept = files.map((file) => newUpload({ ...file, key: newKey(Date.now()), room, state: "whole", file }));
  set(room, [...uploads.peek(), ...kept]);
  void checkUploads(room);
}

/** Takes one away, wherever it is; the server forgets it. Returns the text that it was, if it was one. */
export function takeAway(key: string): string | undefined {
  const one = find(key);
  if (!one) return undefined;
  const id = one.file?.id ?? places.get(key);
  attachNote.value = null;
  set(one.room, uploads.peek().filter((other) => other.key !== key));
  forget(key);
  if (id) drop(id);
  pump();
  return one.text;
}

/** A place that nobody asks for goes by itself after a day: it need not be told twice. */
const drop = (id: string): void => void call("file.drop", { id }).catch(() => {});

function forget(key: string): void {
  going.get(key)?.abort();
  bytes.delete(key);
  places.delete(key);
}

export function uploadAgain(room: string, key?: string): void {
  for (const one of uploadsOf(uploads.peek(), room)) {
    if (mayUploadAgain(one) && (!key || key === one.key)) change(one.key, { state: "waiting", tries: 0, retry_at: 0 });
  }
  pump();
}

/** They are a message's now. */
export function detach(room: string): void {
  const list = uploadsOf(uploads.peek(), room);
  set(room, uploads.peek().filter((one) => one.room !== room));
  for (const { key } of list) forget(key);
}

function pump(): void {
  clearTimeout(timer);
  if (!linkUp()) return;
  const { keys, wait_ms } = nextUploads(uploads.peek(), Date.now(), AT_ONCE - going.size);
  for (const key of keys) void carry(key);
  if (wait_ms > 0) timer = setTimeout(pump, wait_ms);
}

async function carry(key: string): Promise<void> {
  const stop = new AbortController();
  going.set(key, stop);
  change(key, { state: "going" });
  try {
    const file = await bring(key, stop.signal);
    change(key, { state: "whole", file, done: file.size });
    if (find(key)) say(`${file.name} is attached`);
  } catch (e) {
    if (!stop.signal.aborted) failed(key, e instanceof ApiError ? e : new ApiError(CHOOSE_AGAIN, "It cannot be read: choose it again."));
  } finally {
    going.delete(key);
    pump();
  }
}

function failed(key: string, error: ApiError): void {
  const before = find(key);
  if (!before) return;
  const after = afterUploadError(before, error, { now: Date.now(), up: linkUp(), limit: place.peek()?.limits.upload_bytes ?? 0 });
  change(key, after);
  if (after.state === "failed") say(`${after.name} was not uploaded`);
}

/** errors: ApiError; another one if the bytes cannot be read */
async function bring(key: string, signal: AbortSignal): Promise<FileInfo> {
  const one = find(key);
  const from = bytes.get(key);
  if (!one || !from) throw new ApiError(CHOOSE_AGAIN, "Not finished: choose it again.");
  const { id, ...begun } = await begin(one);
  if (signal.aborted) drop(id);
  else places.set(key, id);
  let at: Arrived = begun;
  while (!at.file) {
    signal.throwIfAborted();
    change(key, { done: at.offset });
    const piece = await from.slice(at.offset, at.offset + PIECE_BYTES).arrayBuffer();
    const next = await putPiece(id, at.offset, piece, (sent) => change(key, { done: at.offset + sent }), signal);
    if (!next.file && next.offset === at.offset) throw new ApiError(0, "it goes no further");
    if (next.offset > at.offset) change(key, { tries: 0 });
    at = next;
  }
  return at.file;
}

const begin = ({ name, size, key }: Upload): Promise<Arrived & { id: string }> => call("file.begin", { name, size, key });

/** What a former page of this user left: what was whole is there, a text goes on, anything else must be chosen again. */
export function loadUploads(user: string): void {
  if (loadedFor === user) return;
  loadedFor = user;
  const found = keptDraftFiles().filter(({ key }) => !find(key)).map((kept) => {
    if (kept.file) return newUpload({ ...kept, state: "whole" });
    if (kept.text === undefined) return newUpload({ ...kept, state: "failed", code: CHOOSE_AGAIN, message: "Not finished: choose it again." });
    bytes.set(kept.key, new Blob([kept.text]));
    return newUpload(kept);
  });
  uploads.value = [...uploads.peek(), ...found];
}

/** Asks for those that an earlier page brought whether they are still there: what nobody sends goes after a day. */
export async function checkUploads(room: string): Promise<void> {
  for (const { key, file } of uploadsOf(uploads.peek(), room)) {
    if (!file || places.has(key)) continue;
    places.set(key, file.id);
    const answer = await fetch(fileUrl(file), { method: "HEAD" }).catch(() => null);
    if (answer?.status === 404) change(key, { state: "failed", code: CHOOSE_AGAIN, message: "It is not there any more: choose it again." });
  }
}

const keepPage = (event: Event): void => event.preventDefault();

/** Whenever the line comes back they go on. While one is on its way the page asks before it is left. Call once. */
export function startUploads(): void {
  effect(() => {
    const user = me.value;
    if (!user || !isUp.value) return;
    untracked(() => {
      loadUploads(user.id);
      pump();
    });
  });
  effect(() => {
    if (uploads.value.some(isOpen)) addEventListener("beforeunload", keepPage);
    else removeEventListener("beforeunload", keepPage);
  });
}
