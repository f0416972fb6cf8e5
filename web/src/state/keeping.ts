// How long messages are kept, in words. Pure.
import type { Bounds, Keep, Room } from "../net/types";
import { took } from "../lib/time_text";
import { storage, whole } from "./figures";

export const DAY_MS = 86_400_000;

/** What place.update and place.preview take; 0: as the server's configuration says. */
export interface Wanted {
  keep_days: number;
  keep_messages: number;
  keep_bytes: number;
}

export const wantedOf = ({ set }: Keep): Wanted => ({
  keep_days: set.age_ms / DAY_MS,
  keep_messages: set.messages,
  keep_bytes: set.size_bytes,
});

const closer = (a: number, b: number): number => (a === 0 || (b > 0 && b < a) ? b : a);

/** What is in force once that is set: the closer of it and the configuration. */
export const boundsAfter = ({ most }: Keep, wanted: Wanted): Bounds => ({
  age_ms: closer(most.age_ms, wanted.keep_days * DAY_MS),
  messages: closer(most.messages, wanted.keep_messages),
  size_bytes: closer(most.size_bytes, wanted.keep_bytes),
});

/** One of them is closer than before: something may go. */
export const keepsLess = (before: Bounds, after: Bounds): boolean =>
  (["age_ms", "messages", "size_bytes"] as const).some((one) => after[one] !== before[one] && closer(before[one], after[one]) === after[one]);

/** "a day", "30 days", "a year", "36 h". */
export function spanWords(ms: number): string {
  const days = ms / DAY_MS;
  if (!Number.isInteger(days)) return took(ms);
  const [n, unit] = days % 365 === 0 ? [days / 365, "year"] : [days, "day"];
  return n === 1 ? `a ${unit}` : `${whole(n)} ${unit}s`;
}

export const sizeWords = (bytes: number): string => storage(bytes).join(" ").replace(".0 ", " ");

/** What happens by itself in the whole place. */
export function placeWords({ age_ms, messages, size_bytes }: Bounds): string {
  const said = [
    age_ms > 0 && `Messages older than ${spanWords(age_ms)} are deleted.`,
    messages > 0 && `Each room keeps its newest ${messages === 1 ? "message" : `${whole(messages)} messages`}.`,
    size_bytes > 0 && `While the database is over ${sizeWords(size_bytes)}, the oldest messages of all rooms are deleted.`,
  ];
  return said.filter(Boolean).join(" ") || "Messages are kept for ever.";
}

/** What is kept of a room, and who says so; "": everything. */
export function keptWords({ keep_days = 0, keep_messages = 0 }: Pick<Room, "keep_days" | "keep_messages">, keep: Keep | undefined): string {
  const { age_ms, messages, size_bytes } = keep?.now ?? { age_ms: 0, messages: 0, size_bytes: 0 };
  const span = closer(age_ms, keep_days * DAY_MS);
  const newest = closer(messages, keep_messages);
  const who = (own: boolean) => (own ? "The owners of this room keep its" : "This place keeps");
  const said = [
    span > 0 && `${who(span !== age_ms)} messages for ${spanWords(span)}.`,
    newest > 0 && `${newest === messages ? "This place keeps the" : who(true)} newest ${newest === 1 ? "message" : `${whole(newest)} messages`}${newest === messages ? " of each room" : ""}.`,
    size_bytes > 0 && `The oldest messages of all rooms go while there are more than ${sizeWords(size_bytes)}.`,
  ];
  return said.filter(Boolean).join(" ");
}

export interface Preview {
  messages: number;
  /** The size of the database decides: that is a guess. */
  about: boolean;
  /** There was no time to count them all. */
  more: boolean;
}

/** "1 message", "1,204 messages", "about 4,000 messages", "more than 52,000 messages". */
export function previewWords({ messages, about, more }: Preview): string {
  const words = `${whole(messages)} message${messages === 1 ? "" : "s"}`;
  return more ? `more than ${words}` : about ? `about ${words}` : words;
}
