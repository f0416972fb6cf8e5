import { me, messages, rooms } from "../state/app";
import { applyUserEvent } from "../state/rooms";
import { looking } from "../state/unread_shown";
import { call } from "../net/rpc";

/** The read mark: moved when the end of the log was on a screen that is looked at. */
const EVERY_MS = 300;
/** What was seen of each room, and what the server was told of it. */
const seen = new Map<string, number>();
const told = new Map<string, number>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** The end of a room's log is on the screen, or is not any more. */
export function lookAt(room: string, now: boolean): void {
  if (now) looking.value = room;
  else if (looking.peek() === room) looking.value = "";
  if (now) markRead(room);
}

function markRead(room: string): void {
  const row = rooms.peek().get(room);
  const log = messages(room).peek();
  if (!row || !log.loaded || log.newer) return;
  const marked = Math.max(row.read, told.get(room) ?? 0);
  const own = me.peek()?.id;
  const newest = log.items.findLast((m) => m.author.id !== own)?.offset ?? 0;
  seen.set(room, log.top);
  if (timers.has(room) || (newest <= marked && row.unread === 0 && row.mentions === 0)) return;
  void tell(room, log.top);
}

/** What was seen meanwhile is told when the pause is over. */
function pause(room: string): void {
  const end = () => {
    timers.delete(room);
    const offset = seen.get(room) ?? 0;
    if (offset > (told.get(room) ?? 0)) void tell(room, offset);
  };
  timers.set(room, setTimeout(end, EVERY_MS));
}

async function tell(room: string, offset: number): Promise<void> {
  pause(room);
  told.set(room, offset);
  try {
    const done = await call<{ read: number; unread: number; mentions: number }>("read.mark", { room, offset });
    rooms.value = applyUserEvent(rooms.peek(), { type: "read", room, ...done });
  } catch {
    told.delete(room);
    seen.delete(room);
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
