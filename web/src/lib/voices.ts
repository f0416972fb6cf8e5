import { signal } from "@preact/signals";

/** The only two voices of the page, shown by <Voices/> in app.tsx: everything that is announced goes through
 * them, a sentence at a time. `say` is polite (status), `warn` interrupts (alert; failed sends only). */
export const saying = signal("");
export const warning = signal("");

const LEAST_MS = 800;
const waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function next(): void {
  const words = waiting.shift();
  if (words === undefined) {
    timer = undefined;
    return;
  }
  /* the same sentence twice is no change to a reader of the page: a space makes it one */
  saying.value = saying.peek() === words ? `${words}\u00a0` : words;
  timer = setTimeout(next, LEAST_MS);
}

export function say(words: string): void {
  if (waiting.length >= 5) waiting.shift();
  waiting.push(words);
  if (timer === undefined) next();
}

export function warn(words: string): void {
  warning.value = warning.peek() === words ? `${words}\u00a0` : words;
}
