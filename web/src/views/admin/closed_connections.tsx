import { useRef, useState } from "preact/hooks";
import { closedLines } from "../../actions/admin";
import { Face } from "../../lib/face";
import { Icon } from "../../lib/icons";
import { clock, exact, iso, shortDay, took } from "../../lib/time_text";
import { usePoll } from "../../lib/use_poll";
import { useAsked } from "../../lib/use_task";
import type { ClosedConnection } from "../../net/types_lines";
import { serverNow } from "../../state/app";
import { closeSentence, closeWords, staysAway, sumOf, usualOf } from "../../state/closes";
import { lasted, whole } from "../../state/figures";
import { Trouble } from "../dialogs/dialog";

const PAGE = 20;
const EVERY_MS = 4000;
const SPAN_MS = 7 * 86_400_000;

/** How lines ended in the last seven days, newest first, by reason. */
export function ClosedConnections() {
  const [code, setCode] = useState(0);
  /** The closing times above the pages that were left by "Older". */
  const [above, setAbove] = useState<readonly number[]>([]);
  const before = above.at(-1);
  const { value, trouble, reload } = useAsked(
    () =>
      closedLines({
        since: Math.max(0, serverNow() - SPAN_MS),
        limit: PAGE,
        ...(before ? { before } : {}),
        ...(code ? { code } : {}),
      }),
    [code, before],
  );
  usePoll(reload, EVERY_MS, above.length === 0);
  const counts = useRef<Record<string, number>>({});
  if (value && (!code || Object.keys(value.by_code).length > 1)) counts.current = value.by_code;
  const all = sumOf(counts.current);
  const total = code ? (counts.current[code] ?? value?.total ?? 0) : Math.max(all, value?.total ?? 0);
  const from = above.length * PAGE;

  const choose = (next: number) => {
    setAbove([]);
    setCode(next);
  };
  return (
    <section class="part" aria-labelledby="history">
      <div class="title">
        <h2 id="history">Closed</h2>
        <span class="quiet">
          {value && `${whole(all)} in 7 days${all ? `, ${usualOf(counts.current) === all ? "all" : whole(usualOf(counts.current))} of them as usual` : ""}`}
        </span>
      </div>
      <CodeChips counts={counts.current} all={all} code={code} onCode={choose} />
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Table of closed connections" aria-busy={!value && !trouble}>
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Closed</th>
              <th scope="col" class="r">Lasted</th>
              <th scope="col">Why</th>
              <th scope="col">By</th>
              <th scope="col">Afterwards</th>
            </tr>
          </thead>
          <tbody>{value?.closed.map((line) => <ClosedRow key={`${line.id}-${line.closed}`} line={line} />)}</tbody>
        </table>
        {value?.closed.length === 0 && <p class="nothing">No line has been closed yet.</p>}
      </div>
      <Trouble words={trouble} />
      {value && (value.more || above.length > 0) && (
        <div class="pager">
          <span>{from + 1} to {from + value.closed.length} of {whole(Math.max(total, from + value.closed.length))}</span>
          <span class="end">
            <button class="button small" type="button" disabled={above.length === 0} onClick={() => setAbove(above.slice(0, -1))}>
              Newer
            </button>
            <button class="button small" type="button" disabled={!value.more}
              onClick={() => setAbove([...above, value.closed.at(-1)?.closed ?? 0])}>
              Older
            </button>
          </span>
        </div>
      )}
    </section>
  );
}

interface ChipsProps {
  counts: Record<string, number>;
  all: number;
  code: number;
  onCode: (code: number) => void;
}

function CodeChips({ counts, all, code, onCode }: ChipsProps) {
  const codes = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  if (codes.length < 2) return null;
  return (
    <div class="chips" role="group" aria-label="Show">
      <Chip words="All" n={all} on={code === 0} onClick={() => onCode(0)} />
      {codes.map(([one, n]) => (
        <Chip key={one} words={closeWords(Number(one)).short} n={n} on={code === Number(one)} onClick={() => onCode(Number(one))} title={one} />
      ))}
    </div>
  );
}

function Chip({ words, n, on, onClick, title }: { words: string; n: number; on: boolean; onClick: () => void; title?: string }) {
  return (
    <button class="chip" type="button" aria-pressed={on} onClick={onClick} title={title && `Code ${title}`}>
      {words} <span class="number">{whole(n)}</span>
    </button>
  );
}

function closedAt(ms: number): string {
  const day = shortDay(ms);
  return day === "yesterday" ? `Yesterday ${clock(ms)}` : day;
}

function afterwards({ back_ms, recovered, code }: ClosedConnection): string {
  if (back_ms === undefined) return staysAway(code) ? "Told not to come back" : "—";
  const caught = recovered === undefined ? "" : recovered ? ", nothing missed" : ", loaded anew";
  if (back_ms < 50) return `Back at once${caught}`;
  return `Back after ${back_ms < 1000 ? lasted(back_ms) : took(back_ms)}${caught}`;
}

function ClosedRow({ line }: { line: ClosedConnection }) {
  const { code, reason, queue_peak_bytes } = line;
  const words = closeWords(code, reason);
  return (
    <tr data-key={line.id}>
      <td>
        <span class="who">
          {line.user?.display ? <Face user={line.user} size="small" /> : <span class="face small" aria-hidden="true">?</span>}
          <span class="name">{line.user?.display || "unknown"}</span>
        </span>
      </td>
      <td><time dateTime={iso(line.closed)} title={exact(line.closed)}>{closedAt(line.closed)}</time></td>
      <td class="r">{lasted(line.lasted_ms)}</td>
      <td>
        <span class="reason" data-kind={words.kind} title={reason}>
          <Icon name={words.icon} />
          <span class="code-no">{code}</span>
          {closeSentence(code, reason, queue_peak_bytes)}
        </span>
      </td>
      <td>{line.by}</td>
      <td>{afterwards(line)}</td>
    </tr>
  );
}
