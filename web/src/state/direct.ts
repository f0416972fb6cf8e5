// Conversations of two: how they are called, with whom there is one, and who can be written to. Pure.
import type { Author, Room, User } from "../net/types";
import type { Rooms } from "./rooms";

/** How a room is called in a sentence: "Search in general", "Search in your conversation with Ben". */
export const calledWords = ({ name, direct }: Room): string =>
  direct ? `your conversation with ${isErased(direct) ? "an erased person" : name}` : name;

/** Where something was said, in as few words as can be: "general", "with Ben". */
export const whereWords = ({ name, direct }: Room): string => (direct ? `with ${name}` : name);

/** Who reads and writes in it. */
export function conversationWords(other: Author): string {
  if (isErased(other)) return "Only you are left here.";
  if (other.role === "agent") return `Only the two of you are here. ${other.display} answers whatever you ask.`;
  return "Only the two of you read and write here. Nook answers when it is asked.";
}

/** The conversation with somebody, if there is one. */
export const directWith = (rooms: Rooms, user: string): Room | undefined => [...rooms.values()].find(({ direct }) => direct?.id === user);

/** Who was erased has a name that nobody can take. */
export const isErased = ({ name }: Author): boolean => name.startsWith("-");

/** Everybody but oneself, and those who are gone. */
export const canMessage = (user: Author & Partial<Pick<User, "active">>, me: string): boolean =>
  user.id !== me && user.active !== false && !isErased(user);

/** People with the words in how they are called or in their @name, by name; those of whom a word begins with them come first. */
export function findPeople<T extends Author>(people: readonly T[], words: string): T[] {
  const wanted = words.trim().toLowerCase().replace(/^@/, "");
  const rank = ({ display, name }: Author): number => {
    const called = `${display} ${name}`.toLowerCase();
    if (called.split(/\s+/).some((word) => word.startsWith(wanted)) || called.startsWith(wanted)) return 0;
    return called.includes(wanted) ? 1 : 2;
  };
  const ranked = people.map((one) => ({ one, at: rank(one) })).filter(({ at }) => at < 2);
  return ranked.sort((a, b) => a.at - b.at || a.one.display.localeCompare(b.one.display)).map(({ one }) => one);
}

/** The rooms when somebody is called something else, or was erased: a conversation with them is under what they are called now. */
export function withPartner(rooms: Rooms, user: Author): Rooms {
  const room = directWith(rooms, user.id);
  return room ? new Map(rooms).set(room.id, { ...room, direct: user, name: user.display }) : rooms;
}
