import { useEffect } from "preact/hooks";
import { lazy } from "./lib/lazy";
import { navigate, route } from "./lib/router";
import { readLocal } from "./lib/settings";
import { saying, warning } from "./lib/voices";
import { isAdminPage } from "./state/admin_pages";
import { connection, currentRoom, me, place, rooms, roomsLoaded } from "./state/app";
import { totals } from "./state/rooms";
import { looking } from "./state/unread_shown";
import { lastRoom } from "./actions/room_open";
import { watchKeys } from "./actions/keys";
import { Announced } from "./views/announced";
import { RoomList } from "./views/room_list";
import { Stage } from "./views/stage";
import { Blank } from "./views/blank";
import { DetailsPane } from "./views/details/details_pane";
import { JoinPage } from "./views/doors/join_page";
import { LoginPage } from "./views/doors/login_page";
import { RefusedPage } from "./views/doors/refused_page";
import { SetupPage } from "./views/doors/setup_page";
import { Dialogs } from "./views/dialogs/dialogs";
import { ViewerPlace } from "./views/files/viewer_place";
import { PickerPlace } from "./views/react/picker_place";
import { detailsShown } from "./state/panes";
import { wide } from "./lib/media";

const SearchPage = lazy(() => import("./views/search/search_page").then((m) => m.SearchPage));
const AdminPage = lazy(() => import("./views/admin/admin_page").then((m) => m.AdminPage));

/** The two voices; see lib/voices. */
function Voices() {
  return (
    <>
      <p class="hidden" id="say" role="status">{saying.value}</p>
      <p class="hidden" id="warn" role="alert">{warning.value}</p>
    </>
  );
}

function useTitle(): void {
  const { page } = route.value;
  const room = currentRoom.value;
  const waiting = totals(rooms.value, looking.value).unread;
  const at = place.value?.name || "Snug";
  const names: Record<string, string> = {
    room: room?.name ?? "", search: "Search", connections: "Connections", metrics: "Metrics", people: "People", messages: "Messages",
    login: "Log in", join: "Join", setup: "Set up",
  };
  const name = names[page];
  useEffect(() => {
    const count = me.value && waiting > 0 ? `(${waiting}) ` : "";
    document.title = `${count}${name ? `${name} · ` : ""}${at}`;
  }, [name, at, waiting]);
}

/** "/" is the room list on a narrow page; on a wide one it goes on to the room that was open last. */
function useWayIn(): void {
  const home = route.value.page === "home" && wide.value && roomsLoaded.value && !!me.value;
  useEffect(() => {
    const room = home ? lastRoom() : "";
    if (room) navigate(`/room/${room}`, { replace: true });
  }, [home, rooms.value.size]);
}

function House() {
  const { page } = route.value;
  if (isAdminPage(page)) return <AdminPage />;
  const listOnly = page === "home" && !wide.value;
  return (
    <div class="house" data-page={page}>
      {currentRoom.value && <Skip to="composer" words="Skip to the message box" />}
      {page === "search" && <Skip to="search-box" words="Skip to the search box" />}
      {listOnly ? <main class="home"><RoomList /></main> : <RoomList />}
      {page === "search" ? <SearchPage /> : page === "unknown" ? <NoSuchPage /> : !listOnly && <Stage />}
      {page === "room" && currentRoom.value && detailsShown.value && <DetailsPane key={currentRoom.value.id} room={currentRoom.value} />}
    </div>
  );
}

/** Past the list, into the box itself: the address stays as it is. */
function Skip({ to, words }: { to: string; words: string }) {
  const go = (event: Event) => {
    const place = document.getElementById(to);
    const box = place?.matches("input, textarea") ? place : place?.querySelector<HTMLElement>("input:not([hidden]), textarea");
    if (!box) return;
    event.preventDefault();
    box.focus();
  };
  return <a class="skip" href={`#${to}`} onClick={go}>{words}</a>;
}

function NoSuchPage() {
  return (
    <Blank title="There is no such page">
      <a class="button" href="/">To the rooms</a>
    </Blank>
  );
}

function Page() {
  switch (route.value.page) {
    case "setup":
      return <SetupPage />;
    case "join":
      return <JoinPage />;
    case "login":
      return <LoginPage />;
  }
  if (connection.value.state === "refused") return <RefusedPage />;
  /* a browser that nobody has logged in with goes to the door without a look at the empty house */
  if (me.value === undefined && !readLocal("snug.user")) return null;
  return <House />;
}

export function App() {
  useTitle();
  useWayIn();
  useEffect(watchKeys, []);
  return (
    <>
      <Voices />
      <Page />
      {me.value && <Announced />}
      {me.value && <Dialogs />}
      {me.value && <PickerPlace />}
      {me.value && <ViewerPlace />}
    </>
  );
}
