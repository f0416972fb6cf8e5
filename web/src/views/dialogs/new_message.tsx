import { useState } from "preact/hooks";
import { messagePerson } from "../../actions/direct";
import { allPeople } from "../../actions/people";
import { Face } from "../../lib/face";
import { Icon } from "../../lib/icons";
import { useAsked, useTask } from "../../lib/use_task";
import type { Author } from "../../net/types";
import { me } from "../../state/app";
import { canMessage, findPeople } from "../../state/direct";
import { Dialog, Trouble } from "./dialog";

/** So many are shown; more words narrow them. */
const SHOWN = 50;
const ID = "message-to";

/** Somebody to write to: words narrow the list, arrows choose, Enter takes. */
export function NewMessageDialog() {
  const { value: people, trouble } = useAsked(allPeople);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const task = useTask();
  const mine = me.value?.id ?? "";
  const found = people && findPeople(people.filter((one) => canMessage(one, mine)), words);
  const shown = found?.slice(0, SHOWN) ?? [];
  const chosen = Math.min(at, shown.length - 1);

  const choose = (next: number) => {
    setAt(next);
    document.getElementById(`${ID}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const take = (user: Author) => task.run(() => messagePerson(user));
  const onKeyDown = (event: KeyboardEvent) => {
    const one = shown[chosen];
    if (!one || event.isComposing) return;
    if (event.key === "ArrowDown") choose((chosen + 1) % shown.length);
    else if (event.key === "ArrowUp") choose((chosen + shown.length - 1) % shown.length);
    else if (event.key === "Enter") void take(one);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title="New message">
      <div class="search-box">
        <Icon name="search" />
        <input type="search" role="combobox" aria-label="To whom" placeholder="To whom" autofocus autocapitalize="none" value={words}
          aria-autocomplete="list" aria-expanded={shown.length > 0} aria-controls={ID} aria-activedescendant={shown[chosen] && `${ID}-${chosen}`}
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown} />
      </div>
      <div id={ID} role="listbox" aria-label="People" aria-busy={!people && !trouble}>
        {shown.map((user, i) => (
          <div key={user.id} id={`${ID}-${i}`} class="option" role="option" aria-selected={i === chosen} onClick={() => void take(user)}>
            <Face user={user} size="small" />
            <span class="label">{user.display}</span>
            <span class="quiet">@{user.name}</span>
          </div>
        ))}
      </div>
      {found?.length === 0 && <p class="nothing" role="status">{words.trim() ? "Nobody is called so." : "Nobody else is here yet."}</p>}
      {found && found.length > SHOWN && <p class="hint">{`The first ${SHOWN} of them; find others by name.`}</p>}
      <Trouble words={trouble || task.trouble} />
    </Dialog>
  );
}
