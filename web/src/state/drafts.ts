import { signal } from "./store";
import { readLocal, writeLocal } from "../lib/settings";

/** What was begun and not sent, a text for each room. Kept on this device; another tab of the same room may write
 * over it, the last one wins. */
const PREFIX = "snug.draft.";

function stored(): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key?.startsWith(PREFIX)) found.add(key.slice(PREFIX.length));
    }
  } catch {
    /* nothing is kept here */
  }
  return found;
}

/** The rooms that have one. */
export const drafts = signal<ReadonlySet<string>>(stored());

const inMemory = new Map<string, string>();

export const draftOf = (room: string): string => inMemory.get(room) ?? readLocal(PREFIX + room) ?? "";

export function setDraft(room: string, text: string): void {
  const some = text.trim() !== "";
  inMemory.set(room, text);
  writeLocal(PREFIX + room, some ? text : null);
  if (drafts.peek().has(room) === some) return;
  const next = new Set(drafts.peek());
  if (some) next.add(room);
  else next.delete(room);
  drafts.value = next;
}
