import type { Room, UserEvent } from "../net/types";

/** The room list: what the user channel says, and which section a room stands in. Pure. */
export type Rooms = ReadonlyMap<string, Room>;

export const roomMap = (list: readonly Room[]): Rooms => new Map(list.map((room) => [room.id, room]));

function patch(rooms: Rooms, id: string, change: Partial<Room>): Rooms {
  const room = rooms.get(id);
  if (!room) return rooms;
  return new Map(rooms).set(id, { ...room, ...change });
}

export function applyUserEvent(rooms: Rooms, event: UserEvent): Rooms {
  switch (event.type) {
    case "room_added":
      return new Map(rooms).set(event.room.id, event.room);
    case "room_removed": {
      const left = new Map(rooms);
      left.delete(event.id);
      return left;
    }
    case "room_changed": {
      const { id, ...change } = event.room;
      return patch(rooms, id, change);
    }
    case "room_preferred":
      return patch(rooms, event.room, { muted: event.muted, favourite: event.favourite });
    case "unread": {
      const { unread, mentions, last_time, offset } = event;
      const known = rooms.get(event.room);
      /* merged on the way: an older one may come after a newer answer */
      if (known && known.offset > offset) return rooms;
      return patch(rooms, event.room, { unread, mentions, last_time, offset });
    }
    case "read": {
      const known = rooms.get(event.room);
      if (known && known.read > event.read) return rooms;
      return patch(rooms, event.room, { read: event.read, unread: event.unread, mentions: event.mentions });
    }
  }
}

/** Which rooms stand under "Unread". A room enters when it becomes unread and stays, read or not, until another
 * room is opened (`moved`); while the pointer is over the list nothing moves (`held`). */
export function unreadSection(
  before: ReadonlySet<string>,
  rooms: Rooms,
  current: string,
  moved: boolean,
  held: boolean,
): ReadonlySet<string> {
  if (held) return before;
  const after = new Set<string>();
  for (const room of rooms.values()) {
    const stays = before.has(room.id) && (!moved || waiting(room) > 0 || room.id === current);
    const enters = waiting(room) > 0 && room.id !== current;
    if (stays || enters) after.add(room.id);
  }
  const same = after.size === before.size && [...after].every((id) => before.has(id));
  return same ? before : after;
}

export interface Sections {
  unread: Room[];
  favourites: Room[];
  rooms: Room[];
  /** Conversations of two. */
  people: Room[];
}

const byName = (a: Room, b: Room): number => a.name.localeCompare(b.name, undefined, { numeric: true }) || Number(a.id) - Number(b.id);

/** `general` (the first room) leads, the others by name, then people by name: an order that does not change while one looks. Of
 * those that are read the favourites stand by themselves. */
export function sections(rooms: Rooms, unread: ReadonlySet<string>): Sections {
  const rank = (room: Room) => (room.id === "1" ? 0 : room.direct ? 2 : 1);
  const own = [...rooms.values()].filter((room) => room.joined).sort((a, b) => rank(a) - rank(b) || byName(a, b));
  const read = own.filter((room) => !unread.has(room.id));
  const others = read.filter((room) => !room.favourite);
  return {
    unread: own.filter((room) => unread.has(room.id)),
    favourites: read.filter((room) => room.favourite),
    rooms: others.filter((room) => !room.direct),
    people: others.filter((room) => room.direct),
  };
}

/** The sections in the order of before, and who is new last in theirs: for as long as nothing may move. */
export function inPlace({ unread, favourites, rooms, people }: Sections, before: readonly Room[]): Sections {
  const at = new Map(before.map((room, i) => [room.id, i]));
  const place = (room: Room) => at.get(room.id) ?? before.length;
  const held = (list: Room[]) => [...list].sort((a, b) => place(a) - place(b));
  return { unread: held(unread), favourites: held(favourites), rooms: held(rooms), people: held(people) };
}

/** All of them in the order in which they are shown. */
export const inOrder = ({ unread, favourites, rooms, people }: Sections): Room[] => [...unread, ...favourites, ...rooms, ...people];

/** Rooms with the words in their name or topic, by name; those whose name begins with them come first, a topic last. */
export function findRooms(rooms: readonly Room[], words: string): Room[] {
  const wanted = words.trim().toLowerCase();
  const rank = ({ name, topic }: Room): number => {
    const at = name.toLowerCase().indexOf(wanted);
    if (at >= 0) return at === 0 ? 0 : 1;
    return topic.toLowerCase().includes(wanted) ? 2 : -1;
  };
  const ranked = rooms.map((room) => ({ room, at: rank(room) })).filter(({ at }) => at >= 0);
  return ranked.sort((a, b) => a.at - b.at || byName(a.room, b.room)).map(({ room }) => room);
}

/** Whether one of these rooms, other than `except`, has this name; people are no rooms, and letters large or small are the same. */
export function isNamed(rooms: Rooms, name: string, except = ""): boolean {
  const wanted = name.trim().toLowerCase();
  return wanted !== "" && [...rooms.values()].some((room) => room.id !== except && room.joined && !room.direct && room.name.toLowerCase() === wanted);
}

/** The room before or after `current` in the order shown; with `unreadOnly` the next one that has something. */
export function neighbour(shown: readonly Room[], current: string, step: 1 | -1, unreadOnly: boolean): Room | null {
  const at = shown.findIndex((room) => room.id === current);
  for (let i = 1; i <= shown.length; i++) {
    const index = at < 0 ? (step > 0 ? i - 1 : shown.length - i) : at + step * i;
    if (!unreadOnly && (index < 0 || index >= shown.length)) return null;
    const room = shown[(index + shown.length * 2) % shown.length]!;
    if (room.id === current) return null;
    if (!unreadOnly || waiting(room) > 0) return room;
  }
  return null;
}

/** How many unread ones are to be told: of a muted room those that name one. */
export const waiting = (room: Room): number => (room.muted ? room.mentions : room.unread);

/** How many of them are to oneself: mentions, and all that another one writes to oneself alone. */
export const toOneself = (room: Room): number => (room.direct ? waiting(room) : room.mentions);

/** Sums for the title and the way back: what waits in rooms other than `except`. */
export function totals(rooms: Rooms, except: string): { unread: number; mentions: number } {
  let unread = 0;
  let mentions = 0;
  for (const room of rooms.values()) {
    if (room.id === except) continue;
    unread += waiting(room);
    mentions += toOneself(room);
  }
  return { unread, mentions };
}
