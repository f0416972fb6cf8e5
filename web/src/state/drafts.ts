import { signal } from "./store";
import { readLocal, writeLocal } from "../lib/settings";

/** What was begun and not sent, a text for each room. Kept on this device; another tab of the same room may write
 * over it, the last one wins. */
let prefix = "snug.draft..";

/** The rooms that have one. */
export const drafts = signal<ReadonlySet<string>>(new Set());

/** Whose drafts these are: two people may use one browser. */
export function draftsOf(user: string): void {
  if (prefix === `snug.draft.${user}.`) return;
  prefix = `snug.draft.${user}.`;
  inMemory.clear();
  drafts.value = stored();
}

function stored(): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key?.startsWith(prefix)) found.add(key.slice(prefix.length));
    }
  } catch {
    /* nothing is kept here */
  }
  return found;
}

const inMemory = new Map<string, string>();

export const draftOf = (room: string): string => inMemory.get(room) ?? readLocal(prefix + room) ?? "";

export function setDraft(room: string, text: string): void {
  const some = text.trim() !== "";
  inMemory.set(room, text);
  writeLocal(prefix + room, some ? text : null);
  if (drafts.peek().has(room) === some) return;
  const next = new Set(drafts.peek());
  if (some) next.add(room);
  else next.delete(room);
  drafts.value = next;
}
