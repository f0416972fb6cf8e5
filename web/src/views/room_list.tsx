import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../lib/icons";
import { Face } from "../lib/face";
import { route } from "../lib/router";
import { connection, currentRoomId, me, messages, place, rooms, roomsLoaded } from "../state/app";
import { computed, untracked } from "../state/store";
import { inOrder, inPlace, sections, toOneself, unreadSection, waiting } from "../state/rooms";
import { looking, unreadShown } from "../state/unread_shown";
import { openDialog } from "../state/dialog";
import { drafts } from "../state/drafts";
import { isOver } from "../state/runs";
import { searchPath } from "../actions/keys";
import { RoomSign } from "./room_sign";
import type { ConnectionInfo } from "../state/app";
import type { Room, User } from "../net/types";

/** What the sign beside the name says, at once and in words. */
export function linkWords(info: ConnectionInfo): string {
  switch (info.state) {
    case "connected":
      return info.rtt_ms > 0 ? `Connected, ${info.rtt_ms} ms` : "Connected";
    case "connecting":
      return "Connecting…";
    case "reconnecting":
      return "Connecting again…";
    case "offline":
    case "refused":
      return "Not connected";
    case "outdated":
      return "New version ready";
  }
}

function LinkState() {
  const info = connection.value;
  return (
    <span class="link-state" data-state={info.state} title={info.reason || undefined}>
      {linkWords(info)}
    </span>
  );
}

function Going({ room }: { room: Room }) {
  if (drafts.value.has(room.id) && room.id !== currentRoomId.value) return <Icon name="pencil" class="sign" label="Draft" />;
  const working = [...messages(room.id).value.runs.values()].some((run) => !isOver(run));
  return working ? <Icon name="agent" class="sign live" label="An agent is working" /> : null;
}

function Count({ room }: { room: Room }) {
  if (room.id === looking.value) return null;
  const { direct, mentions } = room;
  const unread = waiting(room);
  const strong = toOneself(room) > 0 ? " mention" : "";
  if (strong && !direct) {
    const words = `${mentions} mention${mentions > 1 ? "s" : ""}, ${room.unread} unread`;
    return <span class="count mention" role="img" aria-label={words}>@{mentions}</span>;
  }
  if (unread <= 0) return null;
  return <span class={`count${strong}`} role="img" aria-label={`${unread} unread${direct ? ", to you" : ""}`}>{unread > 999 ? "999+" : unread}</span>;
}

function RoomRow({ room, stop }: { room: Room; stop: boolean }) {
  const here = room.id === currentRoomId.value;
  return (
    <li>
      <a
        class="room-link"
        href={`/room/${room.id}`}
        aria-current={here ? "page" : undefined}
        data-room={room.id}
        data-unread={waiting(room) > 0 && room.id !== looking.value ? "" : undefined}
        data-muted={room.muted ? "" : undefined}
        tabIndex={stop ? 0 : -1}
      >
        <RoomSign room={room} />
        <span class="label" title={room.name}>{room.name}</span>
        {room.muted && <Icon name="mute" class="sign" label="Muted" />}
        <Going room={room} />
        <Count room={room} />
      </a>
    </li>
  );
}

