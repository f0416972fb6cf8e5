import type { Figures } from "../../actions/admin";
import { gather, gatherTimes } from "../../state/figures";
import { clock, shortDay } from "../../lib/time_text";
import { BAR_PARTS, LINE_PARTS } from "./chart_specs";
import type { ChartSpec, Span } from "./chart_specs";

/** One chart, ready to draw: times and values, the scale, and the same in words. */
export interface ChartData {
  spec: ChartSpec;
  from: number;
  to: number;
  times: number[];
  /** One list a line of the spec. */
  values: (number | null)[][];
  top: number;
  now: number | undefined;
  marks: { time: number; text: string }[];
  words: string;
  /** A time below the chart: the clock, or the day if it spans many. */
  tick: (time: number) => string;
}

export function chartData(spec: ChartSpec, figures: Figures | undefined, span: Span): ChartData {
  const parts = spec.kind === "bars" ? BAR_PARTS : LINE_PARTS;
  const every = figures?.times ?? [];
  const times = gatherTimes(every, parts);
  /* a counter's step is a sum over the step; per second it is the same for all steps */
  const per = spec.kind === "bars" ? spec.scale / (figures?.step_s ?? 1) : spec.scale;
  const values = spec.lines.map((line) =>
    gather((figures?.series[line.name] ?? []).map((value) => (value === null ? null : value * per)), parts, line.gather),
  );
  const flat = values.flat().filter((value): value is number => value !== null);
  const most = flat.length ? Math.max(...flat) : 0;
  const to = every.at(-1) ?? Date.now();
  const lead = to - span.long_ms;
  /* samples that fill the span begin a part after its start: the chart begins with them */
  const full = spec.kind !== "bars" && times[0] !== undefined && times[0] - lead < span.long_ms / 50;
  const now = lastOf(values[0]);
  return {
    spec, times, values, now, to,
    from: full ? times[0]! : lead,
    top: spec.top(most),
    marks: spec.marks ? (figures?.marks ?? []) : [],
    words: inWords(spec, flat, most, now, span),
    tick: (time) => (span.long_ms > 172_800_000 ? shortDay(time) : clock(time)),
  };
}

function lastOf(values: readonly (number | null)[] | undefined): number | undefined {
  return values?.findLast((value) => value !== null) ?? undefined;
}

function inWords(spec: ChartSpec, flat: number[], most: number, now: number | undefined, span: Span): string {
  const say = (value: number) => spec.words(value).join(" ").trim();
  if (!flat.length || now === undefined) return `${spec.title} over ${span.words}: no samples yet`;
  return `${spec.title} over ${span.words}: ${say(Math.min(...flat))} to ${say(most)}, now ${say(now)}`;
}
