import { computed, signal, type Signal } from "./store";
import { route } from "../lib/router";
import { emptyLog, type RoomLog } from "./log";
import { noFiles, type RoomFiles } from "./room_files";
import type { Author, Member, Place, Room, User } from "../net/types";

/** What the whole page knows. Plain signals; src/actions/* and src/net/* write them, views read them. */

/** undefined: not asked yet; null: nobody is logged in. */
export const me = signal<User | null | undefined>(undefined);
export const place = signal<Place | null>(null);

export type ConnectionState =
  | "connecting"
  | "connected"
  | "reconnecting"
  | "offline"
  | "refused"
  | "outdated";

export interface ConnectionInfo {
  state: ConnectionState;
  rtt_ms: number;
  /** When the present state began, by the page's clock. */
  since: number;
  /** reconnecting: when the next attempt begins; 0: it is being made now. */
  retry_at: number;
  /** The close code of the last break, and of a refusal for good. */
  code: number;
  reason: string;
  /** What the server said last, at connect or since: "readonly" lets read and not write. */
  level: string;
  /** The server's clock minus the page's, for times that run (ms). */
  clock_ms: number;
}

export const connection = signal<ConnectionInfo>({
  state: "connecting",
  rtt_ms: 0,
  since: 0,
  retry_at: 0,
  code: 0,
  reason: "",
  level: "normal",
  clock_ms: 0,
});

/** The line stands; unlike `connection` this changes only when it comes and goes. */
export const isUp = computed(() => connection.value.state === "connected" || connection.value.state === "outdated");

/** Somebody is logged in here, and was not sent away. */
export const isInside = computed(() => !!me.value && connection.value.state !== "refused");

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = (): number => Date.now() + connection.peek().clock_ms;

export const rooms = signal<ReadonlyMap<string, Room>>(new Map());
/** True once room.list has answered: before that an empty list means nothing. */
export const roomsLoaded = signal(false);

export const currentRoomId = computed(() => (route.value.page === "room" ? route.value.room : ""));
export const currentRoom = computed(() => rooms.value.get(currentRoomId.value));

/** Who writes where, and until when: room id -> user id. */
export const typing = signal<ReadonlyMap<string, ReadonlyMap<string, { user: Author; until: number }>>>(
  new Map(),
);

/** A signal for each room, made when first asked for and kept. */
function perRoom<T>(first: (room: string) => T): (room: string) => Signal<T> {
  const all = new Map<string, Signal<T>>();
  return (room) => {
    let found = all.get(room);
    if (!found) all.set(room, (found = signal(first(room))));
    return found;
  };
}

/** The members of a room with `here` kept live; empty until the room is open. */
export const members = perRoom<Member[]>(() => []);
/* as one text, which stays the same while only who is here changes */
const namesInRoom = computed(() => {
  const list = members(currentRoomId.value).value;
  return list.length < (currentRoom.value?.members ?? 0) ? "" : list.map((member) => member.user.name).sort().join(" ");
});
/** The @names of all members of the open room; empty until they are known. */
export const memberNames = computed<ReadonlySet<string>>(() => new Set(namesInRoom.value.split(" ").filter(Boolean)));
/** Everything the log of a room shows. */
export const messages = perRoom<RoomLog>(emptyLog);
/** What the details list of its files. */
export const roomFiles = perRoom<RoomFiles>(() => noFiles);

/** An admin, or the owner of the room. */
export function mayGovern(room: string): boolean {
  const user = me.value;
  if (!user) return false;
  if (user.role === "admin") return true;
  return members(room).value.some((m) => m.user.id === user.id && m.role === "owner");
}
