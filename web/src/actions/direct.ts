import { navigate } from "../lib/router";
import { call } from "../net/rpc";
import type { Author, Room } from "../net/types";
import { rooms } from "../state/app";
import { directWith } from "../state/direct";
import { closeDialog } from "../state/dialog";

/** The conversation with somebody, made when it is first asked for. errors: ApiError */
async function conversation(user: string): Promise<Room> {
  const known = directWith(rooms.peek(), user);
  if (known) return known;
  const { room } = await call<{ room: Room }>("room.direct", { user });
  if (!rooms.peek().has(room.id)) rooms.value = new Map(rooms.peek()).set(room.id, room);
  return room;
}

/** Goes to the conversation with somebody, out of whatever dialog it was asked for. errors: ApiError */
export async function messagePerson({ id }: Author): Promise<void> {
  const room = await conversation(id);
  closeDialog();
  navigate(`/room/${room.id}`);
}
