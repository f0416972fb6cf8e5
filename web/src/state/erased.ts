import type { Author, RunEvent, User } from "../net/types";
import { runsPerson } from "./called";
import type { RoomLog } from "./log";
import { withoutReactionsOf, withReactions } from "./reactions";
import { retold, whoId } from "./runs";
import type { RunModel } from "./runs";
import { signal } from "./store";

/** The person that the dialog "erase" asks about. */
export const erasing = signal<User | null>(null);

/** A log as it is after somebody was erased: they are called as `user` is now, their reactions are gone, and their texts if
 * `deletes`. Offsets and places stay. Pure. */
export function withErased(log: RoomLog, user: Author, deletes: boolean): RoomLog {
  const items = log.items.map((one) => {
    const m = withoutReactionsOf(one, user.id);
    if (m.author.id !== user.id) return m;
    const theirs = { ...m, author: user };
    if (!deletes) return theirs;
    const { files: _, ...words } = withReactions(theirs, undefined);
    return { ...words, text: "", deleted: m.deleted ?? "author" };
  });
  const runs = new Map([...log.runs].map(([id, run]) => [id, erasedRun(run, user, deletes)]));
  return { ...log, items, runs };
}

function erasedRun(run: RunModel, user: Author, deletes: boolean): RunModel {
  const theirs = whoId(run.started_by) === user.id;
  if (!theirs && whoId(run.stopped_by) !== user.id) return run;
  const named = runsPerson(run, user);
  if (!theirs || !deletes) return named;
  const events = named.events.map((one) => ({ ...one, event: silent(one.event) }));
  return retold({ ...named, events, ...(named.row ? { row: { ...named.row, text: "" } } : {}) });
}

/** Without what was asked and found. */
function silent(event: RunEvent): RunEvent {
  const data: Record<string, unknown> = { ...event.data };
  for (const key of ["task", "summary"]) if (key in data) data[key] = "";
  for (const key of ["arguments", "result"]) if (key in data) data[key] = {};
  return { ...event, data } as RunEvent;
}
