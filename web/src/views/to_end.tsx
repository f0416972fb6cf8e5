import { Icon } from "../lib/icons";
import { pillWords } from "../state/rows";

interface Props {
  /** What came in below and was not seen. */
  count: number;
  names: readonly string[];
  /** The end is more than a screen away. */
  far: boolean;
  onClick: () => void;
}

/** The pill over the end of the log: how many are new, from whom, and the way there. */
export function ToEnd({ count, names, far, onClick }: Props) {
  if (count === 0 && !far) return null;
  const first = names.map((name) => name.split(" ")[0] ?? name);
  return (
    <div class="pill-place">
      <button class="to-end" type="button" onClick={onClick}>
        <Icon name="back" />
        {count > 0 ? pillWords(count, first) : "To the newest"}
      </button>
    </div>
  );
}
