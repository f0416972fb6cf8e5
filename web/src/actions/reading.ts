import { me, messages, rooms } from "../state/app";
import { applyUserEvent } from "../state/rooms";
import { call } from "../net/rpc";

/** The read mark: moved when the end of the log was on a screen that is looked at. */
const EVERY_MS = 300;
const sent = new Map<string, number>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

export function markRead(room: string): void {
  if (timers.has(room)) return;
  const row = rooms.peek().get(room);
  const log = messages(room).peek();
  if (!row || !log.loaded || log.newer) return;
  const marked = Math.max(row.read, sent.get(room) ?? 0);
  const own = me.peek()?.id;
  const newest = log.items.findLast((m) => m.author.id !== own)?.offset ?? 0;
  if (newest <= marked && row.unread === 0) return;
  timers.set(room, setTimeout(() => timers.delete(room), EVERY_MS));
  void tell(room, log.top);
}

async function tell(room: string, offset: number): Promise<void> {
  sent.set(room, offset);
  try {
    const done = await call<{ read: number; unread: number; mentions: number }>("read.mark", { room, offset });
    rooms.value = applyUserEvent(rooms.peek(), { type: "read", room, ...done });
  } catch {
    sent.delete(room);
  }
}

/** Told at most every two seconds while somebody writes. */
const TYPING_MS = 2000;
let typed = { room: "", time: 0 };

export function tellTyping(room: string): void {
  const now = Date.now();
  if (typed.room === room && now - typed.time < TYPING_MS) return;
  typed = { room, time: now };
  call("typing.start", { room }).catch(() => {
    /* passing: the next letter says it again */
  });
}
