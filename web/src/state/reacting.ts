import { signal } from "./store";
import type { Author, Message } from "../net/types";

/** The message that an emoji is being chosen for, and what was pressed: the picker stands beside it and gives it the
 * focus back. */
export const reacting = signal<{ message: Message; from: HTMLElement } | null>(null);

/** The reaction that the server did not take, until the next one: said below its message. */
export const refused = signal<{ id: string; words: string } | null>(null);

/** Who reacted while this page listened: somebody who left the room since is named all the same. */
export const reactors = new Map<string, Author>();
