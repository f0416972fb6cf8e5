import { useEffect, useState } from "preact/hooks";
import { erasePerson } from "../../actions/people";
import type { Erasure } from "../../actions/people";
import { useTask } from "../../lib/use_task";
import type { User } from "../../net/types";
import { closeDialog } from "../../state/dialog";
import { erasing } from "../../state/erased";
import { Choice } from "./choice";
import { Dialog, Done, Trouble } from "./dialog";

type What = Erasure["messages"];
const WHAT: [What, string][] = [
  ["keep", "They stay, under the name “Erased person”"],
  ["delete", "They are deleted, for everybody, with what agents answered them"],
];
const LOOK_MS = 500;

/** Asks before a person is erased, says what goes and what stays, and shows how far it is. */
export function EraseDialog() {
  const person = erasing.value;
  return (
    <Dialog title={person ? `Erase ${person.display}?` : "Erased"}>{person && <EraseForm key={person.id} person={person} />}</Dialog>
  );
}

function EraseForm({ person }: { person: User }) {
  const [what, setWhat] = useState<What>("keep");
  const [typed, setTyped] = useState("");
  const [state, setState] = useState<Erasure | null>(null);
  const { busy, trouble, run } = useTask();
  const going = !!state && state.ended === 0;
  const look = () => run(async () => setState(await erasePerson(person.id, what)));
  useEffect(() => {
    if (!going) return;
    const timer = setTimeout(look, LOOK_MS);
    return () => clearTimeout(timer);
  }, [state, going, busy]);
  const erase = (event: Event) => {
    event.preventDefault();
    if (typed.trim() === person.name && !going) void look();
  };
  if (state) return <Progress state={state} trouble={trouble} />;
  return (
    <form class="dialog-form" onSubmit={erase}>
      <div>
        <h3 id="erase-goes">What goes</h3>
        <ul class="points" aria-labelledby="erase-goes">
          <li>Name, password, log-ins and open invite links: at once. They are logged out everywhere.</li>
          <li>Memberships, read marks, mentions of them and the history of their connections.</li>
          <li>Answers of agents that name them.</li>
        </ul>
      </div>
      <div>
        <h3 id="erase-stays">What stays</h3>
        <ul class="points" aria-labelledby="erase-stays">
          <li>What others wrote about them.</li>
          <li>Backups and exports of before: delete those that are not needed.</li>
        </ul>
      </div>
      <Choice legend="Their messages" name="erase-messages" options={WHAT} value={what} onChange={setWhat} />
      <div class="field">
        <label for="erase-name">Type {person.name} to confirm</label>
        <input class="input" id="erase-name" autocomplete="off" autocapitalize="off" spellcheck={false} autofocus value={typed}
          aria-describedby="erase-hint" onInput={(event) => setTyped(event.currentTarget.value)} />
        <p class="hint" id="erase-hint">There is no way back.</p>
      </div>
      <Trouble words={trouble} />
      <div class="dialog-acts">
        <button class="button danger" type="submit" disabled={busy || typed.trim() !== person.name}>Erase them</button>
        <button class="button" type="button" onClick={closeDialog}>Cancel</button>
      </div>
    </form>
  );
}

/** It goes on without this page, too. */
function Progress({ state, trouble }: { state: Erasure; trouble: string }) {
  const over = state.ended > 0;
  return (
    <div class="dialog-form">
      <p role="status">
        {over ? "Erased. Only what others wrote may still name them." : "They are logged out, and what they left is being taken. It goes on when this is closed."}
      </p>
      {!over && <progress class="progress" aria-label="How far it is" max={Math.max(1, state.total)} value={Math.min(state.done, state.total)} />}
      <Trouble words={trouble} />
      <Done />
    </div>
  );
}
