import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { joinRoom, openRooms } from "../../actions/people";
import { Icon } from "../../lib/icons";
import { navigate } from "../../lib/router";
import { useAsked, useTask } from "../../lib/use_task";
import type { Room } from "../../net/types";
import { rooms } from "../../state/app";
import { closeDialog, openDialog } from "../../state/dialog";
import { findRooms } from "../../state/rooms";
import { Dialog, Trouble } from "./dialog";

/** So many of one's own are shown; more words narrow them. */
const SHOWN = 12;

/** A room by a part of its name: one's own to go to, others to join, and the way to a new one. */
export function FindRoomDialog() {
  const { value: found, trouble } = useAsked(openRooms);
  const [words, setWords] = useState("");
  const task = useTask();
  const searched = words.trim() !== "";
  const mine = searched ? findRooms([...rooms.value.values()].filter((room) => room.joined), words).slice(0, SHOWN) : [];
  const others = findRooms(found ?? [], words);
  const first = mine[0];

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
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.isComposing || !first) return;
    event.preventDefault();
    go(first);
  };

  return (
    <Dialog title="Find or make a room">
      <div class="search-box">
        <Icon name="search" />
        <input type="search" aria-label="Find a room" placeholder="Find a room" autofocus value={words}
          aria-describedby={first && "find-room-enter"} onInput={(event) => setWords(event.currentTarget.value)} onKeyDown={onKeyDown} />
      </div>
      {mine.length > 0 && (
        <ul class="entries" aria-label="Rooms you are in">
          {mine.map((room) => (
            <Entry key={room.id} room={room}>
              {room === first && <kbd id="find-room-enter">Enter</kbd>}
              <button class="button small" type="button" aria-label={`Go to ${room.name}`} onClick={() => go(room)}>Go</button>
            </Entry>
          ))}
        </ul>
      )}
      {(others.length > 0 || (found === undefined && !trouble)) && (
        <ul class="entries" aria-label="Rooms you can join" aria-busy={found === undefined}>
          {others.map((room) => (
            <Entry key={room.id} room={room}>
              <span class="quiet">{room.members === 1 ? "1 member" : `${room.members} members`}</span>
              <button class="button small" type="button" disabled={task.busy} aria-label={`Join ${room.name}`} onClick={() => join(room)}>
                Join
              </button>
            </Entry>
          ))}
        </ul>
      )}
      {found && mine.length + others.length === 0 && (
        <p class="nothing">{searched ? "No room that you are in or could join has this in its name." : "You are in every open room already. Type a part of a name to go to one."}</p>
      )}
      <Trouble words={trouble || task.trouble} />
      <div class="dialog-acts">
        <button class="button" type="button" onClick={() => openDialog("new-room")}>
          <Icon name="plus" />
          New room
        </button>
      </div>
    </Dialog>
  );
}

function Entry({ room, children }: { room: Room; children: ComponentChildren }) {
  return (
    <li class="entry" data-key={room.id}>
      <Icon name={room.private ? "lock" : "room"} label={room.private ? "Private" : undefined} />
      <span class="entry-text">
        <b title={room.name}>{room.name}</b>
        {room.topic && <span class="quiet" title={room.topic}>{room.topic}</span>}
      </span>
      {children}
    </li>
  );
}
