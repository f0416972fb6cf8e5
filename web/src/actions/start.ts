import { batch } from "../state/store";
import { connection, me, place, rooms, roomsLoaded, typing } from "../state/app";
import type { ConnectionInfo } from "../state/app";
import { applyUserEvent, roomMap } from "../state/rooms";
import { draftsOf } from "../state/drafts";
import { announced } from "../state/announced";
import { sweepTyping } from "../state/typing";
import { navigate, route, startRouter } from "../lib/router";
import { writeLocal } from "../lib/settings";
import { say } from "../lib/voices";
import { call, watchRoundTrips } from "../net/rpc";
import { linkUp, openLink } from "../net/link";
import type { Room, UserEvent } from "../net/types";
import { userChanged } from "./called";
import { keepChanged } from "./place";
import { loadPlace } from "./session";
import { startUploads } from "./attach";
import { startBadge } from "./badge";
import { startNotify } from "./notify";
import { followPushed, renewPush } from "./push";
import { startOutbox } from "./send";
import { startArmed } from "./send_draft";
import { startPresence } from "./presence";
import { leave, startRooms } from "./room_open";

/** Puts what the link tells into the state, and what the page does in order when it starts. */
const DOORS = new Set(["setup", "join", "login"]);
const UNKNOWN_USER = new Set([101, 109, 110, 3500]);

const change = (what: Partial<ConnectionInfo>): void => {
  connection.value = { ...connection.peek(), ...what };
};

const pageBuild = (): string =>
  document.querySelector<HTMLMetaElement>('meta[name="snug-build"]')?.content ?? "";

let everUp = false;
export const wasConnected = (): boolean => everUp;

function brokenState(): ConnectionInfo["state"] {
  if (!navigator.onLine) return "offline";
  return everUp ? "reconnecting" : "connecting";
}

function broken(what: Partial<ConnectionInfo>): void {
  const state = brokenState();
  const since = connection.peek().state === state ? connection.peek().since : Date.now();
  change({ ...what, state, since });
}

export async function loadRooms(): Promise<void> {
  try {
    const { rooms: list } = await call<{ rooms: Room[] }>("room.list", {});
    batch(() => {
      rooms.value = roomMap(list);
      roomsLoaded.value = true;
    });
  } catch {
    /* the next connection asks again */
  }
}

function userEvent(event: UserEvent): void {
  batch(() => {
    rooms.value = applyUserEvent(rooms.peek(), event);
    if (event.type === "room_removed") leave(event.id);
  });
}

/** Nobody is logged in: to the door, with the way back. */
async function toTheDoor(): Promise<void> {
  me.value = null;
  writeLocal("snug.user", null);
  const { page, path } = route.peek();
  if (DOORS.has(page)) return;
  if (!place.peek()) await loadPlace();
  if (place.peek()?.set_up === false) return navigate("/setup", { replace: true });
  navigate(path === "/" ? "/login" : `/login?to=${encodeURIComponent(path)}`, { replace: true });
}

/** Opens the link and feeds what it tells into the state. A second call does nothing. */
export function connect(): void {
  const build = pageBuild();
  openLink(build, {
    connected(data) {
      const outdated = !!data.build && !!build && data.build !== build;
      const again = everUp;
      everUp = true;
      draftsOf(data.user.id);
      writeLocal("snug.user", data.user.id);
      batch(() => {
        me.value = data.user;
        change({
          state: outdated ? "outdated" : "connected",
          since: Date.now(),
          retry_at: 0,
          code: 0,
          reason: "",
          level: data.level ?? "normal",
          clock_ms: data.time ? data.time - Date.now() : 0,
        });
      });
      void loadRooms();
      if (!again) void renewPush();
      if (again || !place.peek()) void loadPlace(); // what was changed meanwhile was not told
    },
    connecting: (code, reason) => broken({ code, reason, retry_at: 0 }),
    retryAt: (time) => broken({ retry_at: time }),
    refused(code, reason) {
      if (UNKNOWN_USER.has(code) && !me.peek()) return void toTheDoor();
      change({ state: "refused", since: Date.now(), code, reason });
    },
    announced(what) {
      announced.value = what;
      say(`${what.by?.display ?? "The server"} to everybody: ${what.text}`);
    },
    level: (level) => change({ level }),
    keepChanged,
    userChanged,
    userEvent,
    userGap: () => void loadRooms(),
  });
}

function watchNetwork(): void {
  const tell = () => {
    const { state } = connection.peek();
    if (state === "reconnecting" || state === "offline" || state === "connecting") broken({});
  };
  addEventListener("online", tell);
  addEventListener("offline", tell);
}

/** Once: everything that runs as long as the page. */
export function startApp(): void {
  startRouter();
  watchRoundTrips((ms) => {
    const rtt_ms = Math.max(1, Math.round(ms));
    if (rtt_ms !== connection.peek().rtt_ms) change({ rtt_ms });
  });
  watchNetwork();
  startOutbox();
  startUploads();
  startArmed();
  startRooms();
  startPresence();
  startNotify();
  followPushed();
  startBadge();
  setInterval(() => (typing.value = sweepTyping(typing.peek(), Date.now())), 500);
  setInterval(() => linkUp() && void call("user.me").catch(() => {}), 60_000);
  if (DOORS.has(route.peek().page)) me.value = null;
  else connect();
  void loadPlace().then(() => {
    const door = route.peek().page;
    if (place.peek()?.set_up === false && door !== "setup") navigate("/setup", { replace: true });
  });
}

