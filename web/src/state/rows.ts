import type { Message } from "../net/types";
import { dayNumber } from "../lib/time_text";
import type { RoomLog } from "./log";
import type { Send } from "./outbox";
import { whoId, type RunModel } from "./runs";

/** The log as it is drawn, one row after the other. Pure: the same log gives the same rows. */
export type Row =
  | { kind: "day"; key: string; time: number }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; message: Message; first: boolean }
  | { kind: "run"; key: string; run: RunModel; first: boolean }
  | { kind: "send"; key: string; send: Send; first: boolean; time: number };

/** After this much silence the same author begins a new group. */
export const GROUP_MS = 5 * 60_000;

interface Group {
  author: string;
  time: number;
  day: number;
  /** The run whose card was the last row: its answer belongs right below. */
  run: string;
}

interface Input {
  log: RoomLog;
  sends: readonly Send[];
  me: string;
  /** Runs whose card holds the answer itself. */
  open: ReadonlySet<string>;
}

type Item = { offset: number; message?: Message; run?: RunModel };

function items(log: RoomLog, open: ReadonlySet<string>): Item[] {
  const from = log.older ? (log.items[0]?.offset ?? 0) : 0;
  const to = log.newer ? (log.items[log.items.length - 1]?.offset ?? 0) : Number.MAX_SAFE_INTEGER;
  const all: Item[] = [];
  for (const message of log.items) {
    const inCard = message.run_id && open.has(message.run_id) && log.runs.has(message.run_id);
    if (!inCard) all.push({ offset: message.offset, message });
  }
  for (const run of log.runs.values()) {
    const at = run.first_offset;
    if (at >= from && at <= to) all.push({ offset: at, run });
  }
  return all.sort((a, b) => a.offset - b.offset);
}

/** The key of a row outlives the way from "sent" to "on disk": the same element stays in the page. */
export const messageKey = (author: string, key: string, id: string): string =>
  key ? `k${author}.${key}` : `m${id}`;

export function buildRows({ log, sends, me, open }: Input): Row[] {
  const rows: Row[] = [];
  let group: Group | null = null;
  let lineDrawn = log.new_after < 0;

  const dayRow = (time: number): boolean => {
    const day = dayNumber(time);
    if (group?.day === day) return false;
    rows.push({ kind: "day", key: `d${day}`, time });
    return true;
  };

  for (const { offset, message, run } of items(log, open)) {
    const time = message ? message.time : runTime(run!);
    const author = message ? message.author.id : whoId(run!.agent);
    let fresh = dayRow(time);
    if (!lineDrawn && offset > log.new_after && author !== me) {
      lineDrawn = true;
      fresh = true;
      rows.push({ kind: "new", key: "new" });
    }
    if (message) {
      /* an answer stands right below its card, or has a head of its own */
      const below: boolean = !!message.run_id && group?.run === message.run_id;
      const apart: boolean = !!message.run_id || message.reply_to !== "";
      const first: boolean = fresh || (!below && startsGroup(group, author, time, apart));
      rows.push({ kind: "message", key: messageKey(author, message.key, message.id), message, first });
      group = { author, time, day: dayNumber(time), run: "" };
    } else {
      rows.push({ kind: "run", key: `r${run!.id}`, run: run!, first: true });
      group = { author, time, day: dayNumber(time), run: run!.id };
    }
  }
  if (log.newer) return rows;
  for (const send of sends) {
    if (send.room !== log.room) continue;
    const fresh = dayRow(send.created);
    const first: boolean = fresh || startsGroup(group, me, send.created, send.reply_to !== "");
    rows.push({ kind: "send", key: messageKey(me, send.key, ""), send, first, time: send.created });
    group = { author: me, time: send.created, day: dayNumber(send.created), run: "" };
  }
  return rows;
}

function startsGroup(group: Group | null, author: string, time: number, apart: boolean): boolean {
  if (!group || group.run || apart) return true;
  return group.author !== author || time - group.time > GROUP_MS;
}

export const runTime = (run: RunModel): number =>
  run.queued || run.started || run.events[0]?.event.time || run.row?.started || Date.now();

/** @name of me, from word start to word end, as the server counts it. */
export function mentions(text: string, name: string): boolean {
  if (!name) return false;
  const exact = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(^|[^a-z0-9_@.-])@${exact}(?![a-z0-9_-]|\\.[a-z0-9])`, "i").test(text);
}

/** "6 new, from Jonas and Priya": names at most two, then how many others. */
export function pillWords(count: number, names: readonly string[]): string {
  const some = [...new Set(names)];
  const list =
    some.length <= 2 ? some.join(" and ") : `${some[0]}, ${some[1]} and ${some.length - 2} more`;
  return `${count} new${list ? `, from ${list}` : ""}`;
}
