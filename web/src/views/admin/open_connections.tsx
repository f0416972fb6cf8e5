import { useState } from "preact/hooks";
import { openLines } from "../../actions/admin";
import { Face } from "../../lib/face";
import { usePoll } from "../../lib/use_poll";
import { useAsked } from "../../lib/use_task";
import type { Connection } from "../../net/types_lines";
import { isUp, serverNow } from "../../state/app";
import { amount, lasted } from "../../state/figures";
import { Trouble } from "../dialogs/dialog";
import { count } from "../run/run_words";

const FEW = 20;
const ALL = 500;
const EVERY_MS = 2000;
/** What may wait for one line before it is closed as too slow; the server's own default. */
const QUEUE_LIMIT = 1024 * 1024;
const HIGH = 0.5;

/** The open lines, live. */
export function OpenConnections({ admin }: { admin: boolean }) {
  const [limit, setLimit] = useState(FEW);
  const { value: open, trouble, reload } = useAsked(() => openLines(limit), [limit]);
  usePoll(reload, EVERY_MS);
  const live = !trouble && isUp.value;
  const shown = open?.connections.length ?? 0;
  return (
    <section class="part" aria-labelledby="live">
      <div class="title">
        <h2 id="live">Open now</h2>
        <span class="quiet" role="status">{open && summary(open)}</span>
        <span class="end link-state" data-state={live ? "connected" : "reconnecting"}>{live ? "Live" : "Not live"}</span>
      </div>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Table of open connections" aria-busy={!open && !trouble}>
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Client</th>
              <th scope="col">Address</th>
              <th scope="col" class="r">Open for</th>
              <th scope="col" class="r">Round trip</th>
              <th scope="col" class="r">Rooms</th>
              <th scope="col">Waiting, highest</th>
            </tr>
          </thead>
          <tbody>{open?.connections.map((line) => <OpenRow key={line.id} line={line} />)}</tbody>
        </table>
      </div>
      <Trouble words={trouble} />
      {open && open.connections.length === 1 && admin && <p class="hint">Nobody else is connected.</p>}
      {open && open.total > Math.min(shown, FEW) && (
        <div class="pager">
          <span>{shown} of {open.total}</span>
          {open.more && (
            <span class="end">
              <button class="button small" type="button" onClick={() => setLimit(ALL)}>Show all</button>
            </span>
          )}
        </div>
      )}
    </section>
  );
}

function summary({ total, people, agents }: { total: number; people: number; agents: number }): string {
  const parts = [count(total, "connection"), people === 1 ? "1 person" : `${people} people`];
  if (agents) parts.push(count(agents, "agent"));
  return parts.join(", ");
}

function OpenRow({ line }: { line: Connection }) {
  const part = Math.min(1, line.queue_peak_bytes / QUEUE_LIMIT);
  return (
    <tr data-key={line.id}>
      <td>
        <span class="who">
          <Face user={line.user} size="small" />
          <span class="name">{line.user.display || "no name"}</span>
          {line.this && <span class="tag">this tab</span>}
        </span>
      </td>
      <td>{line.client}</td>
      <td class="mono">{line.address}</td>
      <td class="r">{lasted(serverNow() - line.since)}</td>
      <td class="r">{line.rtt_ms > 0 ? `${Math.max(1, Math.round(line.rtt_ms))} ms` : "—"}</td>
      <td class="r">{line.rooms}</td>
      <td>
        <span class="meter" data-state={part > HIGH ? "high" : undefined} role="img" aria-label={`${Math.round(part * 100)} percent of the limit`}>
          <svg viewBox="0 0 56 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width={part > 0 ? Math.max(1.5, part * 56) : 0} height="4" />
          </svg>
        </span>
        {amount(line.queue_peak_bytes)}
      </td>
    </tr>
  );
}
