import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../../lib/settings";
import type { ChartData } from "./chart_data";
import { inkOf, paint } from "./chart_paint";

const HEIGHT = 132;

/** One chart. The canvas is silent; the figure says the same in words, and the table behind "Show as tables" in figures. */
export function Chart({ data }: { data: ChartData }) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const shown = useRef(data);
  shown.current = data;
  const [at, setAt] = useState(-1);
  const { spec } = data;
  const usesTheme = theme.value;

  useEffect(() => {
    const host = frame.current!;
    const made = new uPlot(optionsOf(host, () => shown.current, setAt), valuesOf(shown.current), host);
    plot.current = made;
    const size = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: HEIGHT }));
    size.observe(host);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => made.redraw(false);
    dark.addEventListener("change", redraw);
    return () => {
      size.disconnect();
      dark.removeEventListener("change", redraw);
      made.destroy();
    };
  }, [spec]);
  useEffect(() => plot.current?.setData(valuesOf(data)), [data]);
  useEffect(() => plot.current?.redraw(false), [usesTheme]);

  const value = at >= 0 ? data.values[0]?.[at] : data.now;
  const [figure, unit] = typeof value === "number" ? spec.words(value) : ["—", ""];
  return (
    <figure class="chart">
      <figcaption>
        <b>{spec.title}</b>
        <span class="now">
          {at >= 0 && data.times[at] !== undefined && <small>{data.tick(data.times[at])} </small>}
          {figure} {unit && <small>{unit}</small>}
        </span>
      </figcaption>
      <div class="canvas" ref={frame} role="img" aria-label={data.words} />
    </figure>
  );
}

function valuesOf({ times, values }: ChartData): uPlot.AlignedData {
  return [times.map((time) => time / 1000), ...values];
}

function optionsOf(host: HTMLElement, data: () => ChartData, onCursor: (at: number) => void): uPlot.Options {
  const { spec } = data();
  const bars = spec.kind === "bars" ? uPlot.paths.bars!({ size: [0.7, 100], align: -1 }) : undefined;
  return {
    width: host.clientWidth || 480,
    height: HEIGHT,
    padding: [8, 56, 18, 0],
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: false } },
    scales: {
      x: { time: true, range: () => [data().from / 1000, data().to / 1000] },
      y: { range: () => [0, data().top] },
    },
    series: [
      {},
      ...spec.lines.map((_, i) => ({
        stroke: () => (spec.kind === "bars" ? "transparent" : inkOf(host, i === 0 ? "--accent" : "--ink-faint")),
        fill: i === 0 && spec.kind !== "lines" ? () => inkOf(host, "--accent", spec.kind === "bars" ? 0.75 : 0.09) : undefined,
        width: spec.kind === "bars" ? 0 : 1.5,
        points: { show: false },
        paths: bars,
      })),
    ],
    hooks: {
      drawClear: [(u) => paint.below(u, host, data())],
      draw: [(u) => paint.above(u, host, data())],
      setCursor: [(u) => onCursor(u.cursor.idx ?? -1)],
    },
  };
}
