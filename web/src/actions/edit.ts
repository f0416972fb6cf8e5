import { messages } from "../state/app";
import { editTexts, setEdit, wantFocus, type Edit } from "../state/compose";
import { withEdited } from "../state/log";
import { ApiError, call } from "../net/rpc";
import type { Message } from "../net/types";

/** Edits of one's own messages, in their place in the log. */
let begun = "";

/** Puts a box in the place of the message. */
export function beginEdit(message: Message, from: Edit["from"]): void {
  begun = message.id;
  setEdit(message.room, { id: message.id, from });
}

/** True once for each beginEdit: its box takes the focus. One that is only shown again does not. */
export function takeBegun(id: string): boolean {
  if (begun !== id) return false;
  begun = "";
  return true;
}

/** Takes the box away, and with it what was typed. */
export function endEdit(message: Message, from: Edit["from"]): void {
  editTexts.delete(message.id);
  setEdit(message.room, null);
  if (from === "box") wantFocus();
  else document.getElementById(`m-${message.id}`)?.focus({ preventScroll: true });
}

/** The row changes with the event, as for everybody, or with the answer if that is sooner. errors: ApiError */
export async function saveEdit({ id, room }: Message, text: string): Promise<void> {
  const { edited } = await call<{ edited: number }>("message.edit", { room, id, text }).catch((e: unknown) => {
    throw e instanceof ApiError && e.code === 400 ? new ApiError(400, "The message was deleted.") : e;
  });
  const log = messages(room);
  const now = log.peek().items.find((m) => m.id === id);
  if (now && edited > (now.edited ?? 0)) log.value = withEdited(log.peek(), { ...now, text, edited });
}
