// What is typed into a search, as far as the page's own controls read and change it. The server knows all of it. Pure.

export type Kind = "from" | "in" | "has" | "before" | "after" | "on";

export interface Filter {
  kind: Kind;
  value: string;
  unwanted: boolean;
  /** Where it stands in the text, in UTF-16 units. */
  start: number;
  end: number;
}

const FILTER = /(^|[\s"])(-?)(from|in|has|before|after|on):(?:"([^"]*)"|([^\s"]\S*))/gi;
const PHRASE = /"[^"]*"/g;

/** The operators in a text, in their order; what stands in quotes is words. */
export function filtersOf(query: string): Filter[] {
  const found: Filter[] = [];
  const quoted: [number, number][] = [];
  for (const match of query.matchAll(PHRASE)) {
    const begins = query.slice(0, match.index);
    if (!/(?:^|[\s"])-?(?:from|in|has|before|after|on):$/i.test(begins)) quoted.push([match.index, match.index + match[0].length]);
  }
  for (const match of query.matchAll(FILTER)) {
    const start = match.index + match[1]!.length;
    const value = match[4] ?? match[5] ?? "";
    if (!value || quoted.some(([from, to]) => start > from && start < to)) continue;
    found.push({ kind: match[3]!.toLowerCase() as Kind, value, unwanted: match[2] === "-", start, end: match.index + match[0].length });
  }
  return found;
}

/** The text without its operators. */
export function wordsOf(query: string): string {
  let rest = query;
  for (const one of filtersOf(query).reverse()) rest = rest.slice(0, one.start) + rest.slice(one.end);
  return rest.replace(/\s+/g, " ").trim();
}

const quoted = (value: string): string => (/\s/.test(value) ? `"${value.replace(/"/g, "")}"` : value);

/** The text with this filter alone of its kinds; value "": with none of them. What has a dash stays. */
export function withFilter(query: string, kinds: readonly Kind[], kind: Kind, value: string): string {
  let rest = query;
  for (const one of filtersOf(query).reverse()) {
    if (!kinds.includes(one.kind) || one.unwanted) continue;
    rest = `${rest.slice(0, one.start).trimEnd()} ${rest.slice(one.end).trimStart()}`;
  }
  return `${rest.trim()}${value ? ` ${kind}:${quoted(value)}` : ""}`.trim();
}

/** The text with has:value, or without it if it is there. */
export function toggleHas(query: string, value: string): string {
  const there = filtersOf(query).find((one) => one.kind === "has" && !one.unwanted && one.value.toLowerCase() === value);
  if (!there) return `${query.trim()} has:${value}`.trim();
  return `${query.slice(0, there.start).trimEnd()} ${query.slice(there.end).trimStart()}`.trim();
}

const two = (n: number) => String(n).padStart(2, "0");

/** "2026-11-01", so many days before `now`, where the reader is. */
export function dayBefore(days: number, now: number): string {
  const d = new Date(now);
  d.setDate(d.getDate() - days);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

export interface Span {
  words: string;
  kind: Kind;
  value: string;
}

/** The times that the page offers. */
export const spans = (now: number): Span[] => [
  { words: "today", kind: "on", value: dayBefore(0, now) },
  { words: "yesterday", kind: "on", value: dayBefore(1, now) },
  { words: "last 7 days", kind: "after", value: dayBefore(7, now) },
  { words: "last 30 days", kind: "after", value: dayBefore(30, now) },
  { words: "last 365 days", kind: "after", value: dayBefore(365, now) },
];
