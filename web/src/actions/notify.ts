import { currentRoomId, isInside, me, rooms } from "../state/app";
import { addNews, isRead, isWanted, newsBetween, noticeOf, tellingMessage, type News } from "../state/notices";
import type { Rooms } from "../state/rooms";
import { computed, effect, signal, untracked } from "../state/store";
import { navigate } from "../lib/router";
import { followNotifyOf, notifyOf } from "../lib/settings";
import { isShownInATab } from "../lib/tabs";
import { call } from "../net/rpc";
import type { Message, Room } from "../net/types";
import { holdLock, showToTabs } from "./one_tab";
import { mayNotify } from "./notify_choice";
import { closePushed } from "./push";

/** Notifications of rooms that nobody looks at. What is new is seen in the counts of the room list, which come for every room,
 * live or all at once after a break. One tab of the browser tells. */
const GATHER_MS = 400;
/** A room is told of again no sooner than this: a conversation is one notification that counts. */
const REST_MS = 2000;
/** Asked for once a notification, for its words: a room that is not open sends counts alone. */
const NEWEST = 10;

interface Standing {
  notice: Notification;
  news: News;
  /** It tells what came up to here. */
  offset: number;
}

const gathered = new Map<string, News>();
const standing = new Map<string, Standing>();
const lastTold = new Map<string, number>();
let teller = false;

const hidden = signal(typeof document !== "undefined" && document.hidden);
const shown = computed(() => (hidden.value ? "" : currentRoomId.value));

function gather(room: string, news: News): void {
  const waits = gathered.has(room);
  gathered.set(room, addNews(gathered.get(room), news));
  if (waits) return;
  const rest = (lastTold.get(room) ?? 0) + REST_MS - Date.now();
  setTimeout(() => void tell(room), Math.max(GATHER_MS, rest));
}

async function tell(room: string): Promise<void> {
  const news = gathered.get(room);
  gathered.delete(room);
  if (!news || !mayTell() || (await isShownInATab(room))) return;
  lastTold.set(room, Date.now());
  const list = await newest(room);
  const row = rooms.peek().get(room);
  const user = me.peek();
  if (!row || !user || isRead(row, row.offset) || !mayTell() || (await isShownInATab(room))) return;
  const sum = addNews(standing.get(room)?.news, news);
  show(row, sum, tellingMessage(list, sum, user));
}

const mayTell = (): boolean => teller && notifyOf.peek() !== "never" && mayNotify();

async function newest(room: string): Promise<Message[]> {
  try {
    return (await call<{ messages: Message[] }>("message.list", { room, limit: NEWEST })).messages;
  } catch {
    return []; /* then the counts are told */
  }
}

function show(room: Room, news: News, message: Message | undefined): void {
  const { title, body, path } = noticeOf(room, news, message);
  const options: NotificationOptions & { renotify: boolean } = { body, tag: `snug-room-${room.id}`, renotify: true };
  const notice = new Notification(title, options); // takes the place of the room's former one
  standing.set(room.id, { notice, news, offset: room.offset });
  notice.onclick = () => {
    window.focus();
    navigate(path);
    notice.close();
  };
  notice.onclose = () => {
    if (standing.get(room.id)?.notice === notice) standing.delete(room.id);
  };
}

function takeBack(room: string): void {
  standing.get(room)?.notice.close();
  standing.delete(room);
}

const takeAllBack = (): void => [...standing.keys()].forEach(takeBack);

function watchRooms(): void {
  let before: Rooms = new Map();
  effect(() => {
    const now = rooms.value;
    untracked(() => {
      for (const [id, news] of newsBetween(before, now)) {
        const room = now.get(id);
        if (room && isWanted(notifyOf.peek(), room, news)) gather(id, news);
      }
      for (const [room, { offset }] of standing) if (isRead(now.get(room), offset)) takeBack(room);
      before = now;
    });
  });
}

/** Stays the teller over a break of the line: what came meanwhile it finds itself, and no other tab tells it too. */
function takeTurns(): void {
  const wants = computed(() => isInside.value && notifyOf.value !== "never");
  effect(() => {
    if (!wants.value) return;
    const release = holdLock("snug.notify", "exclusive", () => (teller = true));
    return () => {
      teller = false;
      release();
      takeAllBack();
    };
  });
}

/** Once. */
export function startNotify(): void {
  document.addEventListener("visibilitychange", () => (hidden.value = document.hidden));
  addEventListener("pagehide", takeAllBack); // a click would find nobody
  followNotifyOf();
  effect(() => {
    const room = shown.value;
    if (!room) return;
    void closePushed(room);
    return showToTabs(room);
  });
  takeTurns();
  watchRooms();
}
