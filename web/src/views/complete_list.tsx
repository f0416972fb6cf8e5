import { Face } from "../lib/face";
import type { Author } from "../net/types";

interface Props {
  id: string;
  options: readonly Author[];
  chosen: number;
  onTake: (author: Author) => void;
}

/** People to complete an @word with, above the message box, or below an edited text. The box keeps the focus. */
export function Complete({ id, options, chosen, onTake }: Props) {
  if (options.length === 0) return null;
  return (
    <div class="complete" id={id} role="listbox" aria-label="People">
      {options.map((author, i) => (
        <div
          key={author.id}
          id={`${id}-${i}`}
          class="option"
          role="option"
          aria-selected={i === chosen}
          onPointerDown={(event) => {
            event.preventDefault(); /* the box would lose the focus */
            onTake(author);
          }}
        >
          <Face user={author} size="small" />
          <span class="label">{author.display}</span>
          <span class="quiet">@{author.name}</span>
        </div>
      ))}
    </div>
  );
}
