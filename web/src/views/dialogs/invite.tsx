import { useState } from "preact/hooks";
import { addToRoom, allPeople } from "../../actions/people";
import { Face } from "../../lib/face";
import { useAsked, useTask } from "../../lib/use_task";
import type { Room, User } from "../../net/types";
import { currentRoom, me, members, place } from "../../state/app";
import { Dialog, Trouble } from "./dialog";
import { InviteLinks } from "./invite_links";

/** People of the place into this room; for admins, new people into the place. */
export function InviteDialog() {
  const room = currentRoom.value;
  const admin = me.value?.role === "admin";
  return (
    <Dialog title="Invite people">
      {room && room.id !== "1" && !room.direct && <IntoRoom room={room} />}
      {admin ? (
        <InviteLinks />
      ) : (
        (!room || room.id === "1") && (
          <p class="nothing">Everybody at {place.value?.name ?? "this place"} is here. An admin can invite new people.</p>
        )
      )}
    </Dialog>
  );
}

function IntoRoom({ room }: { room: Room }) {
  const { value: people, trouble } = useAsked(allPeople);
  const [added, setAdded] = useState<ReadonlySet<string>>(new Set());
  const task = useTask();
  const inside = new Set(members(room.id).value.map((member) => member.user.id));
  const outside = people?.filter((person) => !inside.has(person.id) || added.has(person.id));

  const add = (person: User) =>
    task.run(async () => {
      await addToRoom(room.id, person.id);
      setAdded(new Set([...added, person.id]));
    });

  return (
    <section class="part" aria-labelledby="invite-room">
      <h3 id="invite-room">Into {room.name}</h3>
      <ul class="entries" aria-busy={people === undefined && !trouble}>
        {outside?.map((person) => (
          <li class="entry" key={person.id}>
            <Face user={person} size="small" />
            <span class="entry-text">
              <b>{person.display}</b>
              <span class="quiet">@{person.name}</span>
            </span>
            {added.has(person.id) || inside.has(person.id) ? (
              <span class="quiet" role="status">Is in</span>
            ) : (
              <button class="button small" type="button" disabled={task.busy} aria-label={`Add ${person.display}`} onClick={() => add(person)}>
                Add
              </button>
            )}
          </li>
        ))}
      </ul>
      {outside?.length === 0 && <p class="nothing">Everybody at {place.value?.name ?? "this place"} is in this room.</p>}
      <Trouble words={trouble || task.trouble} />
    </section>
  );
}
