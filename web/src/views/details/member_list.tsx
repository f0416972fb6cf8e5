import { Face } from "../../lib/face";
import type { Room } from "../../net/types";
import { me, members, messages, serverNow, typing } from "../../state/app";
import { memberWords, presenceOf, sortMembers } from "../../state/people";
import type { PersonSigns } from "../../state/people";
import { isOver, whoId } from "../../state/runs";

/** Who is in the room, and who of them is here. */
export function MemberList({ room }: { room: Room }) {
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
          </li>
        ))}
      </ul>
    </section>
  );
}
