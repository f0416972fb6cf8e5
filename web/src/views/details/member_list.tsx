import { messagePerson } from "../../actions/direct";
import { Face } from "../../lib/face";
import { Icon } from "../../lib/icons";
import { useTask } from "../../lib/use_task";
import type { Author, Room } from "../../net/types";
import { me, members, messages, serverNow, typing } from "../../state/app";
import { canMessage } from "../../state/direct";
import { memberWords, presenceOf, sortMembers } from "../../state/people";
import type { PersonSigns } from "../../state/people";
import { isOver, whoId } from "../../state/runs";
import { Trouble } from "../dialogs/dialog";

/** Who is in the room, who of them is here, and the way to each. */
export function MemberList({ room }: { room: Room }) {
  const { busy, trouble, run } = useTask();
  const mine = me.value?.id ?? "";
  const list = sortMembers(members(room.id).value, mine);
  const here = list.filter((member) => member.here).length;
  const now = serverNow();
  const signs: PersonSigns = {
    me: mine,
    now,
    writing: new Set(typing.value.get(room.id)?.keys() ?? []),
    working: new Set([...messages(room.id).value.runs.values()].filter((run) => !isOver(run)).map((run) => whoId(run.agent))),
  };
  return (
    <section aria-labelledby="details-members">
      <h3 id="details-members">
        <span>Members</span>
        <span>{list.length > 0 && `${here} of ${list.length} here`}</span>
      </h3>
      <ul>
        {list.map((member) => (
          <li class="person" key={member.user.id} data-key={member.user.id} data-state={member.here ? "here" : "away"}>
            <Face user={member.user} here={presenceOf(member, now)} />
            <span class="name" title={`${member.user.display}, @${member.user.name}`}>{member.user.display}</span>
            {member.user.role === "agent" && <span class="tag">agent</span>}
            <span class="hidden">{member.here ? "here" : "away"}</span>
            <span class="quiet">{memberWords(member, signs)}</span>
            {member.user.id !== room.direct?.id && canMessage(member.user, mine) && (
              <Message user={member.user} busy={busy} onClick={() => void run(() => messagePerson(member.user))} />
            )}
          </li>
        ))}
      </ul>
      <Trouble words={trouble} />
    </section>
  );
}

function Message({ user, busy, onClick }: { user: Author; busy: boolean; onClick: () => void }) {
  const words = `Message ${user.display}`;
  return (
    <button class="tool" type="button" aria-label={words} title={words} disabled={busy} onClick={onClick}>
      <Icon name="talk" />
    </button>
  );
}
