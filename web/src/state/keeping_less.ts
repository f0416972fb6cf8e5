import { signal } from "./store";
import type { Bounds } from "../net/types";
import type { Preview, Wanted } from "./keeping";

/** What the dialog "keep-less" asks about. */
export const keepingLess = signal<{ change: Partial<Wanted>; after: Bounds; preview: Preview } | null>(null);
