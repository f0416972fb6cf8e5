import { me, members, messages } from "../state/app";
import { withReaction } from "../state/log";
import { reacting, reactors, refused } from "../state/reacting";
import { hasReacted, type Change } from "../state/reactions";
import { ApiError, call, errorWords } from "../net/rpc";
import type { Message, ReactionChanged } from "../net/types";
import { announceReaction } from "./announce";

/** Reactions: one's own are shown at once, and taken back if the server does not take them. */

/** Own changes on their way, by message and emoji. `turn` counts them; `sure` is what the server said last. */
const wishes = new Map<string, { turn: number; sure: boolean }>();

const wishKey = (id: string, emoji: string): string => `${id} ${emoji}`;

function put(room: string, id: string, change: Change): void {
  const log = messages(room);
  log.value = withReaction(log.peek(), id, change);
}

const now = ({ room, id }: Message): Message | undefined => messages(room).peek().items.find((m) => m.id === id);

/** Adds the own reaction, or takes it away if it is there. Of several in a row the last one counts. */
export async function toggleReaction(message: Message, emoji: string): Promise<void> {
  const { room, id } = message;
  const user = me.peek()?.id;
  if (!user) return;
  const had = hasReacted((now(message) ?? message).reactions, emoji, user);
  const on = !had;
  const key = wishKey(id, emoji);
  const wish = wishes.get(key) ?? { turn: 0, sure: had };
  const turn = ++wish.turn;
  wishes.set(key, wish);
  refused.value = null;
  put(room, id, { emoji, user, on });
  try {
    await call(on ? "reaction.add" : "reaction.remove", { room, id, emoji });
    wish.sure = on;
  } catch (e) {
    if (turn === wish.turn) refused.value = { id, words: refusalWords(e) };
  }
  if (turn !== wish.turn) return;
  wishes.delete(key);
  put(room, id, { emoji, user, on: wish.sure });
}

function refusalWords(e: unknown): string {
  const gone = e instanceof ApiError && e.code === 400;
  return `Your reaction was not saved. ${gone ? "The message was deleted." : errorWords(e)}`;
}

/** What the room's stream says. Of an own change that is on its way the next answer decides. */
export function feedReaction(room: string, event: ReactionChanged, live: boolean): void {
  const { message, emoji, user } = event;
  const on = event.type === "reaction_added";
  reactors.set(user.id, user);
  const wish = user.id === me.peek()?.id ? wishes.get(wishKey(message.id, emoji)) : undefined;
  if (wish) wish.sure = on;
  else put(room, message.id, { emoji, user: user.id, on });
  if (live) announceReaction(room, event);
}

/** What somebody is called who reacted in this room, as far as the page knows them. */
export function reactorNames(room: string): (id: string) => string | undefined {
  const list = members(room).value;
  const { items } = messages(room).peek();
  return (id) => (list.find((m) => m.user.id === id)?.user ?? items.find((m) => m.author.id === id)?.author ?? reactors.get(id))?.display;
}

/** Opens the picker beside what was pressed. */
export function openPicker(message: Message, from: HTMLElement): void {
  reacting.value = { message, from };
}

/** The focus goes back to what was pressed, or to its message when that is gone. */
export function closePicker(): void {
  const was = reacting.peek();
  reacting.value = null;
  if (!was) return;
  const back = was.from.isConnected ? was.from : document.getElementById(`m-${was.message.id}`);
  back?.focus({ preventScroll: true });
}
