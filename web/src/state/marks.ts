// The hits in a found message: which parts of its text are marked, and which part of a long text is shown. Pure.

export interface Part {
  text: string;
  marked: boolean;
}

const BEFORE = 90;
const LONGEST = 480;

/** The text in parts. Marks are [start, length] in characters, which are not UTF-16 units; ones that overlap or pass the
 * end are cut. A long text begins shortly before its first mark. */
export function markedParts(text: string, marks: readonly (readonly [number, number])[]): Part[] {
  const all = Array.from(text);
  const sorted = [...marks].sort((a, b) => a[0] - b[0]);
  const first = sorted[0]?.[0] ?? 0;
  const from = all.length > LONGEST && first > BEFORE ? first - BEFORE : 0;
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

/** "No message has both words", by how many words were asked for. */
export function nothingFound(query: string): string {
  const words = query.trim().split(/\s+/).filter(Boolean).length;
  if (words <= 1) return "No message has this word.";
  return words === 2 ? "No message has both words. Try one of them." : "No message has all of these words. Try fewer.";
}
