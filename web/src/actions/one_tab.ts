import { viewLock } from "../lib/tabs";

/** Tabs of one browser among themselves, by the Web Locks API: a lock goes with its tab, however that ends, so nobody has
 * to say good-bye. Only where the context is secure, as notifications are. */

/** Holds a lock, or waits for it, until the function that is returned is called. `held` is told when it is there. */
export function holdLock(name: string, mode: LockMode, held: () => void = () => {}): () => void {
  if (!navigator.locks) return () => {};
  const over = new AbortController();
  let release = () => {};
  const keep = () =>
    new Promise<void>((end) => {
      if (over.signal.aborted) return end();
      release = end;
      held();
    });
  navigator.locks.request(name, { mode, signal: over.signal }, keep).catch(() => {
    /* over before it came */
  });
  return () => {
    over.abort();
    release();
  };
}

/** Says that this tab shows a room, until the function that is returned is called. */
export const showToTabs = (room: string): (() => void) => holdLock(viewLock(room), "shared");
