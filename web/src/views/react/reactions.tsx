import { useEffect } from "preact/hooks";
import { openPicker, reactorNames, toggleReaction } from "../../actions/react";
import { Icon } from "../../lib/icons";
import { coarse } from "../../lib/media";
import { me } from "../../state/app";
import { refused } from "../../state/reacting";
import { chipLabel, whoWords } from "../../state/reactions";
import type { Message, Reaction } from "../../net/types";
import { Trouble } from "../dialogs/dialog";

interface Props {
  message: Message;
  /** The row under the pointer or focused: its chips are in the way of Tab. */
  current: boolean;
}

/** What people put below a message: a chip for each emoji, pressed where one is among them. */
export function Reactions({ message, current }: Props) {
  return (
    <>
      {message.reactions && <Chips message={message} reactions={message.reactions} current={current} />}
      <Refused id={message.id} />
    </>
  );
}

function Chips({ message, reactions, current }: Props & { reactions: readonly Reaction[] }) {
  const own = me.value?.id ?? "";
  const nameOf = reactorNames(message.room);
  const told = reactions.map((one) => ({ ...one, who: whoWords(one.users, own, nameOf) }));
  const stop = current ? 0 : -1;
  const toggle = (event: MouseEvent, { emoji, users }: Reaction) => {
    /* the chip goes with the last one: the focus stays at the message */
    const button = event.currentTarget as HTMLElement;
    if (users.length === 1 && users[0] === own && button.matches(":focus")) button.closest("article")?.focus({ preventScroll: true });
    void toggleReaction(message, emoji);
  };
  return (
    <>
      <ul class="reactions" aria-label="Reactions" aria-live="off">
        {told.map((one) => (
          <li key={one.emoji}>
            <button
              class="reaction"
              type="button"
              tabIndex={stop}
              aria-pressed={one.users.includes(own)}
              aria-label={chipLabel(one, own, one.who)}
              title={one.who || undefined}
              onClick={(event) => toggle(event, one)}
            >
              <span class="emoji">{one.emoji}</span>
              {one.users.length}
            </button>
          </li>
        ))}
        <li>
          <button
            class="reaction"
            type="button"
            tabIndex={stop}
            aria-label="Add a reaction"
            title="Add a reaction"
            aria-haspopup="dialog"
            onClick={(event) => openPicker(message, event.currentTarget)}
          >
            <Icon name="smile" />
          </button>
        </li>
      </ul>
      {/* where nothing hovers a tap on the message says who it was; to a reader of the page the chips do */}
      {coarse.value && current && (
        <p class="hint" aria-hidden="true">
          {told.filter(({ who }) => who).map(({ emoji, who }, i) => <>{i > 0 && " · "}<span class="emoji">{emoji}</span> {who}</>)}
        </p>
      )}
    </>
  );
}

/** Why the last reaction is not there, until the next one or until the room is left. */
function Refused({ id }: { id: string }) {
  const words = refused.value?.id === id ? refused.value.words : "";
  useEffect(() => () => {
    if (refused.peek()?.id === id) refused.value = null;
  }, [id]);
  return <Trouble words={words} />;
}
