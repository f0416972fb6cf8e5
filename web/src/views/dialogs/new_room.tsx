import { useState } from "preact/hooks";
import { changeRoom, makeRoom } from "../../actions/people";
import { navigate } from "../../lib/router";
import { useTask } from "../../lib/use_task";
import type { Room } from "../../net/types";
import { currentRoom, place, rooms } from "../../state/app";
import { closeDialog } from "../../state/dialog";
import { DAY_MS, spanWords } from "../../state/keeping";
import { isNamed } from "../../state/rooms";
import { Dialog, Trouble } from "./dialog";

/** Makes a room, and goes there. */
export function NewRoomDialog() {
  return (
    <Dialog title="New room">
      <RoomForm
        button="Make the room"
        onSave={async (name, topic, isPrivate) => {
          const room = await makeRoom(name, topic, isPrivate);
          if (!rooms.peek().has(room.id)) rooms.value = new Map(rooms.peek()).set(room.id, room);
          closeDialog();
          navigate(`/room/${room.id}`);
        }}
      />
    </Dialog>
  );
}

/** Name, topic and who may come in, for owners and admins. */
export function ChangeRoomDialog() {
  const room = currentRoom.value;
  if (!room || room.direct) return null;
  return (
    <Dialog title={`Change ${room.name}`}>
      <RoomForm
        room={room}
        button="Save"
        onSave={async (name, topic, isPrivate, keepDays) => {
          const changed = await changeRoom(room.id, { name, topic, private: isPrivate, keep_days: keepDays });
          rooms.value = new Map(rooms.peek()).set(changed.id, changed);
          closeDialog();
        }}
      />
    </Dialog>
  );
}

interface FormProps {
  room?: Room;
  button: string;
  onSave: (name: string, topic: string, isPrivate: boolean, keepDays: number) => Promise<void>;
}

/** For how long messages are kept, in days; 0: as the place does. */
const KEEP: readonly [number, string][] = [
  [0, "as long as this place keeps them"],
  [1, "for a day"],
  [7, "for a week"],
  [30, "for 30 days"],
  [90, "for 90 days"],
  [365, "for a year"],
];

function RoomForm({ room, button, onSave }: FormProps) {
  const [name, setName] = useState(room?.name ?? "");
  const [topic, setTopic] = useState(room?.topic ?? "");
  const [isPrivate, setPrivate] = useState(room?.private ?? false);
  const [keepDays, setKeepDays] = useState(room?.keep_days ?? 0);
  const { busy, trouble, run } = useTask();
  const longest = place.value?.keep?.now.age_ms ?? 0; // of the place; 0: for ever
  const choices = KEEP.filter(([days]) => days === keepDays || longest === 0 || days * DAY_MS <= longest);
  const other = KEEP.every(([days]) => days !== keepDays);
  const same = isNamed(rooms.value, name, room?.id);
  const submit = (event: Event) => {
    event.preventDefault();
    void run(() => onSave(name.trim(), topic.trim(), isPrivate, keepDays));
  };
  return (
    <form class="dialog-form" onSubmit={submit}>
      <div class="field">
        <label for="room-form-name">Name</label>
        <input class="input" id="room-form-name" required maxLength={80} autocomplete="off" autofocus value={name}
          aria-describedby={same ? "room-form-same" : undefined} onInput={(event) => setName(event.currentTarget.value)} />
        {same && <p class="hint" id="room-form-same" role="status">You are in a room of this name already.</p>}
      </div>
      <div class="field">
        <label for="room-form-topic">What is it for?</label>
        <input class="input" id="room-form-topic" maxLength={250} autocomplete="off" value={topic}
          aria-describedby="room-form-topic-hint" onInput={(event) => setTopic(event.currentTarget.value)} />
        <p class="hint" id="room-form-topic-hint">One line beside the name. It may stay empty.</p>
      </div>
      <label class="check">
        <input type="checkbox" checked={isPrivate} onChange={(event) => setPrivate(event.currentTarget.checked)} />
        Private: people come in by invitation only
      </label>
      {room && (
        <div class="field">
          <label for="room-form-keep">Messages are kept</label>
          <select class="input" id="room-form-keep" value={keepDays} aria-describedby="room-form-keep-hint"
            onChange={(event) => setKeepDays(Number(event.currentTarget.value))}>
            {other && <option value={keepDays}>for {keepDays} days</option>}
            {choices.map(([days, words]) => <option key={days} value={days}>{words}{days === 0 && longest > 0 ? `: ${spanWords(longest)}` : ""}</option>)}
          </select>
          <p class="hint" id="room-form-keep-hint">{longest > 0 && `This place keeps messages for ${spanWords(longest)}, no longer. `}What is older is deleted for everybody, and cannot be brought back.</p>
        </div>
      )}
      <Trouble words={trouble} />
      <div class="dialog-acts">
        <button class="button main" type="submit" disabled={busy || name.trim() === ""}>{button}</button>
        <button class="button" type="button" onClick={closeDialog}>Cancel</button>
      </div>
    </form>
  );
}
