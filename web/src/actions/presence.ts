import { currentRoomId, isUp, members } from "../state/app";
import { call } from "../net/rpc";
import type { Member } from "../net/types";
import { membersSay } from "./called";

/** Who is here. A member is here while any window of theirs is connected, whichever room it shows: so a join says
 * it at once, and after a leave the server is asked. */
const ASK_MS = 500;
const REFRESH_MS = 20_000;
const asked = new Map<string, ReturnType<typeof setTimeout>>();

export function presenceJoin(room: string, user: string): void {
  const list = members(room);
  const known = list.peek().find((m) => m.user.id === user);
  if (!known || known.here) return;
  list.value = list.peek().map((m) => (m === known ? { ...m, here: true } : m));
}

export function presenceLeave(room: string): void {
  if (asked.has(room)) return;
  const ask = () => {
    asked.delete(room);
    void loadMembers(room);
  };
  asked.set(room, setTimeout(ask, ASK_MS));
}

export async function loadMembers(room: string): Promise<void> {
  try {
    const { members: list } = await call<{ members: Member[] }>("room.members", { room });
    members(room).value = list;
    membersSay(room, list);
  } catch {
    /* the room itself says what is wrong */
  }
}

/** Who came and went without opening the room is seen within 20 s. Call once. */
export function startPresence(): void {
  setInterval(() => {
    const room = currentRoomId.peek();
    if (room && isUp.peek() && !document.hidden) void loadMembers(room);
  }, REFRESH_MS);
}
