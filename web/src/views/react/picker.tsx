import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { closePicker, toggleReaction } from "../../actions/react";
import { EMOJIS, findEmojis, gridStep, nameOf, type Emoji, type EmojiGroup } from "../../lib/emoji";
import { coarse, wide } from "../../lib/media";
import { me, messages } from "../../state/app";
import { hasReacted } from "../../state/reactions";
import type { Message } from "../../net/types";

interface PickerProps {
  message: Message;
  /** What was pressed. */
  from: HTMLElement;
}

const COLUMNS = 8;
const GAP_PX = 4;
const EDGE_PX = 8;
const KEYS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]);

/** Below what was pressed, or above it where there is more room; never over the edge of the window. On a phone it lies
 * at the foot (reactions.css). */
function place(dialog: HTMLElement, at: DOMRect): void {
  const { style, offsetWidth, offsetHeight } = dialog;
  if (!wide.peek()) {
    style.left = style.top = "";
    return;
  }
  const below = innerHeight - at.bottom - GAP_PX - EDGE_PX;
  const top = below >= offsetHeight || below >= at.top ? at.bottom + GAP_PX : at.top - GAP_PX - offsetHeight;
  const inside = (wanted: number, size: number, whole: number) => Math.max(EDGE_PX, Math.min(wanted, whole - size - EDGE_PX));
  style.left = `${inside(at.right - offsetWidth, offsetWidth, innerWidth)}px`;
  style.top = `${inside(top, offsetHeight, innerHeight)}px`;
}

/** Emojis to react with, in groups or by their words. A native modal dialog, as the others; it moves nothing. */
export function Picker({ message, from }: PickerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const groups = useMemo(() => (words.trim() ? [{ name: "Found", emojis: findEmojis(words) }] : EMOJIS), [words]);

  useLayoutEffect(() => {
    const element = dialog.current!;
    const rect = from.getBoundingClientRect();
    const put = () => place(element, rect);
    element.showModal();
    put();
    /* on a phone the field would bring up the keyboard over what is to be seen */
    (coarse.peek() ? buttonAt(0) : field.current)?.focus();
    addEventListener("resize", put);
    return () => {
      removeEventListener("resize", put);
      element.close();
    };
  }, []);

  const buttonAt = (i: number) => dialog.current?.querySelectorAll<HTMLElement>(".emoji-grid button")[i];
  const choose = (emoji: string) => {
    closePicker();
    void toggleReaction(message, emoji);
  };
  const onGridKey = (event: KeyboardEvent) => {
    if (!KEYS.has(event.key)) return;
    event.preventDefault();
    const to = gridStep(groups.map(({ emojis }) => emojis.length), COLUMNS, at, event.key);
    (to < 0 ? field.current : buttonAt(to))?.focus();
  };
  const onFieldKey = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") buttonAt(0)?.focus();
    else if (event.key === "Enter") {
      const first = groups[0]?.emojis[0];
      if (words.trim() && first) choose(first.emoji);
    } else return;
    event.preventDefault();
  };
  const onInput = () => {
    setWords(field.current?.value ?? "");
    setAt(0);
  };
  return (
    <dialog
      ref={dialog}
      class="picker"
      aria-label="React"
      onCancel={(event) => {
        event.preventDefault();
        closePicker();
      }}
      onClick={(event) => event.target === dialog.current && closePicker()}
    >
      <div class="picker-inner">
        <input
          class="input"
          ref={field}
          type="text"
          value={words}
          placeholder="Find an emoji"
          aria-label="Find an emoji"
          autocomplete="off"
          enterkeyhint="done"
          onInput={onInput}
          onKeyDown={onFieldKey}
        />
        <div class="emoji-groups" onKeyDown={onGridKey}>
          <Groups groups={groups} at={at} message={message} onFocus={setAt} onChoose={choose} />
          {groups[0]?.emojis.length === 0 && <p class="hint" role="status">No emoji has this word.</p>}
        </div>
      </div>
    </dialog>
  );
}

interface GroupsProps {
  groups: readonly EmojiGroup[];
  /** The one that Tab comes to. */
  at: number;
  message: Message;
  onFocus: (at: number) => void;
  onChoose: (emoji: string) => void;
}

function Groups({ groups, at, message, onFocus, onChoose }: GroupsProps) {
  const now = messages(message.room).value.items.find((m) => m.id === message.id);
  const own = me.value?.id ?? "";
  let next = 0;
  const button = (one: Emoji) => {
    const here = next++;
    return (
      <button
        key={one.emoji}
        type="button"
        class="emoji"
        tabIndex={here === at ? 0 : -1}
        aria-label={nameOf(one)}
        aria-pressed={hasReacted(now?.reactions, one.emoji, own)}
        title={nameOf(one)}
        onFocus={() => onFocus(here)}
        onClick={() => onChoose(one.emoji)}
      >
        {one.emoji}
      </button>
    );
  };
  return (
    <>
      {groups.filter(({ emojis }) => emojis.length > 0).map(({ name, emojis }) => (
        <section key={name} aria-label={name}>
          <h2>{name}</h2>
          <div class="emoji-grid">{emojis.map(button)}</div>
        </section>
      ))}
    </>
  );
}
