import { useEffect } from "preact/hooks";
import { Face } from "../lib/face";
import { Icon } from "../lib/icons";
import { navigate } from "../lib/router";
import { currentRoom, currentRoomId, me, members, messages, rooms, roomsLoaded, serverNow } from "../state/app";
import { calledWords, isErased } from "../state/direct";
import { presenceOf, presenceWords } from "../state/people";
import { totals } from "../state/rooms";
import { closeOverlay, detailsShown, showDetails } from "../state/panes";
import { loadRooms } from "../actions/start";
import { joinRoom } from "../actions/people";
import { useTask } from "../lib/use_task";
import { Blank } from "./blank";
import { filesText } from "../lib/file_words";
import { Markdown } from "../lib/markdown";
import { outbox } from "../state/outbox";
import { Composer } from "./composer";
import { DropMark, useDrop } from "./files/use_drop";
import { Log } from "./log";
import { SendTrouble } from "./send_trouble";
import { StatusLine } from "./status_line";
import type { Author, Room } from "../net/types";

function Back({ room }: { room: string }) {
  const { unread } = totals(rooms.value, room);
  const label = unread > 0 ? `Rooms, ${unread} unread messages` : "Rooms";
  return (
    <a class="back" href="/" aria-label={label}>
      <Icon name="back" />
      {unread > 0 ? unread : ""}
    </a>
  );
}

function RoomName({ room }: { room: Room }) {
  return (
    <>
      <h1 id="room-name">
        <Icon name={room.private ? "lock" : "room"} label={room.private ? "Private room" : undefined} />
        <span title={room.name}>{room.name}</span>
      </h1>
      <p class="topic" title={room.topic || undefined}>{room.topic}</p>
    </>
  );
}

/** Instead of a topic: whether they are here. Agents always are. */
function PersonName({ room, person }: { room: Room; person: Author }) {
  const member = members(room.id).value.find(({ user }) => user.id === person.id);
  const now = serverNow();
  return (
    <>
      <h1 class="person" id="room-name">
        <Face user={person} here={member && presenceOf(member, now)} />
        <span title={isErased(person) ? undefined : `${person.display}, @${person.name}`}>{person.display}</span>
      </h1>
      {person.role === "agent" ? <span class="tag">agent</span> : <p class="topic">{member && presenceWords(member, now)}</p>}
    </>
  );
}

function Head({ room }: { room: Room }) {
  const open = detailsShown.value;
  const count = members(room.id).value.length || room.members;
  return (
    <header class="bar">
      <Back room={room.id} />
      {room.direct ? <PersonName room={room} person={room.direct} /> : <RoomName room={room} />}
      <div class="tools">
        {!room.direct && (
          <button
            class="tool count wide-only"
            type="button"
            aria-label={`${count} members`}
            title="Who is in this room"
            aria-controls="details"
            onClick={() => showDetails(!open)}
          >
            <Icon name="people" />
            {count}
          </button>
        )}
        <a class="tool" href={`/search?room=${room.id}`} aria-label={`Search in ${calledWords(room)}`} title={`Search in this ${room.direct ? "conversation" : "room"}`}>
          <Icon name="search" />
        </a>
        <button
          class="tool"
          type="button"
          aria-label="Details"
          title="Details"
          aria-expanded={open}
          aria-controls="details"
          onClick={() => showDetails(!open)}
        >
          <Icon name="panel" />
        </button>
      </div>
    </header>
  );
}

/** The room is not among one's own: it may be open to join, or is not there for this person. */
function Stranger({ id }: { id: string }) {
  const { busy, trouble, run } = useTask(async () => {
    await joinRoom(id);
    await loadRooms();
  });
  return (
    <Blank title="You are not in this room" words="If it is an open room you can join it; a private one needs an invitation.">
      <button class="button main" type="button" disabled={busy} onClick={() => void run()}>Join</button>
      <a class="button" href="/">To the rooms</a>
      {trouble && <p class="hint" data-state="bad" role="alert">{trouble}</p>}
      <Unsent room={id} />
    </Blank>
  );
}

/** What was written for a room that one has left meanwhile: the text is not lost with it. */
function Unsent({ room }: { room: string }) {
  const left = outbox.value.filter((send) => send.room === room && send.state === "failed");
  if (left.length === 0) return null;
  return (
    <ul class="unsent" aria-label="Not sent">
      {left.map((send) => (
        <li key={send.key} data-key={send.key} data-state={send.state}>
          {send.text ? <Markdown text={send.text} /> : <p>{filesText(send.files)}</p>}
          <SendTrouble send={send} />
        </li>
      ))}
    </ul>
  );
}

/** The open room: head, log, status line and message box. */
export function Stage() {
  const id = currentRoomId.value;
  const room = currentRoom.value;
  useEffect(closeOverlay, [id]);
  if (!id || !room) {
    if (id && roomsLoaded.value && me.value) return <Stranger id={id} />;
    return <main class="stage" aria-busy="true" aria-label="Messages" />;
  }
  return <OpenRoom key={id} id={id} room={room} />;
}

function OpenRoom({ id, room }: { id: string; room: Room }) {
  const refused = messages(id).value.error === 103;
  const over = useDrop(id, !refused);
  return (
    <main class="stage" aria-labelledby="room-name" data-room={id}>
      <Head room={room} />
      <Log room={room} />
      {over && <DropMark room={calledWords(room)} />}
      <div class="foot column">
        <StatusLine room={id} />
        {refused ? <Gone /> : <Composer room={room} />}
      </div>
    </main>
  );
}

function Gone() {
  return (
    <p class="refused" id="composer">
      You are not in this room any more.
      <button class="button small" type="button" onClick={() => navigate("/")}>To the rooms</button>
    </p>
  );
}
