import { signal } from "./store";
import type { Message } from "../net/types";
import type { FileInfo } from "../net/types_files";

/** The message that is being answered, for each room that has one. */
export const replyTo = signal<ReadonlyMap<string, Message>>(new Map());

export function setReply(room: string, message: Message | null): void {
  const next = new Map(replyTo.peek());
  if (message) next.set(room, message);
  else next.delete(room);
  replyTo.value = next;
}

export interface Edit {
  id: string;
  /** Where the focus goes when it is over. */
  from: "box" | "row";
}

/** The message of one's own that is being edited, for each room that has one. */
export const editing = signal<ReadonlyMap<string, Edit>>(new Map());

export function setEdit(room: string, edit: Edit | null): void {
  const next = new Map(editing.peek());
  if (edit) next.set(room, edit);
  else next.delete(room);
  editing.value = next;
}

/** What was typed into an edit that is neither saved nor cancelled, by message: begun again, it goes on. */
export const editTexts = new Map<string, string>();

/** The message that the dialog "delete" asks about. */
export const deleting = signal<Message | null>(null);

/** The message that the dialog "why" is about. */
export const asking = signal<Message | null>(null);

/** What goes back into the box of a room ("Edit" below a failed send; a text that was attached as a file). */
export const putBack = signal<{ room: string; text: string; files?: readonly FileInfo[] | undefined } | null>(null);

/** The room whose draft went out by itself: its box is empty. */
export const draftSent = signal<{ room: string } | null>(null);

/** Raised when the box should take the focus. */
export const focusBox = signal(0);
export const wantFocus = (): void => void (focusBox.value += 1);

/** Raised by an own send and by Esc: the log goes to its end. */
export const endWanted = signal(0);
export const wantEnd = (): void => void (endWanted.value += 1);
