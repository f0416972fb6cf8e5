import { signal } from "./store";

/** Runs whose card this page has seen going: the card stays open and holds the answer itself, so the log leaves the
 * answer's own row out. A card that is met after its end is one line, and the answer is a message like any other. */
export const openRuns = signal<ReadonlySet<string>>(new Set());

export function setRunOpen(id: string, open: boolean): void {
  if (openRuns.peek().has(id) === open) return;
  const next = new Set(openRuns.peek());
  if (open) next.add(id);
  else next.delete(id);
  openRuns.value = next;
}

/** The message `run_id` belongs to is shown inside its run's card. */
export const answerInCard = (run_id: string | undefined): boolean => !!run_id && openRuns.value.has(run_id);
