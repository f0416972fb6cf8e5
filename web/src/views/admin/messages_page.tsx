import { useEffect, useState } from "preact/hooks";
import { changeKeep, previewKeep } from "../../actions/place";
import { useTask } from "../../lib/use_task";
import type { Keep } from "../../net/types";
import { place } from "../../state/app";
import { openDialog } from "../../state/dialog";
import { boundsAfter, DAY_MS, keepsLess, placeWords, sizeWords, spanWords, wantedOf } from "../../state/keeping";
import type { Wanted } from "../../state/keeping";
import { keepingLess } from "../../state/keeping_less";
import { whole } from "../../state/figures";
import { Trouble } from "../dialogs/dialog";

/** How long the whole place keeps messages. */
export function MessagesPage() {
  const keep = place.value?.keep;
  return (
    <div class="sheet narrow">
      <header>
        <h1>Messages</h1>
        <p class="lead">How long this place keeps what people write. Owners may keep less in a room of theirs, not more.</p>
      </header>
      <section class="part" aria-labelledby="messages-keep" aria-busy={!keep}>
        <h2 id="messages-keep">In all rooms</h2>
        {keep && <KeepForm keep={keep} />}
      </section>
    </div>
  );
}

interface Control {
  name: keyof Wanted;
  label: string;
  /** What the configuration bounds it to, in the same unit; 0: nothing. */
  most: (keep: Keep) => number;
  choices: readonly number[];
  words: (n: number) => string;
  unbound: string;
}

const CONTROLS: readonly Control[] = [
  {
    name: "keep_days", label: "Messages are kept", most: ({ most }) => most.age_ms / DAY_MS, unbound: "for ever",
    choices: [1, 7, 30, 90, 180, 365, 730, 1825], words: (days) => `for ${spanWords(days * DAY_MS)}`,
  },
  {
    name: "keep_messages", label: "Of each room", most: ({ most }) => most.messages, unbound: "all messages",
    choices: [100, 1000, 10_000, 100_000, 1_000_000], words: (n) => `the newest ${n === 1 ? "message" : whole(n)}`,
  },
  {
    name: "keep_bytes", label: "The database may grow", most: ({ most }) => most.size_bytes, unbound: "as far as the disk has room",
    choices: [1e8, 1e9, 1e10, 1e11, 1e12], words: (bytes) => `to ${sizeWords(bytes)}`,
  },
];

function KeepForm({ keep }: { keep: Keep }) {
  const set = wantedOf(keep);
  const [edits, setEdits] = useState<Partial<Wanted>>({});
  const { trouble, run } = useTask();
  const changed = CONTROLS.map(({ name }) => name).filter((name) => edits[name] !== undefined && edits[name] !== set[name]);
  const change: Partial<Wanted> = Object.fromEntries(changed.map((name) => [name, edits[name]]));
  const after = boundsAfter(keep, { ...set, ...change });
  useEffect(() => setEdits(change), [keep]); // what is set now is no edit any more, here or by somebody else
  const save = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const preview = keepsLess(keep.now, after) ? await previewKeep(change) : { messages: 0, about: false, more: false };
      if (preview.messages === 0 && !preview.more) return changeKeep(change);
      keepingLess.value = { change, after, preview };
      openDialog("keep-less");
    });
  };
  return (
    <form class="keep-form" onSubmit={save}>
      {CONTROLS.map((one) => (
        <KeepField key={one.name} control={one} most={one.most(keep)} value={edits[one.name] ?? set[one.name]}
          onChange={(value) => setEdits({ ...edits, [one.name]: value })} />
      ))}
      <p class="about" role="status">{changed.length > 0 ? "Once saved: " : "Now: "}{placeWords(after)}</p>
      <p class="hint">What is over a bound is deleted for everybody within some minutes, and cannot be brought back.</p>
      <Trouble words={trouble} />
      <div class="dialog-acts">
        {/* enabled while it asks, so that the dialog gives the focus back to it */}
        <button class="button main" type="submit" disabled={changed.length === 0}>Save</button>
      </div>
    </form>
  );
}

/** A few choices within the configuration's bound; what was set otherwise stays one. */
function KeepField({ control, most, value, onChange }: { control: Control; most: number; value: number; onChange: (value: number) => void }) {
  const { name, label, choices, words, unbound } = control;
  const shown = choices.filter((n) => n === value || most === 0 || n < most);
  if (value > 0 && !shown.includes(value)) shown.push(value);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select class="input" id={name} value={value} onChange={(event) => onChange(Number(event.currentTarget.value))}>
        <option value={0}>{most > 0 ? `${words(most)}, as the server is set up` : unbound}</option>
        {shown.sort((a, b) => a - b).map((n) => <option key={n} value={n}>{words(n)}</option>)}
      </select>
    </div>
  );
}
