// Who stands where in a list of members, and what is said beside the name. Pure.
import { dayNumber, shortDay, since } from "../lib/time_text";
import type { Member } from "../net/types";

export interface PersonSigns {
  me: string;
  /** Ids of those who write, and of agents with a run that goes on. */
  writing: ReadonlySet<string>;
  working: ReadonlySet<string>;
  now: number;
}

/** Oneself, then those who are here, then by when they were here last. */
export function sortMembers(members: readonly Member[], me: string): Member[] {
  const rank = ({ user, here }: Member) => (user.id === me ? 0 : here && user.role !== "agent" ? 1 : here ? 2 : 3);
  return [...members].sort(
    (a, b) => rank(a) - rank(b) || (a.here ? 0 : b.seen - a.seen) || a.user.display.localeCompare(b.user.display),
  );
}

/** "you", "writing", "working", "since 09:12", "yesterday". */
export function memberWords({ user, here, seen, role }: Member, signs: PersonSigns): string {
  if (user.id === signs.me) return "you";
  if (signs.working.has(user.id)) return "working";
  if (signs.writing.has(user.id)) return "writing";
  if (!here) return since(seen, signs.now);
  return role === "owner" ? "owner" : "";
}

/** "here now", "last here 09:12", "last here yesterday"; "" for who was never here. */
export function presenceWords({ here, seen }: Member, now: number): string {
  if (here) return "here now";
  return seen > 0 ? `last here ${shortDay(seen, now)}` : "";
}

/** A dot for those who are here, an open one for those who were here today, none for the others. */
export function presenceOf({ here, seen }: Member, now: number): boolean | undefined {
  if (here) return true;
  return seen > 0 && dayNumber(seen) === dayNumber(now) ? false : undefined;
}
