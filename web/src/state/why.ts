// What the server knows of one message and one person, in the order a reader asks for it. Pure.
import type { Why } from "../net/types_lines";
import { closeSentence } from "./closes";
import { clock } from "../lib/time_text";

/** has: it is proven that they have it · likely: not proven, nothing against it · not: they have not. */
export type WhyKind = "has" | "likely" | "not";

const KINDS: Record<string, WhyKind> = {
  read: "has", delivered: "has",
  sent: "likely", recovered: "likely", since: "likely", joined_later: "likely", open: "likely", pushed: "likely",
};

export const whyKind = (why: Why): WhyKind => KINDS[why.verdict] ?? "not";

/** "has it: a device has answered behind it." The name stands beside it. */
export function whyWords(why: Why): string {
  const name = `${why.user?.display ?? ""} `;
  return why.words.startsWith(name) ? why.words.slice(name.length) : why.words;
}

/** What it is known from: the read mark, the lines that are open, those that ended since. */
export function whyProofs(why: Why, offset: number): string[] {
  const proofs: string[] = [];
  if ((why.read ?? -1) >= offset) proofs.push("Their read mark is behind it.");
  for (const line of why.open ?? []) {
    const acked = line.acked ?? 0;
    const does = !line.follows ? "does not follow the room" : acked >= offset ? "answered behind it" : "has not answered since";
    proofs.push(`${line.client || "A program"}, open since ${clock(line.since)}: ${does}.`);
  }
  for (const line of why.ended ?? []) {
    const ended = closeSentence(line.code, line.reason, line.queue_peak_bytes);
    const after = line.recovered === undefined ? "" : line.recovered ? "; came back with all that was missed" : "; came back and loaded anew";
    proofs.push(`${line.client || "A program"}, ended ${clock(line.closed)}: ${ended}${after}.`);
  }
  if (why.pushed) proofs.push(`A push service took a notification of it at ${clock(why.pushed)}.`);
  return proofs;
}
