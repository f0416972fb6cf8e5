import type { Author } from "../net/types";
import type { FileInfo } from "../net/types_files";
import { signal } from "./store";

/** The pictures of a message, the one of them that is looked at, and what was pressed: it gets the focus back. */
export interface Viewing {
  pictures: readonly FileInfo[];
  at: number;
  author: Author;
  from: HTMLElement;
}

export const viewing = signal<Viewing | null>(null);

export function closeViewer(): void {
  const was = viewing.peek();
  viewing.value = null;
  was?.from.focus({ preventScroll: true });
}
