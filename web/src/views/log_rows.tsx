import type { VNode } from "preact";
import { Face } from "../lib/face";
import { clock, dayLabel, dayLine, exact, iso } from "../lib/time_text";
import type { RoomLog } from "../state/log";
import { mentions, runTime, type Row } from "../state/rows";
import { whoId, type RunModel } from "../state/runs";
import { members } from "../state/app";
import type { Author, Message, User } from "../net/types";
import { MessageRow } from "./message_row";
import { RunCard } from "./run/run_card";

interface Around {
  log: RoomLog;
  me: User | null;
  current: boolean;
  /** The id of the message that is being edited; "": none. */
  editing: string;
  /** The offset that a permalink points at; 0: none. */
  target: number;
}

/** A row as it was drawn, and from what: the same inputs give the same node, which the page then leaves alone. */
export interface Drawn {
  node: VNode;
  from: readonly unknown[];
}

const sameAs = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

const quotedBy = (log: RoomLog, id: string): Message | undefined =>
  id ? log.items.find((m) => m.id === id) : undefined;

export function drawRow(row: Row, around: Around, before: Drawn | undefined): Drawn {
  const from = inputs(row, around);
  if (before && sameAs(before.from, from)) return before;
  return { node: draw(row, around), from };
}

function inputs(row: Row, { log, me, current, editing, target }: Around): unknown[] {
  switch (row.kind) {
    case "day":
      return [row.kind, row.time];
    case "new":
      return [row.kind];
    case "message": {
      const { message, first } = row;
      return [row.kind, message, first, current, editing === message.id, target === message.offset, me, quotedBy(log, message.reply_to)];
    }
    case "run":
      return [row.kind, row.run, row.first];
    case "send":
      return [row.kind, row.send, row.first, me, quotedBy(log, row.send.reply_to)];
  }
}

function draw(row: Row, { log, me, current, editing, target }: Around): VNode {
  switch (row.kind) {
    case "day":
      return (
        <div class="day" key={row.key} role="separator" aria-label={dayLabel(row.time)}>
          <span />
          <span>{dayLine(row.time)}</span>
        </div>
      );
    case "new":
      return (
        <div class="new-line" key={row.key} role="separator" aria-label="New messages">
          <span>New</span>
          <span />
        </div>
      );
    case "message": {
      const { message, first, key } = row;
      const { author, time, text } = message;
      const mention = !!me && author.id !== me.id && mentions(text, me.name);
      return (
        <MessageRow
          key={key}
          row={key}
          author={author}
          time={time}
          text={text}
          first={first}
          message={message}
          quoted={quotedBy(log, message.reply_to)}
          mention={mention}
          highlighted={target > 0 && target === message.offset}
          current={current}
          editing={editing === message.id}
        />
      );
    }
    case "send": {
      const { send, first, key } = row;
      const author: Author = me ?? { id: "", name: "", display: "", role: "member" };
      return (
        <MessageRow
          key={key}
          row={key}
          author={author}
          time={send.created}
          text={send.text}
          first={first}
          send={send}
          quoted={quotedBy(log, send.reply_to)}
          mention={false}
          highlighted={false}
          current={false}
          editing={false}
        />
      );
    }
    case "run":
      return <RunRow key={row.key} run={row.run} />;
  }
}

function agentOf(run: RunModel): Author {
  if (typeof run.agent !== "string") return run.agent;
  const id = whoId(run.agent);
  const known = members(run.room).value.find((m) => m.user.id === id)?.user;
  return known ?? { id, name: "agent", display: "Agent", role: "agent" };
}

function RunRow({ run }: { run: RunModel }) {
  const agent = agentOf(run);
  const time = runTime(run);
  return (
    <article
      class="message first"
      id={`run-${run.id}`}
      data-offset={run.first_offset || undefined}
      aria-label={`${agent.display}, ${clock(time)}`}
      tabIndex={-1}
    >
      <div class="margin">
        <Face user={agent} />
      </div>
      <div class="body">
        <header class="by">
          <b>{agent.display}</b>
          <span class="tag">agent</span>
          <time class="exact" dateTime={iso(time)} data-exact={exact(time)}>{clock(time)}</time>
        </header>
        <RunCard run={run} />
      </div>
    </article>
  );
}
