import { sendWith } from "../../lib/settings";
import { Dialog } from "./dialog";

type Key = readonly [keys: string, does: string];

const EVERYWHERE: readonly Key[] = [
  ["Ctrl K", "Find a room or a person, and go there"],
  ["Ctrl Shift F", "Search in messages"],
  ["Alt \u2191, Alt \u2193", "The room above, the room below"],
  ["Alt Shift \u2191, Alt Shift \u2193", "The next room with something unread"],
  ["F6, Shift F6", "The next part of the page, the one before"],
  ["Ctrl /", "This list"],
];
const WRITING: readonly Key[] = [
  ["\u2191", "In an empty box: edit your last message"],
  ["@", "Name somebody; Tab or Enter takes the name"],
  ["Esc", "Do not reply or edit; else to the newest message"],
];
const ON_A_MESSAGE: readonly Key[] = [
  ["\u2191, \u2193, Home, End", "The message above, below, the first, the last"],
  ["R", "Reply"],
  ["+", "React with an emoji"],
  ["E", "Edit, if it is yours"],
  ["C", "Copy its link"],
  ["Delete", "Delete"],
];

/** Every key of the page. */
export function KeysDialog() {
  const [send, line] = sendWith.value === "enter" ? ["Enter", "Shift Enter"] : ["Ctrl Enter", "Enter"];
  return (
    <Dialog title="Keys" wide>
      <Keys title="Everywhere" keys={EVERYWHERE} />
      <Keys title="While you write" keys={[[send, "Send"], [line, "A new line"], ...WRITING]} />
      <Keys title="On a message" keys={ON_A_MESSAGE} hint="Shift Tab leads from the message box to the messages." />
    </Dialog>
  );
}

function Keys({ title, keys, hint }: { title: string; keys: readonly Key[]; hint?: string }) {
  return (
    <section class="part" aria-label={title}>
      <h3>{title}</h3>
      {hint && <p class="hint">{hint}</p>}
      <dl class="keys">
        {keys.map(([names, does]) => (
          <div key={does}>
            <dt>{names.split(", ").map((name) => <kbd key={name}>{name}</kbd>)}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
