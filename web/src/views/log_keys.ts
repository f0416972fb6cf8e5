import { setReply, wantFocus } from "../state/compose";
import { say } from "../lib/voices";
import { me } from "../state/app";
import { isEditable, type RoomLog } from "../state/log";
import { beginEdit } from "../actions/edit";
import { openPicker } from "../actions/react";
import { askToDelete, copyLink, mayDelete } from "./message_row";

/** Keys inside the log: one stop for Tab, arrows from message to message. Single letters act only on a message that
 * has the focus itself, never while something in it has. */
const MOVES = new Set(["ArrowUp", "ArrowDown", "Home", "End"]);

function articles(log: HTMLElement): HTMLElement[] {
  return [...log.querySelectorAll<HTMLElement>(".column > article")];
}

function target(all: HTMLElement[], now: HTMLElement | null, key: string): HTMLElement | undefined {
  if (key === "Home") return all[0];
  if (key === "End" || !now) return all[all.length - 1];
  const at = all.indexOf(now);
  return all[Math.min(all.length - 1, Math.max(0, at + (key === "ArrowUp" ? -1 : 1)))];
}

export function onLogKey(event: KeyboardEvent, log: RoomLog, toEnd: () => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const box = event.currentTarget as HTMLElement;
  const element = event.target as HTMLElement;
  if (event.key === "Escape") {
    event.preventDefault();
    toEnd();
    wantFocus();
    return;
  }
  const row = element.matches("article") ? element : null;
  if (element !== box && !row) return;
  if (MOVES.has(event.key)) {
    event.preventDefault();
    const next = target(articles(box), row, event.key);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
    return;
  }
  const message = row && log.items.find((m) => m.id === row.dataset.id);
  if (!message || message.deleted) return;
  if (event.key === "r") {
    event.preventDefault();
    setReply(message.room, message);
    wantFocus();
  } else if (event.key === "e" && isEditable(message, me.peek()?.id)) {
    event.preventDefault();
    beginEdit(message, "row");
  } else if (event.key === "+") {
    event.preventDefault();
    openPicker(message, row);
  } else if (event.key === "Delete" && mayDelete(message)) {
    event.preventDefault();
    askToDelete(message);
  } else if (event.key === "c") {
    event.preventDefault();
    void copyLink(message).then((done) => say(done ? "Link copied" : "The link could not be copied"));
  }
}
