import { Face } from "../lib/face";
import { Icon } from "../lib/icons";
import type { Room } from "../net/types";

/** What stands before the name of a room: a person's face, a lock, or the sign of an open room. */
export function RoomSign({ room }: { room: Room }) {
  if (room.direct) return <Face user={room.direct} size="small" />;
  return <Icon name={room.private ? "lock" : "room"} label={room.private ? "Private" : undefined} />;
}
