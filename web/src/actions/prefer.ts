import { call } from "../net/rpc";
import type { Room } from "../net/types";
import { rooms } from "../state/app";
import { applyUserEvent } from "../state/rooms";

type Preferred = Required<Pick<Room, "muted" | "favourite">>;

function show(room: string, now: Preferred): void {
  rooms.value = applyUserEvent(rooms.peek(), { type: "room_preferred", room, ...now });
}

/** What one thinks of a room: seen at once, taken back when the server refuses, told to one's other pages by it. Throws ApiError. */
export async function preferRoom({ id, muted = false, favourite = false }: Room, change: Partial<Preferred>): Promise<void> {
  const before = { muted, favourite };
  show(id, { ...before, ...change });
  try {
    await call("room.prefer", { room: id, ...change });
  } catch (error) {
    show(id, before);
    throw error;
  }
}
