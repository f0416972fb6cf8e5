import type { Message, Reaction } from "../net/types";

/** What people put below a message: an emoji each, counted, and who it was. Pure. */
export interface Change {
  emoji: string;
  user: string;
  /** Added, or taken away. */
  on: boolean;
}

type List = readonly Reaction[] | undefined;

export const hasReacted = (list: List, emoji: string, user: string): boolean =>
  !!list?.find((one) => one.emoji === emoji)?.users.includes(user);

/** The list after somebody added one or took it away: a new emoji comes last, one that nobody has any more goes. */
export function changed(list: List, { emoji, user, on }: Change): readonly Reaction[] {
  const before = list ?? [];
  if (!before.some((one) => one.emoji === emoji)) return on ? [...before, { emoji, users: [user] }] : before;
  return before
    .map((one) => {
      if (one.emoji !== emoji) return one;
      const others = one.users.filter((id) => id !== user);
      return { emoji, users: on ? [...others, user] : others };
    })
    .filter((one) => one.users.length > 0);
}

/** The message with these reactions, as the server says it: without the field when there are none. */
export function withReactions({ reactions: _, ...message }: Message, list: List): Message {
  return list && list.length > 0 ? { ...message, reactions: list } : message;
}

/** The message without what this person put below it; the same one if that is nothing. */
export function withoutReactionsOf(message: Message, user: string): Message {
  const theirs = message.reactions?.filter((one) => one.users.includes(user)) ?? [];
  if (theirs.length === 0) return message;
  return withReactions(message, theirs.reduce((list: List, { emoji }) => changed(list, { emoji, user, on: false }), message.reactions));
}

/** So many are named, the others counted. */
const NAMES = 20;

/** "Ada, Ben, you", in the order of time; who is not known is counted: "Ada and 2 more". Nobody known: "". */
export function whoWords(users: readonly string[], me: string, nameOf: (id: string) => string | undefined): string {
  const names = users.map((id) => (id === me ? "you" : nameOf(id))).filter((name) => name !== undefined).slice(0, NAMES);
  const more = users.length - names.length;
  if (names.length === 0) return "";
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What is said of a chip: "👍 3, you among them. Ada, Ben, you". */
export function chipLabel({ emoji, users }: Reaction, me: string, who: string): string {
  return `${emoji} ${users.length}${users.includes(me) ? ", you among them" : ""}${who ? `. ${who}` : ""}`;
}
