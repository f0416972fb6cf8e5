import { useState } from "preact/hooks";
import { endInvite, makeInvite, openInvites } from "../../actions/people";
import type { NewInvite } from "../../actions/people";
import { CopyRow } from "../../lib/copy_row";
import { linkHere } from "../../lib/router";
import { dayName } from "../../lib/time_text";
import { useAsked, useTask } from "../../lib/use_task";
import { place } from "../../state/app";
import { Trouble } from "./dialog";

const USES = [1, 5, 25, 100];

/** Links that let new people in. A link is shown once, when it is made; the server keeps only its hash. */
export function InviteLinks() {
  const { value: open, trouble, reload } = useAsked(openInvites);
  const [made, setMade] = useState<NewInvite | undefined>(undefined);
  const [uses, setUses] = useState(25);
  const task = useTask();
  const home = place.value?.name ?? "this place";

  const make = () =>
    task.run(async () => {
      setMade(await makeInvite(uses));
      await reload();
    });
  const end = (id: string) =>
    task.run(async () => {
      await endInvite(id);
      if (made?.id === id) setMade(undefined);
      await reload();
    });

  return (
    <section class="part" aria-labelledby="invite-place">
      <h3 id="invite-place">New people, into {home}</h3>
      {made ? (
        <div>
          <CopyRow text={linkHere(made.url)} label="the invite link" />
          <p class="hint">Shown only now. It is good until {dayName(made.expires)}.</p>
        </div>
      ) : (
        <div class="inline-form">
          <label for="invite-uses">A link for</label>
          <select class="input" id="invite-uses" value={uses} onChange={(event) => setUses(Number(event.currentTarget.value))}>
            {USES.map((n) => (
              <option key={n} value={n}>{n === 1 ? "1 person" : `${n} people`}</option>
            ))}
          </select>
          <button class="button main" type="button" disabled={task.busy} onClick={make}>Make a link</button>
        </div>
      )}
      {open !== undefined && open.length > 0 && (
        <ul class="entries" aria-label="Open invite links">
          {open.map((one) => (
            <li class="entry" key={one.id} data-key={one.id}>
              <span class="entry-text">
                <b>{one.uses - one.used} of {one.uses} left</b>
                <span class="quiet">until {dayName(one.expires)}, by {one.created_by.display}</span>
              </span>
              <button class="button small danger" type="button" disabled={task.busy}
                aria-label={`End the invite link of ${one.created_by.display}, ${one.uses - one.used} left`} onClick={() => end(one.id)}>
                End
              </button>
            </li>
          ))}
        </ul>
      )}
      <Trouble words={trouble || task.trouble} />
    </section>
  );
}
