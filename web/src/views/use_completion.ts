import { useState } from "preact/hooks";
import { askedAt, completed, matching, type Asking } from "../lib/complete";
import { me, members } from "../state/app";
import type { Author } from "../net/types";

/** Completion of @name in a box: `put` gets the text with the name in it. `list` is for Complete, `box` for the textarea;
 * `look` is called after each input, and `onKey` first of all with each key. */
export function useCompletion(id: string, room: string, area: { current: HTMLTextAreaElement | null }, put: (text: string) => void) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const [chosen, setChosen] = useState(0);
  const mine = me.value?.id;
  const people = members(room).value.map((m) => m.user).filter((u) => u.id !== mine);
  const options: Author[] = asking ? matching(people, asking.query) : [];
  const look = () => {
    const box = area.current;
    const next = box && box.selectionStart === box.selectionEnd ? askedAt(box.value, box.selectionStart) : null;
    setAsking(next);
    if (next?.query !== asking?.query) setChosen(0);
  };
  const take = (author: Author) => {
    const box = area.current;
    if (!box || !asking) return;
    const done = completed(box.value, asking, author.name);
    put(done.text);
    setAsking(null);
    box.value = done.text; // at once: a key may come before the next frame
    box.setSelectionRange(done.caret, done.caret);
  };
  /** True if the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    if (options.length === 0) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + options.length) % options.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) {
      take(options[Math.min(chosen, options.length - 1)]!);
    } else if (event.key === "Escape") setAsking(null);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const at = Math.min(chosen, options.length - 1);
  const shown = options.length > 0;
  return {
    list: { id, options, chosen: at, onTake: take },
    box: {
      "aria-autocomplete": "list" as const,
      "aria-controls": shown ? id : undefined,
      "aria-activedescendant": shown ? `${id}-${at}` : undefined,
      onClick: look,
      onBlur: () => setAsking(null),
    },
    look,
    onKey,
  };
}
