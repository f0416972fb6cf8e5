import { messages, rooms } from "../state/app";
import { batch } from "../state/store";
import { emptyLog, firstOffset, lastOffset, runsInside, withMessages, withRun } from "../state/log";
import type { RoomLog } from "../state/log";
import { applyRunEvent, isOver, isRunEvent, runFromRow } from "../state/runs";
import { ApiError, call } from "../net/rpc";
import { roomHistory } from "../net/link";
import { sendIsThrough } from "./send";
import { feedRoom } from "./room_feed";
import type { Message, RoomEvent, Run } from "../net/types";

/** How the log of a room gets its past: pages of messages, the runs that lie in them, and what a break left out. */
const PAGE = 40;
const PAGE_MAX = 200;
/** More events than this behind the top are not read line by line. */
const GAP_EVENTS = 2000;

interface Page {
  messages: Message[];
  offset: number;
  epoch: string;
  more: boolean;
  /** The last offset that is not kept any more; only in the first page of a room. */
  trimmed?: number;
}

const set = (room: string, change: Partial<RoomLog>): void => {
  const log = messages(room);
  log.value = { ...log.peek(), ...change };
};

/** The newest page, or the one around an offset, with the runs in it: nothing moves for them afterwards. What was
 * loaded before is left. errors: ApiError */
export async function loadStart(room: string, around = 0): Promise<void> {
  const unread = rooms.peek().get(room)?.unread ?? 0;
  const limit = Math.min(PAGE_MAX, Math.max(PAGE, unread + 10));
  set(room, { loading: "newest" });
  const asked = askRuns(room).catch(() => undefined); // the messages are shown without them
  let wanted: Run[] | undefined;
  try {
    const page = await call<Page>("message.list", { room, limit, ...(around ? { around } : {}) });
    const before = messages(room).peek();
    const last = page.messages[page.messages.length - 1]?.offset ?? 0;
    const newer = around > 0 && (await hasNewer(room, last));
    const runs = await asked;
    batch(() => {
      const fresh = { ...emptyLog(room), new_after: before.new_after, epoch: page.epoch, top: page.offset };
      messages(room).value = { ...withMessages(fresh, page.messages), loaded: true, older: page.more, trimmed: !!page.trimmed, newer };
      for (const m of page.messages) sendIsThrough(m.key);
      wanted = runs && putRuns(room, runs);
    });
    if (around > 0 && !page.more) await checkOlder(room);
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    set(room, { loading: "", error: e.code === 0 ? 0 : e.code });
    throw e;
  }
  await loadRuns(room, wanted);
}

async function hasNewer(room: string, after: number): Promise<boolean> {
  const page = await call<Page>("message.list", { room, after, limit: 1 });
  return page.messages.length > 0;
}

async function checkOlder(room: string): Promise<void> {
  const before = firstOffset(messages(room).peek());
  const page = await call<Page>("message.list", { room, before, limit: 1 });
  if (page.messages.length > 0) set(room, { older: true });
}

export async function loadOlder(room: string): Promise<void> {
  const log = messages(room).peek();
  if (!log.loaded || log.loading || !log.older) return;
  await loadPage(room, "older", { before: firstOffset(log) });
}

export async function loadNewer(room: string): Promise<void> {
  const log = messages(room).peek();
  if (!log.loaded || log.loading || !log.newer || log.gap) return;
  await loadPage(room, "newer", { after: lastOffset(log) });
}

async function loadPage(room: string, way: "older" | "newer", at: object): Promise<void> {
  set(room, { loading: way });
  try {
    const page = await call<Page>("message.list", { room, limit: PAGE, ...at });
    const log = messages(room).peek();
    if (log.loading !== way) return;
    const change = way === "older" ? { older: page.more, trimmed: !!page.trimmed } : { newer: page.more };
    messages(room).value = { ...withMessages(log, page.messages), ...change, loading: "" };
    await loadRuns(room);
  } catch {
    set(room, { loading: "" });
  }
}

const askRuns = async (room: string): Promise<Run[]> =>
  (await call<{ runs: Run[] }>("run.list", { room, limit: PAGE_MAX })).runs;

/** The runs of the loaded stretch: their rows, then their events, so that a card is told from its first step.
 * When no answer comes the messages are there all the same, and the next page or connection asks again.
 * known: those whose rows are there and whose events are not. */
export async function loadRuns(room: string, known?: Run[]): Promise<void> {
  try {
    const wanted = known ?? putRuns(room, await askRuns(room));
    const { epoch, top } = messages(room).peek();
    for (const span of spans(wanted, top)) await readEvents(room, epoch, span.from, span.to, wanted);
  } catch {
    /* said above */
  }
}

/** Puts rows of runs into the log where they lie inside of it; returns those whose events are not all known. */
function putRuns(room: string, runs: readonly Run[]): Run[] {
  const log = messages(room).peek();
  const inside = runsInside(log, runs).filter((row) => row.first_offset > 0);
  const wanted = inside.filter((row) => {
    const known = log.runs.get(row.id);
    return !known || known.first_offset > row.first_offset || !isOver(known);
  });
  batch(() => {
    for (const row of inside) {
      const now = messages(room).peek();
      messages(room).value = withRun(now, runFromRow(row, now.runs.get(row.id)));
    }
  });
  return wanted;
}

/** Stretches of the stream that hold these runs; neighbours are read in one go. */
export function spans(runs: readonly Run[], top: number): { from: number; to: number }[] {
  const sorted = [...runs].sort((a, b) => a.first_offset - b.first_offset);
  const found: { from: number; to: number }[] = [];
  for (const run of sorted) {
    const to = run.ended ? Math.max(run.last_offset, run.first_offset) : Math.max(top, run.last_offset);
    const last = found[found.length - 1];
    if (last && run.first_offset - last.to < 100) last.to = Math.max(last.to, to);
    else found.push({ from: run.first_offset, to });
  }
  return found;
}

async function readEvents(room: string, epoch: string, from: number, to: number, runs: readonly Run[]): Promise<void> {
  const wanted = new Set(runs.map((run) => run.id));
  let at = from - 1;
  while (at < to) {
    const page = await roomHistory(room, at, epoch, 500);
    if (page.publications.length === 0) return;
    batch(() => {
      for (const { data, offset } of page.publications) {
        const event = data as RoomEvent;
        at = offset ?? at;
        if (!isRunEvent(event) || !wanted.has(event.run_id) || !offset) continue;
        const log = messages(room);
        const run = applyRunEvent(log.peek().runs.get(event.run_id), event, offset);
        log.value = withRun(log.peek(), run);
      }
    });
  }
}

/** After a break that the server could not bridge: reads on from the last event that was seen, or says that it is
 * too far. `top` is where the new subscription begins. */
export async function catchUp(room: string, from: number, top: number, epoch: string): Promise<void> {
  const log = messages(room).peek();
  if (log.epoch !== epoch) return loadStart(room);
  if (top - from > GAP_EVENTS) {
    set(room, { gap: true, newer: true, top });
    return;
  }
  let at = from;
  while (at < top) {
    const page = await roomHistory(room, at, epoch, 1000);
    if (page.publications.length === 0) break;
    batch(() => {
      for (const { data, offset } of page.publications) {
        at = offset ?? at;
        feedRoom(room, data as RoomEvent, offset ?? 0, false);
      }
    });
  }
}

/** "Load what is new": leaves the old stretch and shows the end. */
export async function loadWhatIsNew(room: string): Promise<void> {
  try {
    await loadStart(room);
  } catch {
    set(room, { loading: "" });
  }
}
