import type { Author, Member, Run, RunEvent } from "../net/types";
import type { RoomLog } from "./log";
import { retold, whoId } from "./runs";
import type { RunModel, Who } from "./runs";

/** What people are called now, put into what was said before: an event has what was true when it came. Pure. */
type Now = (who: Author) => Author | undefined;

/** Who is called something else than there; undefined: nothing to do. */
function nowOf(people: readonly Author[]): Now {
  const now = new Map(people.map((one) => [one.id, one]));
  return (who) => {
    const as = now.get(who.id);
    return as && (as.display !== who.display || as.name !== who.name) ? as : undefined;
  };
}

/** A log in which these people are called as they are here. The same one if they are already. */
export function withCalled(log: RoomLog, people: readonly Author[]): RoomLog {
  const now = nowOf(people);
  const items = log.items.map((m) => {
    const author = now(m.author);
    return author ? { ...m, author } : m;
  });
  const runs = new Map([...log.runs].map(([id, run]) => [id, runCalled(run, now)]));
  const same = items.every((m, i) => m === log.items[i]) && [...runs].every(([id, run]) => run === log.runs.get(id));
  return same ? log : { ...log, items, runs };
}

const whoNow = (who: Who | undefined, now: Now): Author | undefined => (who && typeof who === "object" ? now(who) : undefined);

function runCalled(run: RunModel, now: Now): RunModel {
  const user = whoNow(run.started_by, now) ?? whoNow(run.stopped_by, now);
  return user ? runsPerson(run, user) : run;
}

/** The run with that person as they are called now, wherever it names them. */
export function runsPerson(run: RunModel, user: Author): RunModel {
  const events = run.events.map((one) => ({ ...one, event: eventsPerson(one.event, user) }));
  return retold({ ...run, events, ...(run.row ? { row: rowsPerson(run.row, user) } : {}) });
}

const rowsPerson = (row: Run, user: Author): Run => (row.started_by.id === user.id ? { ...row, started_by: user } : row);

function eventsPerson(event: RunEvent, user: Author): RunEvent {
  const data: Record<string, unknown> = { ...event.data };
  for (const key of ["started_by", "by"]) if (key in data && whoId(data[key] as Who) === user.id) data[key] = user;
  return { ...event, data } as RunEvent;
}

/** The same of a list of members. */
export function membersCalled(list: Member[], user: Author): Member[] {
  const known = list.some((m) => m.user.id === user.id && m.user.display !== user.display);
  return known ? list.map((m) => (m.user.id === user.id ? { ...m, user } : m)) : list;
}
