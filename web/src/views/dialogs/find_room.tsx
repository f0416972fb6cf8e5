import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { messagePerson } from "../../actions/direct";
import { allPeople, joinRoom, openRooms } from "../../actions/people";
import { Face } from "../../lib/face";
import { Icon } from "../../lib/icons";
import { navigate } from "../../lib/router";
import { useAsked, useTask } from "../../lib/use_task";
import type { Room, User } from "../../net/types";
import { me, rooms } from "../../state/app";
import { canMessage, directWith, findPeople } from "../../state/direct";
import { closeDialog, openDialog } from "../../state/dialog";
import { findRooms } from "../../state/rooms";
import { RoomSign } from "../room_sign";
import { Dialog, Trouble } from "./dialog";

/** So many of one's own are shown; more words narrow them. */
const SHOWN = 12;

/** People that there is no conversation with yet; asked for when the first word is there. */
function useStrangers(words: string): { strangers: User[]; asked: boolean; trouble: string } {
  const searched = words !== "";
  const { value, trouble } = useAsked<User[] | undefined>(async () => (searched ? allPeople() : undefined), [searched]);
  const mine = me.value?.id ?? "";
  const all = value?.filter((one) => canMessage(one, mine) && !directWith(rooms.value, one.id));
  return { strangers: searched ? findPeople(all ?? [], words).slice(0, SHOWN) : [], asked: !searched || !!value || !!trouble, trouble };
}

/** A room or a person by a part of the name: one's own to go to, people to write to, others to join, and the way to a new one. */
export function FindRoomDialog() {
  const { value: found, trouble } = useAsked(openRooms);
  const [words, setWords] = useState("");
  const task = useTask();
  const searched = words.trim() !== "";
  const { strangers, asked, trouble: unknown } = useStrangers(words.trim());
  const mine = searched ? findRooms([...rooms.value.values()].filter((room) => room.joined), words).slice(0, SHOWN) : [];
  const others = findRooms(found ?? [], words);
  const first = mine[0] ?? strangers[0];

  const go = (room: Room) => {
    closeDialog();
    navigate(`/room/${room.id}`);
  };
  const join = (room: Room) =>
    task.run(async () => {
      const joined = await joinRoom(room.id);
      rooms.value = new Map(rooms.peek()).set(joined.id, joined);
      go(joined);
    });
  const message = (user: User) => task.run(() => messagePerson(user));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.isComposing || !first) return;
    event.preventDefault();
    if ("display" in first) void message(first);
    else go(first);
  };

  return (
    <Dialog title="Find a room or a person">
      <div class="search-box">
        <Icon name="search" />
        <input type="search" aria-label="Find a room or a person" placeholder="Find a room or a person" autofocus value={words}
          aria-describedby={first && "find-room-enter"} onInput={(event) => setWords(event.currentTarget.value)} onKeyDown={onKeyDown} />
      </div>
      {mine.length > 0 && (
        <ul class="entries" aria-label="Rooms you are in">
          {mine.map((room) => (
            <Entry key={room.id} id={room.id} sign={<RoomSign room={room} />} name={room.name} more={room.topic}>
              {room === first && <kbd id="find-room-enter">Enter</kbd>}
              <button class="button small" type="button" aria-label={`Go to ${room.name}`} onClick={() => go(room)}>Go</button>
            </Entry>
          ))}
        </ul>
      )}
      {strangers.length > 0 && (
        <ul class="entries" aria-label="People">
          {strangers.map((user) => (
            <Entry key={user.id} id={user.id} sign={<Face user={user} size="small" />} name={user.display} more={`@${user.name}`}>
              {user === first && <kbd id="find-room-enter">Enter</kbd>}
              <button class="button small" type="button" disabled={task.busy} aria-label={`Message ${user.display}`} onClick={() => message(user)}>
                Message
              </button>
            </Entry>
          ))}
        </ul>
      )}
      {(others.length > 0 || (found === undefined && !trouble)) && (
        <ul class="entries" aria-label="Rooms you can join" aria-busy={found === undefined}>
          {others.map((room) => (
            <Entry key={room.id} id={room.id} sign={<RoomSign room={room} />} name={room.name} more={room.topic}>
              <span class="quiet">{room.members === 1 ? "1 member" : `${room.members} members`}</span>
              <button class="button small" type="button" disabled={task.busy} aria-label={`Join ${room.name}`} onClick={() => join(room)}>
                Join
              </button>
            </Entry>
          ))}
        </ul>
      )}
      {found && asked && mine.length + strangers.length + others.length === 0 && (
        <p class="nothing">{searched ? "No room that you are in or could join has this in its name, and nobody is called so." : "You are in every open room already. Type a part of a name to go to one, or to somebody."}</p>
      )}
      <Trouble words={trouble || unknown || task.trouble} />
      <div class="dialog-acts">
        <button class="button" type="button" onClick={() => openDialog("new-room")}>
          <Icon name="plus" />
          New room
        </button>
      </div>
    </Dialog>
  );
}

function Entry({ id, sign, name, more, children }: { id: string; sign: ComponentChildren; name: string; more: string; children: ComponentChildren }) {
  return (
    <li class="entry" data-key={id}>
      {sign}
      <span class="entry-text">
        <b title={name}>{name}</b>
        {more && <span class="quiet" title={more}>{more}</span>}
      </span>
      {children}
    </li>
  );
}
