import type { Message, Run } from "../net/types";
import { changed, hasReacted, withReactions, type Change } from "./reactions";
import type { RunModel } from "./runs";

/** What the log of one room shows: a stretch of its messages without gaps, and the runs that lie in it.
 * Plain data and pure functions; every function returns a new log, or the same one when nothing changed. */
export interface RoomLog {
  room: string;
  /** The first page has arrived. */
  loaded: boolean;
  loading: "" | "newest" | "older" | "newer";
  /** Why the room cannot be shown; 0: it can. */
  error: number;
  epoch: string;
  /** The highest offset of the stream that this page has seen. */
  top: number;
  /** Ascending by offset, each id once. */
  items: readonly Message[];
  /** Older ones exist before the first. */
  older: boolean;
  /** Before the first there were some that are not kept any more. */
  trimmed: boolean;
  /** Newer ones exist after the last (a permalink into the past, or a gap). */
  newer: boolean;
  /** Away too long: the way from the last item to the top is too far to go line by line. */
  gap: boolean;
  runs: ReadonlyMap<string, RunModel>;
  /** The offset after which the new line stands; -1: none. */
  new_after: number;
}

export const emptyLog = (room: string): RoomLog => ({
  room,
  loaded: false,
  loading: "",
  error: 0,
  epoch: "",
  top: 0,
  items: [],
  older: false,
  trimmed: false,
  newer: false,
  gap: false,
  runs: new Map(),
  new_after: -1,
});

/** Puts messages in at their places. One that is there already (same id) is replaced. */
export function withMessages(log: RoomLog, more: readonly Message[]): RoomLog {
  if (more.length === 0) return log;
  const last = log.items[log.items.length - 1];
  const first = more[0]!;
  if (more.length === 1 && (!last || first.offset > last.offset))
    return { ...log, items: [...log.items, first], top: Math.max(log.top, first.offset) };
  const byOffset = new Map<number, Message>();
  for (const m of log.items) byOffset.set(m.offset, m);
  for (const m of more) byOffset.set(m.offset, m);
  const items = [...byOffset.values()].sort((a, b) => a.offset - b.offset);
  return { ...log, items, top: Math.max(log.top, items[items.length - 1]!.offset) };
}

/** A live message: goes to the end, unless the end is not what is shown. */
export function withLiveMessage(log: RoomLog, message: Message): RoomLog {
  if (log.newer) return { ...log, top: Math.max(log.top, message.offset) };
  return withMessages(log, [message]);
}

/** A message whose text is gone, and its reactions and files with it; its place stays. */
export function withDeleted(log: RoomLog, id: string, by: "author" | "owner"): RoomLog {
  if (!log.items.some((m) => m.id === id)) return log;
  const gone = ({ edited: _, reactions: __, files: ___, ...m }: Message): Message => ({ ...m, text: "", deleted: by });
  return { ...log, items: log.items.map((m) => (m.id === id ? gone(m) : m)) };
}

/** A message with another text, in its place; what was deleted stays so. Its reactions have events of their own. */
export function withEdited(log: RoomLog, message: Message): RoomLog {
  const before = log.items.find((m) => m.id === message.id);
  if (!before || before.deleted) return log;
  return replaced(log, before, withReactions(message, before.reactions));
}

/** A message that one person more, or less, has reacted to. Told twice, or of one that is not loaded: the same log. */
export function withReaction(log: RoomLog, id: string, { emoji, user, on }: Change): RoomLog {
  const before = log.items.find((m) => m.id === id);
  if (!before || before.deleted || hasReacted(before.reactions, emoji, user) === on) return log;
  return replaced(log, before, withReactions(before, changed(before.reactions, { emoji, user, on })));
}

const replaced = (log: RoomLog, before: Message, after: Message): RoomLog => ({
  ...log,
  items: log.items.map((m) => (m === before ? after : m)),
});

/** Whether this person may edit it: their own words, that are there. */
export const isEditable = (message: Message, user: string | undefined): boolean =>
  message.author.id === user && !message.deleted && !message.run_id;

/** The newest message that this person may edit, while the end of the log is shown. */
export const newestOwn = (log: RoomLog, user: string | undefined): Message | undefined =>
  log.newer ? undefined : log.items.findLast((m) => isEditable(m, user));

export function withRun(log: RoomLog, run: RunModel): RoomLog {
  if (log.runs.get(run.id) === run) return log;
  const runs = new Map(log.runs);
  runs.set(run.id, run);
  return { ...log, runs };
}

export const firstOffset = (log: RoomLog): number => log.items[0]?.offset ?? 0;
export const lastOffset = (log: RoomLog): number => log.items[log.items.length - 1]?.offset ?? 0;

/** The runs whose place lies in the stretch that is loaded; the last ones too while the end is shown. */
export function runsInside(log: RoomLog, rows: readonly Run[]): Run[] {
  const from = log.older ? firstOffset(log) : 0;
  const to = log.newer ? lastOffset(log) : Number.MAX_SAFE_INTEGER;
  return rows.filter((run) => run.first_offset >= from && run.first_offset <= to);
}
