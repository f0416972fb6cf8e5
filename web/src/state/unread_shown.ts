import { signal } from "./store";

/** The rooms that stand under "Unread" just now; see unreadSection. */
export const unreadShown = signal<ReadonlySet<string>>(new Set());
