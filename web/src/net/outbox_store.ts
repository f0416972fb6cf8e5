import type { Send } from "../state/outbox";

/** Keeps what waits to be sent on this device: one entry a message, so that two tabs never write over each other.
 * Both may send the same one; its key makes that one row. */
const prefix = (user: string) => `snug.out.${user}.`;

export function storeSend(user: string, send: Send): void {
  try {
    localStorage.setItem(prefix(user) + send.key, JSON.stringify(send));
  } catch {
    /* full or forbidden: it still waits in this page */
  }
}

export function forgetSend(user: string, key: string): void {
  try {
    localStorage.removeItem(prefix(user) + key);
  } catch {
    /* nothing was stored */
  }
}

export function storedSends(user: string): Send[] {
  const found: Send[] = [];
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const name = localStorage.key(i);
      if (!name?.startsWith(prefix(user))) continue;
      const send = JSON.parse(localStorage.getItem(name) ?? "null") as Send | null;
      if (send && send.key && send.room && typeof send.text === "string") found.push({ ...send, retry_at: 0 });
    }
  } catch {
    /* unreadable: nothing to send */
  }
  return found.sort((a, b) => a.created - b.created);
}
