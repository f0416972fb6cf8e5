// The hits in a found message: which parts of its text are marked, and which part of a long text is shown. Pure.
import { filtersOf } from "./search_query";

export interface Part {
  text: string;
  marked: boolean;
}

const BEFORE = 60;
const LONGEST = 300;

/** A part that is not marked, without the signs of links and bold words that lie in it whole. */
export const plainPart = (text: string): string =>
  text.replace(/\[([^\]\n]*)\]\([^)\s]*\)/g, "$1").replace(/\*\*([^*\n]+)\*\*/g, "$1");

/** The begin of the first word that begins at `from` or after it, before `to`; `from` if there is none. */
function wordFrom(all: readonly string[], from: number, to: number): number {
  for (let at = from; at < to; at++) if (/\s/.test(all[at - 1] ?? " ")) return at;
  return from;
}

/** The text in parts. Marks are [start, length] in characters, which are not UTF-16 units; ones that overlap or pass the
 * end are cut. It begins shortly before its first mark. */
export function markedParts(text: string, marks: readonly (readonly [number, number])[]): Part[] {
  const all = Array.from(text);
  const sorted = [...marks].sort((a, b) => a[0] - b[0]);
  const first = sorted[0]?.[0] ?? 0;
  const from = first > 2 * BEFORE ? wordFrom(all, first - BEFORE, first) : 0;
  const to = Math.min(all.length, from + LONGEST);
  const parts: Part[] = [];
  const add = (start: number, end: number, marked: boolean) => {
    if (end > start) parts.push({ text: all.slice(start, end).join(""), marked });
  };

  if (from > 0) parts.push({ text: "… ", marked: false });
  let at = from;
  for (const [start, length] of sorted) {
    const begin = Math.max(at, start);
    const end = Math.min(to, start + length);
    if (begin >= to || end <= begin) continue;
    add(at, begin, false);
    add(begin, end, true);
    at = end;
  }
  add(at, to, false);
  if (to < all.length) parts.push({ text: " …", marked: false });
  return parts;
}

/** "No message has both words", by what was asked for. */
export function nothingFound(query: string): string {
  if (filtersOf(query).length > 0) return "No message fits all of this.";
  const words = query.trim().split(/\s+/).filter(Boolean).length;
  if (words <= 1) return "No message has this word.";
  return words === 2 ? "No message has both words. Try one of them." : "No message has all of these words. Try fewer.";
}
