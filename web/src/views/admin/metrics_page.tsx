import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { figures } from "../../actions/admin";
import type { Figures } from "../../actions/admin";
import { Icon } from "../../lib/icons";
import { usePoll } from "../../lib/use_poll";
import { useAsked } from "../../lib/use_task";
import { serverNow } from "../../state/app";
import { lasted, storage, whole } from "../../state/figures";
import { Trouble } from "../dialogs/dialog";
import { Chart } from "./chart";
import { chartData } from "./chart_data";
import { ChartTable } from "./chart_table";
import { CHARTS, NAMES, SPANS } from "./chart_specs";
import type { Span } from "./chart_specs";

const EVERY_MS = 10_000;
const MINUTE_MS = 60_000;

/** The promises first, then how it went: six charts over the stored samples, each also as a table. */
export function MetricsPage() {
  const [span, setSpan] = useState<Span>(SPANS[1]!);
  const chosen = useRef(false);
  const [tables, setTables] = useState(false);
  const { value, trouble, reload } = useAsked(
    () => figures(NAMES, Math.max(0, serverNow() - span.long_ms), span.step_s),
    [span],
  );
  usePoll(reload, EVERY_MS);
  /* the first hour of a server is seen whole, not as a stroke at the end of an empty day */
  useLayoutEffect(() => {
    const hour = SPANS[0]!;
    if (value && !chosen.current && serverNow() - value.started < hour.long_ms) setSpan(hour);
  }, [value?.started]);
  const choose = (one: Span) => {
    chosen.current = true;
    setSpan(one);
  };
  // Two steps may be the two sides of one full minute, seconds after the first start.
  const some = value !== undefined && (value.times.length > 2 || serverNow() - value.started > MINUTE_MS);
  return (
    <div class="sheet">
      <header class="part">
        <div class="title">
          <h1>Metrics</h1>
          <span class="quiet">{value && `Up ${lasted(serverNow() - value.started)}, ${value.level || "normal"}`}</span>
          <span class="end chips" role="group" aria-label="Span">
            {SPANS.map((one) => (
              <button class="chip" type="button" key={one.words} aria-pressed={one === span} onClick={() => choose(one)}>
                {one.words}
              </button>
            ))}
          </span>
        </div>
      </header>
      <Trouble words={trouble} />
      <Promises now={value?.now ?? {}} />
      {value && !some && <p class="nothing">Figures appear after the first minute.</p>}
      <section class="charts" aria-label={tables ? "Tables" : "Charts"} aria-busy={!value && !trouble}>
        {CHARTS.map((spec) => {
          const data = chartData(spec, value, span);
          return tables ? <ChartTable key={spec.title} data={data} /> : <Chart key={spec.title} data={data} />;
        })}
      </section>
      <p class="pager">
        <span>Prometheus text at <a href="/metrics">/metrics</a></span>
        <span class="end">
          <button class="button small" type="button" aria-pressed={tables} onClick={() => setTables(!tables)}>
            {tables ? "Show as charts" : "Show as tables"}
          </button>
        </span>
      </p>
    </div>
  );
}

function Promises({ now }: { now: Figures["now"] }) {
  const [used, unit] = storage(now.disk_used_bytes ?? 0);
  return (
    <section aria-label="Promises kept since the start">
      <dl class="figures">
        <Promise words="Messages lost" n={now.messages_lost} />
        <Promise words="Messages doubled" n={now.messages_doubled} />
        <Promise words="Closes with 1011" n={now.closes_1011} />
        <div class="figure"><dt>Messages kept</dt><dd>{figure(now.messages)}</dd></div>
        <div class="figure">
          <dt>Recovered breaks</dt>
          <dd>{figure(now.recovered)}<small>of {figure(now.recover_asked)}</small></dd>
        </div>
        <div class="figure">
          <dt>Data folder</dt>
          <dd>
            {now.disk_used_bytes === undefined ? "—" : used}
            <small>{unit}{now.disk_free_bytes !== undefined && `, ${storage(now.disk_free_bytes).join(" ")} free`}</small>
          </dd>
        </div>
      </dl>
    </section>
  );
}

const figure = (n: number | undefined): string => (n === undefined ? "—" : whole(n));

/** A figure that must be zero: kept, or broken, in a word and a sign. */
function Promise({ words, n }: { words: string; n: number | undefined }) {
  return (
    <div class="figure" data-state={n ? "broken" : "kept"}>
      <dt>{words}</dt>
      <dd class="promise">
        {figure(n)}
        {n !== undefined && <Icon name={n ? "alert" : "check"} label={n ? "broken" : "kept"} />}
      </dd>
    </div>
  );
}
