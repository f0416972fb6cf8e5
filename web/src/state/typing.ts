import type { Author } from "../net/types";

/** Who writes where. Pure; `until` is by this page's clock. */
export type Typing = ReadonlyMap<string, ReadonlyMap<string, { user: Author; until: number }>>;

export function withTyping(all: Typing, room: string, user: Author, until: number): Typing {
  const before = all.get(room);
  if (!until && !before?.has(user.id)) return all;
  const inRoom = new Map(before);
  if (until) inRoom.set(user.id, { user, until });
  else inRoom.delete(user.id);
  return new Map(all).set(room, inRoom);
}

/** Without those whose time is over. */
export function sweepTyping(all: Typing, now: number): Typing {
  let changed = false;
  const left = new Map<string, ReadonlyMap<string, { user: Author; until: number }>>();
  for (const [room, users] of all) {
    const still = [...users].filter(([, t]) => t.until > now);
    if (still.length !== users.size) changed = true;
    if (still.length > 0) left.set(room, new Map(still));
  }
  return changed ? left : all;
}

/** "Priya is writing", three names at most, then "Several people are writing"; "" for nobody. */
export function typingWords(users: readonly Author[]): string {
  const names = users.map((u) => u.display.split(" ")[0] ?? u.display);
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is writing`;
  if (names.length > 3) return "Several people are writing";
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]} are writing`;
}
