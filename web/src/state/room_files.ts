import type { Message } from "../net/types";
import type { ListedFile } from "../net/types_files";

/** The files of a room as the details list them, newest first: what was asked for, and what came or went since. Pure. */
export interface RoomFiles {
  /** The first page is there. */
  loaded: boolean;
  items: readonly ListedFile[];
  /** There are older ones. */
  more: boolean;
}

export const noFiles: RoomFiles = { loaded: false, items: [], more: false };

/** A page of file.list: the first one, or the one behind what is known. Each file is there once. */
export function withPage(known: RoomFiles, page: { files: readonly ListedFile[]; more: boolean }, first: boolean): RoomFiles {
  const before = first ? [] : known.items.filter((one) => !page.files.some(({ id }) => id === one.id));
  return { loaded: true, items: [...before, ...page.files], more: page.more };
}

/** What a message that just came brings. */
export function withFilesOf(known: RoomFiles, { id, offset, author, time, files }: Message): RoomFiles {
  if (!known.loaded || !files || known.items.some((one) => one.message === id)) return known;
  /* newest first, and within a message the last one */
  const added = files.map((file): ListedFile => ({ ...file, message: id, offset, author, time })).reverse();
  return { ...known, items: [...added, ...known.items] };
}

function kept(known: RoomFiles, stays: (one: ListedFile) => boolean): RoomFiles {
  const items = known.items.filter(stays);
  return items.length === known.items.length ? known : { ...known, items };
}

export const withoutFilesOf = (known: RoomFiles, message: string): RoomFiles => kept(known, (one) => one.message !== message);

export const withoutFilesBy = (known: RoomFiles, user: string): RoomFiles => kept(known, (one) => one.author.id !== user);
