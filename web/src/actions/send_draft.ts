import { draftSent, replyTo, setReply, wantEnd } from "../state/compose";
import { draftOf, setDraft } from "../state/drafts";
import { batch, effect, untracked } from "../state/store";
import { armed, isWhole, setArmed, uploads, uploadsOf } from "../state/uploads";
import { currentRoomId } from "../state/app";
import { detach } from "./attach";
import { sendMessage } from "./send";

/** Sends what is written for a room, with its files. False, and nothing is changed, if there is nothing or a file is
 * not whole yet. */
export function sendDraft(room: string): boolean {
  const list = uploadsOf(uploads.peek(), room);
  const text = draftOf(room).trim().replace(/\r\n?/g, "\n");
  const files = list.filter(isWhole).map(({ file }) => file);
  if (files.length < list.length || (!text && files.length === 0)) return false;
  batch(() => {
    sendMessage({ room, text, reply_to: replyTo.peek().get(room)?.id ?? "", files });
    setReply(room, null);
    setDraft(room, "");
    setArmed(room, false);
    detach(room);
    if (room === currentRoomId.peek()) wantEnd();
  });
  return true;
}

function goOut(room: string): void {
  setArmed(room, false);
  if (sendDraft(room)) draftSent.value = { room };
}

/** "Send when ready": as soon as the last file is whole, also while another room is shown. Call once. */
export function startArmed(): void {
  effect(() => {
    const all = uploads.value;
    for (const room of armed.value) {
      const list = uploadsOf(all, room);
      if (list.every(isWhole)) untracked(() => goOut(room));
    }
  });
}
