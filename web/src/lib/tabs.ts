/** What the tabs of one browser say of themselves by locks (actions/one_tab.ts), for whoever asks: a tab or the service worker. */
export const viewLock = (room: string): string => `snug.view.${room}`;

/** Whether any tab shows the room. */
export async function isShownInATab(room: string): Promise<boolean> {
  const all = await navigator.locks.query();
  return !!all.held?.some((lock) => lock.name === viewLock(room));
}
