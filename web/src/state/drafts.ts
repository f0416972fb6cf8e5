import { signal } from "./store";
import { readLocal, writeLocal } from "../lib/settings";
import type { Upload } from "./uploads";

/** What was begun and not sent, a text and files for each room. Kept on this device; another tab of the same room may
 * write over it, the last one wins. */
let owner = "";
const textKey = (room: string): string => `snug.draft.${owner}.${room}`;
const filesKey = (room: string): string => `snug.draft-files.${owner}.${room}`;

/** The rooms that have one. */
export const drafts = signal<ReadonlySet<string>>(new Set());

/** Whose drafts these are: two people may use one browser. */
export function draftsOf(user: string): void {
  if (owner === user) return;
  owner = user;
  inMemory.clear();
  drafts.value = new Set([...stored(textKey("")), ...stored(filesKey(""))]);
}

/** The rooms of what is kept under this beginning. */
function stored(prefix: string): string[] {
  const found: string[] = [];
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key?.startsWith(prefix)) found.push(key.slice(prefix.length));
    }
  } catch {
    /* nothing is kept here */
  }
  return found;
}

const inMemory = new Map<string, string>();

export const draftOf = (room: string): string => inMemory.get(room) ?? readLocal(textKey(room)) ?? "";

export function setDraft(room: string, text: string): void {
  const some = text.trim() !== "";
  inMemory.set(room, text);
  writeLocal(textKey(room), some ? text : null);
  note(room, some || readLocal(filesKey(room)) !== null);
}

function note(room: string, some: boolean): void {
  if (drafts.peek().has(room) === some) return;
  const next = new Set(drafts.peek());
  if (some) next.add(room);
  else next.delete(room);
  drafts.value = next;
}

type Kept = Pick<Upload, "key" | "name" | "size" | "type" | "file" | "text">;

/** Keeps what is attached to a draft: of what is not whole that it was, and a text until the server has it. */
export function keepDraftFiles(room: string, list: readonly Upload[]): void {
  const kept = list.map(({ key, name, size, type, file, text }): Kept => ({ key, name, size, type, file, text }));
  writeLocal(filesKey(room), kept.length > 0 ? JSON.stringify(kept) : null);
  note(room, kept.length > 0 || draftOf(room).trim() !== "");
}

/** What was kept, of all rooms. */
export function keptDraftFiles(): (Kept & { room: string })[] {
  return stored(filesKey("")).flatMap((room) => {
    try {
      const kept = JSON.parse(readLocal(filesKey(room)) ?? "[]") as Kept[];
      return kept.filter((one) => one.key && one.name).map((one) => ({ ...one, room }));
    } catch {
      return []; /* unreadable: nothing is attached */
    }
  });
}
