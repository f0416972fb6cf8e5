import { connection, currentRoomId, me, members, messages, roomFiles, rooms, serverNow, typing } from "../state/app";
import { batch } from "../state/store";
import { withPartner } from "../state/direct";
import { withErased } from "../state/erased";
import { lastOffset, withDeleted, withEdited, withLiveMessage, withMessages, withRun, type RoomLog } from "../state/log";
import { reactors } from "../state/reacting";
import { withFilesOf, withoutFilesBy, withoutFilesOf } from "../state/room_files";
import { applyRunEvent, isRunEvent } from "../state/runs";
import { withTyping } from "../state/typing";
import type { Message, MessageDeleted, RoomEvent, RunEvent, UserErased } from "../net/types";
import { feedReaction } from "./react";
import { sendIsThrough } from "./send";
import { announceMessage, announceRun } from "./announce";

/** What a room's stream says, put into the state. `offset` 0: passing, not stored. */
export function feedRoom(room: string, event: RoomEvent, offset: number, live: boolean): void {
  batch(() => {
    const log = messages(room);
    if (offset > log.peek().top) log.value = { ...log.peek(), top: offset };
    if (event.type === "message_created") feedMessage(room, event.message, live);
    else if (event.type === "message_deleted") feedDeleted(room, event.message);
    else if (event.type === "message_edited") log.value = withEdited(log.peek(), event.message);
    else if (event.type === "reaction_added" || event.type === "reaction_removed") feedReaction(room, event, live);
    else if (event.type === "user_erased") feedErased(room, event);
    else if (event.type === "typing") feedTyping(room, event.user.id, event);
    else if (event.type === "member_joined" || event.type === "member_left") feedMember(room, event);
    else if (event.type === "room_updated" || event.type === "message_edit_replaced") return;
    else if (isRunEvent(event)) feedRun(room, event, offset, live);
  });
}

function feedErased(room: string, { user, messages: texts }: UserErased): void {
  const log = messages(room);
  reactors.delete(user.id);
  log.value = withErased(log.peek(), user, texts === "delete");
  rooms.value = withPartner(rooms.peek(), user);
  if (texts === "delete") roomFiles(room).value = withoutFilesBy(roomFiles(room).peek(), user.id);
}

function feedDeleted(room: string, { id, deleted }: MessageDeleted["message"]): void {
  const log = messages(room);
  log.value = withDeleted(log.peek(), id, deleted);
  roomFiles(room).value = withoutFilesOf(roomFiles(room).peek(), id);
}

function feedMessage(room: string, message: Message, live: boolean): void {
  const log = messages(room);
  const own = message.author.id === me.peek()?.id;
  const before = startLine(room, log.peek(), own || !live);
  log.value = live ? withLiveMessage(before, message) : withMessages(before, [message]);
  roomFiles(room).value = withFilesOf(roomFiles(room).peek(), message);
  typing.value = withTyping(typing.peek(), room, message.author, 0);
  if (own) sendIsThrough(message.key);
  else if (live) announceMessage(room, message);
}

/** Everything was read, and nobody looks: what comes now is what is new. */
function startLine(room: string, log: RoomLog, quiet: boolean): RoomLog {
  if (quiet || room !== currentRoomId.peek() || !document.hidden) return log;
  const read = (rooms.peek().get(room)?.read ?? 0) >= lastOffset(log);
  return read ? { ...log, new_after: lastOffset(log) } : log;
}

function feedTyping(room: string, user: string, event: { user: Message["author"]; until: number }): void {
  if (user === me.peek()?.id) return;
  const until = event.until ? event.until - connection.peek().clock_ms : 0;
  typing.value = withTyping(typing.peek(), room, event.user, until);
}

function feedMember(room: string, event: { type: string; user: Message["author"] }): void {
  const list = members(room);
  const others = list.peek().filter((m) => m.user.id !== event.user.id);
  const known = list.peek().find((m) => m.user.id === event.user.id);
  if (event.type === "member_left") list.value = others;
  else if (!known) {
    const here = event.user.role === "agent";
    list.value = [...others, { user: event.user, role: "member", since: serverNow(), here, seen: 0 }];
  }
  const row = rooms.peek().get(room);
  if (row && list.peek().length > 0) {
    rooms.value = new Map(rooms.peek()).set(room, { ...row, members: list.peek().length });
  }
}

/* Passing words of an answer come faster than a screen draws: they are put in once a frame. */
const passing = new Map<string, { room: string; events: RunEvent[] }>();
let frame = 0;

function paintPassing(): void {
  frame = 0;
  const all = [...passing.values()];
  passing.clear();
  batch(() => {
    for (const { room, events } of all) for (const event of events) putRun(room, event, 0);
  });
}

function putRun(room: string, event: RunEvent, offset: number): void {
  const log = messages(room);
  const before = log.peek().runs.get(event.run_id);
  log.value = withRun(log.peek(), applyRunEvent(before, event, offset));
}

function feedRun(room: string, event: RunEvent, offset: number, live: boolean): void {
  if (offset > 0) {
    putRun(room, event, offset);
    const run = messages(room).peek().runs.get(event.run_id);
    if (live && run) announceRun(run, event);
    return;
  }
  const waiting = passing.get(event.run_id) ?? { room, events: [] };
  waiting.events.push(event);
  passing.set(event.run_id, waiting);
  if (!frame) frame = requestAnimationFrame(paintPassing);
}
