import type { Subscription } from "centrifuge";
import { currentRoomId, isUp, me, messages, rooms, roomsLoaded } from "../state/app";
import { effect, untracked } from "../state/store";
import { readLocal, writeLocal } from "../lib/settings";
import { route } from "../lib/router";
import { ApiError } from "../net/rpc";
import { dropSubscription, newRoomSubscription } from "../net/link";
import { feedRoom } from "./room_feed";
import { catchUp, loadRuns, loadStart } from "./room_load";
import { loadMembers, presenceJoin, presenceLeave } from "./presence";
import { backCount } from "./status";
import type { RoomEvent } from "../net/types";

/** Which rooms this page listens to: the open one and the last few before it, so that going back is instant. */
const KEPT = 8;
const BUSY = new Set([0, 100, 108, 111]);

interface OpenRoom {
  subscription: Subscription;
  /** The last offset that was put into the log without leaving any out before it. */
  seen: number;
  catching: boolean;
  /** Subscribed once, or the line broke before that: from then on it comes back rather than begins. */
  began: boolean;
}

const open = new Map<string, OpenRoom>();
const opening = new Set<string>();

/** The room that was open last, for the way back in; general if there is none. */
export function lastRoom(): string {
  const saved = readLocal("snug.room") ?? "";
  if (rooms.peek().has(saved)) return saved;
  return rooms.peek().has("1") ? "1" : (rooms.peek().keys().next().value ?? "");
}

async function openRoom(room: string, around: number): Promise<void> {
  const log = messages(room);
  if (opening.has(room)) return;
  opening.add(room);
  try {
    const known = around === 0 || log.peek().items.some((m) => m.offset === around);
    const fromPast = around === 0 && log.peek().newer && !log.peek().gap;
    if (!log.peek().loaded || !known || fromPast) await loadStart(room, around);
    keep(room);
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    if (BUSY.has(e.code)) setTimeout(() => again(room, around), 2000);
  } finally {
    opening.delete(room);
  }
}

/** Nothing was decided about the room: while it is the one shown and the line stands, it is asked for again. */
function again(room: string, around: number): void {
  if (currentRoomId.peek() === room && isUp.peek()) void openRoom(room, around);
}

function keep(room: string): void {
  const known = open.get(room);
  if (known) {
    open.delete(room);
    open.set(room, known); /* the newest is last */
  } else listen(room);
  for (const old of [...open.keys()].slice(0, Math.max(0, open.size - KEPT))) leave(old);
}

/** Stops listening; what was loaded is forgotten, so that the next opening starts at the end. */
export function leave(room: string): void {
  const known = open.get(room);
  if (!known) return;
  open.delete(room);
  dropSubscription(known.subscription);
  messages(room).value = { ...messages(room).peek(), loaded: false };
}

function listen(room: string): void {
  const { top, epoch } = messages(room).peek();
  const since = { offset: top, epoch };
  const subscription = newRoomSubscription(room, { since, joinLeave: true, recoverable: true, positioned: true });
  if (!subscription) return;
  const entry: OpenRoom = { subscription, seen: top, catching: false, began: false };
  open.set(room, entry);
  subscription.on("publication", (ctx) => {
    const offset = ctx.offset ?? 0;
    if (offset > 0 && offset <= entry.seen) return;
    if (offset > 0 && !entry.catching) entry.seen = offset;
    feedRoom(room, ctx.data as RoomEvent, offset, true);
  });
  subscription.on("subscribed", (ctx) => {
    void loadMembers(room);
    const top_now = ctx.streamPosition?.offset ?? 0;
    const lost = ctx.wasRecovering && !ctx.recovered;
    if (lost || entry.catching) void fill(room, entry, top_now, ctx.streamPosition?.epoch ?? "");
    else if (entry.began && currentRoomId.peek() === room) backCount(room, entry.seen);
    entry.began = true;
  });
  subscription.on("join", (ctx) => presenceJoin(room, ctx.info.user));
  subscription.on("leave", () => presenceLeave(room));
  subscription.on("unsubscribed", (ctx) => {
    if (ctx.code < 1000 && ctx.code !== 103) return;
    open.delete(room);
    messages(room).value = { ...messages(room).peek(), error: 103, loaded: true, loading: "" };
  });
  subscription.subscribe();
}

async function fill(room: string, entry: OpenRoom, top: number, epoch: string): Promise<void> {
  const from = entry.seen;
  entry.catching = true;
  try {
    await catchUp(room, from, top, epoch);
    const now = messages(room).peek();
    entry.seen = Math.max(top, now.top);
    entry.catching = false;
    if (currentRoomId.peek() === room && !now.gap) backCount(room, from);
    if (!now.gap) await loadRuns(room);
  } catch {
    /* the line broke again: the next "subscribed" goes on from the same place */
  }
}

/** Keeps the open room loaded and listened to. Call once. */
export function startRooms(): void {
  let before = "";
  effect(() => {
    const room = currentRoomId.value;
    const around = route.value.page === "room" ? route.value.offset : 0;
    const up = isUp.value;
    if (!me.value || !roomsLoaded.value) return;
    untracked(() => {
      if (!up) for (const entry of open.values()) entry.began = true;
      if (room && room !== before) enter(room, before);
      if (!room && before) closeNewLine(before);
      before = room;
      if (room && up) void openRoom(room, around);
    });
  });
}

function closeNewLine(room: string): void {
  const log = messages(room);
  if (log.peek().new_after >= 0) log.value = { ...log.peek(), new_after: -1 };
}

/** The new line is set when a room is entered, and stays where it is until the room is left. */
function enter(room: string, before: string): void {
  if (before) closeNewLine(before);
  const row = rooms.peek().get(room);
  const log = messages(room);
  const new_after = row && row.unread > 0 ? row.read : -1;
  log.value = { ...log.peek(), new_after, error: log.peek().error === 103 && row ? 0 : log.peek().error };
  writeLocal("snug.room", room);
}
