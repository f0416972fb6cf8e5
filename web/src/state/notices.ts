import { filesText } from "../lib/file_words";
import { plainWords } from "../lib/markdown_html";
import type { NotifyOf } from "../lib/settings";
import type { Author, Message, Room } from "../net/types";
import { totals, type Rooms } from "./rooms";

/** What is to be told of rooms that nobody looks at. Pure. The server's counts say what is new; a text says it in words. */
export interface News {
  messages: number;
  mentions: number;
  /** It came after this offset. */
  since: number;
}

/* What was unread before and is read by now is taken off first: then all that is unread is new. In a conversation of two a
 * mention is a message like the others. */
function newsOf(before: Room, now: Room): News | null {
  if (now.offset <= before.offset || !now.joined) return null;
  const known = now.read >= before.offset ? { unread: 0, mentions: 0 } : before;
  const messages = Math.max(0, now.unread - known.unread);
  const mentions = now.direct ? 0 : Math.max(0, now.mentions - known.mentions);
  return messages + mentions > 0 ? { messages, mentions, since: before.offset } : null;
}

/** A conversation that somebody else began while the line was broken is new as a whole. */
const fromStart = (room: Room): Room | undefined => (room.direct ? { ...room, offset: 0, read: 0, unread: 0, mentions: 0 } : undefined);

/** By room. Another room that was not there before has no news: what lies in it is its past. */
export function newsBetween(before: Rooms, now: Rooms): Map<string, News> {
  const found = new Map<string, News>();
  if (before === now) return found;
  for (const room of now.values()) {
    const known = before.get(room.id) ?? (before.size > 0 ? fromStart(room) : undefined);
    const news = known && known !== room ? newsOf(known, room) : null;
    if (news) found.set(room.id, news);
  }
  return found;
}

export const isWanted = (level: NotifyOf, room: Room, news: News): boolean =>
  level !== "never" && (news.mentions > 0 || (!room.muted && (level === "all" || !!room.direct)));

export const addNews = (one: News | undefined, more: News): News =>
  one
    ? { messages: one.messages + more.messages, mentions: one.mentions + more.mentions, since: Math.min(one.since, more.since) }
    : more;

/** Whether a text names somebody; the server has decided whom it means. */
function names(text: string, name: string): boolean {
  const safe = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(^|[^a-z0-9_@./-])@${safe}(?![a-z0-9_@-])`, "i").test(text);
}

/** The message that the news is told by: the newest that names `me`, or else the newest. Of a room's newest, oldest first. */
export function tellingMessage(list: readonly Message[], news: News, me: Author): Message | undefined {
  const others = list.filter((m) => m.author.id !== me.id && !m.deleted);
  if (news.mentions === 0) return others.findLast((m) => m.offset > news.since);
  return others.findLast((m) => (m.offset > news.since || m.edited) && names(m.text, me.name));
}

const TEXT_MAX = 160;

/** The beginning of a message in plain words, cut between two of them. */
export function noticeText(text: string): string {
  const words = plainWords(text.slice(0, TEXT_MAX * 4));
  if (words.length <= TEXT_MAX && text.length <= TEXT_MAX * 4) return words;
  const cut = words.slice(0, TEXT_MAX).replace(/[\ud800-\udbff]$/, "");
  return `${cut.replace(/\s+\S{0,30}$/, "")}…`;
}

export interface Notice {
  title: string;
  body: string;
  path: string;
}

/** The words, and where they lead. Without a message they say what the counts say. */
export function noticeOf(room: Room, news: News, message?: Message): Notice {
  const { messages, mentions } = news;
  const who = message?.author.display ?? "";
  const text = message ? noticeText(message.text) || filesText(message.files) : "";
  const start = { path: `/room/${room.id}` };
  const there = message ? { path: `/room/${room.id}/${message.offset}` } : start;
  if (room.direct) {
    if (messages > 1) return { title: `${messages} new messages from ${room.name}`, body: text, ...start };
    return { title: room.name, body: text || "1 new message", ...there };
  }
  if (mentions === 1) {
    const title = who ? `${who} mentioned you in ${room.name}` : `You were mentioned in ${room.name}`;
    return { title, body: text, ...there };
  }
  const body = who ? `${who}: ${text}` : "";
  if (mentions > 1) return { title: `You were mentioned ${mentions} times in ${room.name}`, body, ...start };
  if (messages > 1) return { title: `${messages} new messages in ${room.name}`, body, ...start };
  return { title: who ? `${who} in ${room.name}` : `1 new message in ${room.name}`, body: text, ...there };
}

/** Whether somebody has read, here or elsewhere, what was told up to `offset`. */
export const isRead = (room: Room | undefined, offset: number): boolean =>
  !room || room.read >= offset || room.unread + room.mentions === 0;

/** The number on the icon of the installed page: mentions, else what is unread in rooms other than `except`. */
export function badgeCount(rooms: Rooms, except: string): number {
  const { unread, mentions } = totals(rooms, except);
  return mentions || unread;
}
