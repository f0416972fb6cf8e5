import { useState } from "preact/hooks";
import { joinRoom, openRooms } from "../../actions/people";
import { Icon } from "../../lib/icons";
import { navigate } from "../../lib/router";
import { useAsked, useTask } from "../../lib/use_task";
import type { Room } from "../../net/types";
import { rooms } from "../../state/app";
import { closeDialog, openDialog } from "../../state/dialog";
import { Dialog, Trouble } from "./dialog";

/** Rooms anybody may join, and the way to a new one. */
export function FindRoomDialog() {
  const { value: found, trouble } = useAsked(openRooms);
  const [words, setWords] = useState("");
  const task = useTask();
  const shown = found?.filter((room) => `${room.name} ${room.topic}`.toLowerCase().includes(words.trim().toLowerCase()));

  const join = (room: Room) =>
    task.run(async () => {
      const joined = await joinRoom(room.id);
      rooms.value = new Map(rooms.peek()).set(joined.id, joined);
      closeDialog();
      navigate(`/room/${joined.id}`);
    });

  return (
    <Dialog title="Find or make a room">
      <div class="search-box">
        <Icon name="search" />
        <input type="search" aria-label="Find a room" placeholder="Find a room" autofocus value={words}
          onInput={(event) => setWords(event.currentTarget.value)} />
      </div>
      <ul class="entries" aria-label="Rooms you can join" aria-busy={found === undefined && !trouble}>
        {shown?.map((room) => (
          <li class="entry" key={room.id}>
            <Icon name="room" />
            <span class="entry-text">
              <b>{room.name}</b>
              {room.topic && <span class="quiet">{room.topic}</span>}
            </span>
            <span class="quiet">{room.members === 1 ? "1 member" : `${room.members} members`}</span>
            <button class="button small" type="button" disabled={task.busy} aria-label={`Join ${room.name}`} onClick={() => join(room)}>
              Join
            </button>
          </li>
        ))}
      </ul>
      {shown?.length === 0 && (
        <p class="nothing">{found?.length ? "No open room has this in its name." : "You are in every open room already."}</p>
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
