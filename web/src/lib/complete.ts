import type { Author } from "../net/types";

/** Completion of @name in a text that is being written. Pure. */
export interface Asking {
  /** Where the "@" stands, and what was typed after it. */
  at: number;
  query: string;
}

/** What the word before the caret asks for, if it is an @word. */
export function askedAt(text: string, caret: number): Asking | null {
  const before = text.slice(0, caret);
  const found = /(^|[\s(\[{"'“‘])@([a-z0-9._-]{0,32})$/i.exec(before);
  if (!found) return null;
  return { at: caret - found[2]!.length - 1, query: found[2]!.toLowerCase() };
}

/** People whose name or a word of whose display name begins with it: at most `most`, agents and near ones first. */
export function matching(people: readonly Author[], query: string, most = 8): Author[] {
  const rank = (p: Author): number => {
    if (p.name.startsWith(query)) return 0;
    const words = p.display.toLowerCase().split(/\s+/);
    return words.some((word) => word.startsWith(query)) ? 1 : 2;
  };
  return people
    .map((p) => ({ p, rank: rank(p) }))
    .filter((x) => x.rank < 2)
    .sort((a, b) => a.rank - b.rank || a.p.display.localeCompare(b.p.display))
    .slice(0, most)
    .map((x) => x.p);
}

/** The text with the @word replaced by the name and a space, and where the caret goes. */
export function completed(text: string, asking: Asking, name: string): { text: string; caret: number } {
  const end = asking.at + 1 + asking.query.length;
  const word = `@${name} `;
  const rest = text.slice(end).replace(/^ /, "");
  return { text: text.slice(0, asking.at) + word + rest, caret: asking.at + word.length };
}