/** Arrows move inside the list, which is one stop for Tab. */
function onArrow(event: KeyboardEvent): void {
  const keys: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const step = keys[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const list = event.currentTarget as HTMLElement;
  const links = [...list.querySelectorAll<HTMLElement>("a.room-link")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}

/** The sections as they are shown. While the pointer is over the list nothing in it moves, whatever is read or opened. */
function useSections() {
  const held = useRef(false);
  const before = useRef<Room[]>([]);
  const [, draw] = useState(0);
  const opened = useRef("");
  const settle = () =>
    untracked(() => {
      const current = currentRoomId.peek();
      const moved = opened.current !== current;
      unreadShown.value = unreadSection(unreadShown.peek(), rooms.peek(), current, moved, held.current);
      if (!held.current) opened.current = current;
    });
  useLayoutEffect(settle, [currentRoomId.value, rooms.value]);
  const sorted = sections(rooms.value, unreadShown.value);
  const shown = held.current ? inPlace(sorted, before.current) : sorted;
  before.current = inOrder(shown);
  const pointer = {
    onPointerEnter: () => void (held.current = true),
    onPointerLeave: () => {
      held.current = false;
      settle();
      draw((n) => n + 1);
    },
  };
  return { shown, all: before.current, pointer };
}

function Lists() {
  const { shown: { unread, favourites, rooms: others, people }, all, pointer } = useSections();
  const stop = all.find((room) => room.id === currentRoomId.value)?.id ?? all[0]?.id;
  return (
    <div class="room-list" onKeyDown={onArrow} {...pointer}>
      {unread.length > 0 && (
        <section aria-labelledby="list-unread">
          <h2 id="list-unread">Unread</h2>
          <ul>{unread.map((room) => <RoomRow key={room.id} room={room} stop={room.id === stop} />)}</ul>
        </section>
      )}
      {favourites.length > 0 && (
        <section aria-labelledby="list-favourites">
          <h2 id="list-favourites">Favourites</h2>
          <ul>{favourites.map((room) => <RoomRow key={room.id} room={room} stop={room.id === stop} />)}</ul>
        </section>
      )}
      {(others.length > 0 || roomsLoaded.value) && (
        <section aria-labelledby="list-rooms">
          <h2 id="list-rooms">
            Rooms
            <button class="tool" type="button" aria-label="Find a room" title="Find a room (Ctrl K)" aria-haspopup="dialog" onClick={() => openDialog("find-room")}>
              <Icon name="search" />
            </button>
          </h2>
          <ul>{others.map((room) => <RoomRow key={room.id} room={room} stop={room.id === stop} />)}</ul>
        </section>
      )}
      {(people.length > 0 || roomsLoaded.value) && (
        <section aria-labelledby="list-people">
          <h2 id="list-people">
            People
            <button class="tool" type="button" aria-label="New message" title="New message" aria-haspopup="dialog" onClick={() => openDialog("new-message")}>
              <Icon name="talk" />
            </button>
          </h2>
          <ul>{people.map((room) => <RoomRow key={room.id} room={room} stop={room.id === stop} />)}</ul>
          {!all.some((room) => room.direct) && (
            <button class="room-link" type="button" aria-haspopup="dialog" onClick={() => openDialog("new-message")}>
              <Icon name="plus" />
              Write to somebody
            </button>
          )}
        </section>
      )}
    </div>
  );
}

const onHome = computed(() => route.value.page === "home");

function PlaceName() {
  const name = place.value?.name ?? "";
  const words = <a class="place" href="/"><Icon name="mark" />{name || "Snug"}</a>;
  return onHome.value ? <h1>{words}</h1> : words;
}

function Me({ user }: { user: User | null | undefined }) {
  const settings = user?.role === "admin" ? "Settings and administration" : "Settings";
  return (
    <div class="me">
      {user ? <Face user={user} /> : <span class="face" aria-hidden="true" />}
      <div class="who">
        <b>{user?.display ?? "\u00a0"}</b>
        <LinkState />
      </div>
      <button
        class="tool"
        type="button"
        aria-label={settings}
        title={settings}
        aria-haspopup="dialog"
        onClick={() => openDialog("settings")}
      >
        <Icon name="gear" />
      </button>
    </div>
  );
}

/** The list of rooms, with who one is and how the line stands at its foot. */
export function RoomList() {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.querySelector(".room-list [aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [currentRoomId.value]);
  return (
    <nav class="rooms" id="rooms" aria-label="Rooms" ref={box}>
      <div class="bar">
        <PlaceName />
        <div class="tools">
          <button class="tool" type="button" aria-label="New room" title="New room" aria-haspopup="dialog" onClick={() => openDialog("new-room")}>
            <Icon name="plus" />
          </button>
        </div>
      </div>
      <a class="jump" href={searchPath()} aria-current={route.value.page === "search" ? "page" : undefined}>
        <Icon name="search" />
        Search
        <kbd>Ctrl Shift F</kbd>
      </a>
      <Lists />
      <Me user={me.value} />
    </nav>
  );
}
