import { signal } from "../state/store";
import { me, messages } from "../state/app";

/** "Back. 18 messages came in meanwhile", for four seconds. */
export const back = signal<{ room: string; count: number } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Counts what came in after `from`, once the recovered events are in the log. */
export function backCount(room: string, from: number): void {
  setTimeout(() => {
    const own = me.peek()?.id;
    const count = messages(room).peek().items.filter((m) => m.offset > from && m.author.id !== own).length;
    if (count === 0) return;
    back.value = { room, count };
    clearTimeout(timer);
    timer = setTimeout(() => (back.value = null), 4000);
  }, 60);
}
