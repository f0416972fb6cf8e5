import { signal } from "./store";

/** The rooms that stand under "Unread" just now; see unreadSection. */
export const unreadShown = signal<ReadonlySet<string>>(new Set());

/** The room whose end is on the screen and looked at: what comes there is read, so it is not counted; "": none. */
export const looking = signal("");
