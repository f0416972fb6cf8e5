import { Icon } from "./icons";
import type { Author } from "../net/types";

/** Two letters: of the first and the last word, or the first two of a single one. */
export function initials(display: string): string {
  const words = display.trim().split(/\s+/).filter(Boolean);
  const letters = (word: string | undefined, n: number) => Array.from(word ?? "").slice(0, n).join("");
  if (words.length === 0) return "?";
  if (words.length === 1) return letters(words[0], 2).toUpperCase();
  return (letters(words[0], 1) + letters(words[words.length - 1], 1)).toUpperCase();
}

/** One of eight hues, by id, so that a person keeps theirs everywhere. */
export function hueOf(id: string): string {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + c.charCodeAt(0)) % 8191;
  return String((sum % 8) + 1);
}

interface Props {
  user: Author;
  /** true: dot; false: open dot; undefined: none. Agents have none: they are always here. */
  here?: boolean | undefined;
  size?: "small" | "normal";
}

/** A person is a circle with letters, an agent a rounded square with its sign. Silent: the name stands beside it. */
export function Face({ user, here, size = "normal" }: Props) {
  const small = size === "small" ? " small" : "";
  if (user.role === "agent") {
    return (
      <span class={`face agent${small}`} aria-hidden="true">
        <Icon name="agent" />
      </span>
    );
  }
  const presence = here === undefined ? undefined : here ? "here" : "away";
  return (
    <span class={`face${small}`} data-hue={hueOf(user.id)} data-presence={presence} aria-hidden="true">
      {initials(user.display)}
    </span>
  );
}
