import { useEffect, useState } from "preact/hooks";
import { messagePerson } from "../../actions/direct";
import { everybody } from "../../actions/people";
import { Face } from "../../lib/face";
import { Icon } from "../../lib/icons";
import { shortDay } from "../../lib/time_text";
import { useAsked, useTask } from "../../lib/use_task";
import type { User } from "../../net/types";
import { me } from "../../state/app";
import { canMessage } from "../../state/direct";
import { dialog, openDialog } from "../../state/dialog";
import { erasing } from "../../state/erased";
import { resetting } from "../../state/resetting";
import { Trouble } from "../dialogs/dialog";
import { count } from "../run/run_words";

const FEW = 50;

/** Who is here, the way to them, and to erase somebody. */
export function PeoplePage() {
  const { value: people, trouble, reload } = useAsked(everybody);
  const [words, setWords] = useState("");
  const [all, setAll] = useState(false);
  const going = useTask();
  const asks = dialog.value === "erase";
  useEffect(() => {
    if (!asks) void reload(); // somebody may be gone now
  }, [asks]);
  const wanted = words.trim().toLowerCase().replace(/^@/, "");
  const found = people?.filter((one) => `${one.display} ${one.name}`.toLowerCase().includes(wanted));
  const shown = all ? found : found?.slice(0, FEW);
  return (
    <div class="sheet">
      <header>
        <h1>People</h1>
        <p class="lead">Everybody who has an account here, agents too. Who was erased is only a number.</p>
      </header>
      <section class="part" aria-labelledby="people">
        <div class="title">
          <h2 id="people">Accounts</h2>
          <span class="quiet" role="status">{people && summary(people)}</span>
        </div>
        <div class="search-box">
          <Icon name="search" />
          <input type="search" aria-label="Find somebody" placeholder="Find somebody" value={words}
            onInput={(event) => setWords(event.currentTarget.value)} />
        </div>
        <div class="table-wrap people" tabIndex={0} role="region" aria-label="Table of people" aria-busy={!people && !trouble}>
          <table>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col" class="wide-only">Name</th>
                <th scope="col">Role</th>
                <th scope="col" class="wide-only">Since</th>
                <th scope="col"><span class="hidden">Actions</span></th>
              </tr>
            </thead>
            <tbody>{shown?.map((one) => <PersonRow key={one.id} person={one} going={going} />)}</tbody>
          </table>
          {found?.length === 0 && <p class="nothing">Nobody is called so.</p>}
        </div>
        <Trouble words={trouble || going.trouble} />
        {found && shown && found.length > shown.length && (
          <div class="pager">
            <span>{shown.length} of {found.length}</span>
            <span class="end">
              <button class="button small" type="button" onClick={() => setAll(true)}>Show all</button>
            </span>
          </div>
        )}
      </section>
    </div>
  );
}

function summary(people: readonly User[]): string {
  const there = people.filter((one) => !one.erased);
  const agents = there.filter((one) => one.role === "agent").length;
  const persons = there.length - agents;
  return [persons === 1 ? "1 person" : `${persons} people`, ...(agents ? [count(agents, "agent")] : [])].join(", ");
}

function PersonRow({ person, going }: { person: User; going: ReturnType<typeof useTask> }) {
  const { erased } = person;
  const mine = me.value?.id ?? "";
  const account = !erased && person.role !== "agent";
  const erase = () => {
    erasing.value = person;
    openDialog("erase");
  };
  const reset = () => {
    resetting.value = person;
    openDialog("reset");
  };
  return (
    <tr data-key={person.id}>
      <td>
        <span class="who">
          <Face user={person} size="small" />
          <span class="name">
            {person.display}
            {!erased && <span class="quiet narrow-only">@{person.name}</span>}
          </span>
        </span>
      </td>
      <td class="wide-only">{erased ? "—" : `@${person.name}`}</td>
      <td>{erased ? erasedWords(erased) : person.active ? person.role : `${person.role}, not active`}</td>
      <td class="wide-only">{shortDay(person.created)}</td>
      <td class="r">
        <span class="acts">
          {canMessage(person, mine) && (
            <button class="button small wide-only" type="button" disabled={going.busy} aria-label={`Message ${person.display}`}
              onClick={() => void going.run(() => messagePerson(person))}>
              Message
            </button>
          )}
          {account && person.active && person.id !== mine && (
            <button class="button small" type="button" aria-haspopup="dialog" aria-label={`Give ${person.display} another password…`} onClick={reset}>
              Password…
            </button>
          )}
          {account && (
            <button class="button small danger" type="button" aria-haspopup="dialog" aria-label={`Erase ${person.display}…`} onClick={erase}>
              Erase…
            </button>
          )}
        </span>
      </td>
    </tr>
  );
}

const erasedWords = ({ ended, messages }: NonNullable<User["erased"]>): string =>
  ended ? `erased ${shortDay(ended)}, messages ${messages === "keep" ? "kept" : "deleted"}` : "being erased";
