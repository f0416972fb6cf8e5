import type uPlot from "uplot";
import type { ChartData } from "./chart_data";

/** What stands around the lines of a chart: grid, limits, times, words and the last point. In device pixels. */
const FONT_PX = 11;

/** The colour behind a token, as the theme of this moment has it. */
export function inkOf(host: HTMLElement, token: string, opacity = 1): string {
  const before = host.style.color;
  host.style.color = `var(${token})`;
  const colour = getComputedStyle(host).color;
  host.style.color = before;
  if (opacity === 1) return colour;
  return colour.replace(/^rgb\((.*)\)$/, (_, parts: string) => `rgba(${parts}, ${opacity})`);
}

interface Canvas {
  ctx: CanvasRenderingContext2D;
  u: uPlot;
  host: HTMLElement;
  px: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  y: (value: number) => number;
  x: (time: number) => number;
}

function canvasOf(u: uPlot, host: HTMLElement): Canvas {
  const { left, top, width, height } = u.bbox;
  return {
    ctx: u.ctx, u, host, px: devicePixelRatio || 1,
    left, right: left + width, top, bottom: top + height,
    y: (value) => u.valToPos(value, "y", true),
    x: (time) => u.valToPos(time / 1000, "x", true),
  };
}

function words(c: Canvas, text: string, x: number, y: number, token: string, align: CanvasTextAlign, weight = 400): void {
  c.ctx.font = `${weight} ${FONT_PX * c.px}px ${getComputedStyle(c.host).fontFamily}`;
  c.ctx.fillStyle = inkOf(c.host, token);
  c.ctx.textAlign = align;
  c.ctx.textBaseline = "alphabetic";
  c.ctx.fillText(text, x, y);
}

function level(c: Canvas, y: number, token: string, dash: number[] = []): void {
  c.ctx.strokeStyle = inkOf(c.host, token);
  c.ctx.lineWidth = c.px;
  c.ctx.setLineDash(dash.map((n) => n * c.px));
  c.ctx.beginPath();
  c.ctx.moveTo(c.left, Math.round(y) + 0.5);
  c.ctx.lineTo(c.right, Math.round(y) + 0.5);
  c.ctx.stroke();
  c.ctx.setLineDash([]);
}

function below(u: uPlot, host: HTMLElement, data: ChartData): void {
  const c = canvasOf(u, host);
  const { spec, top } = data;
  c.ctx.save();
  for (const part of [0, 0.5, 1]) {
    level(c, c.y(top * part), "--line");
    const [figure, unit] = spec.words(top * part);
    const bare = figure.replace(/\.0$/, "");
    const text = part === 0 ? "0" : part === 1 ? `${bare} ${unit}`.trim() : halfWords(spec.words(top), [bare, unit]);
    words(c, text, c.right + 6 * c.px, c.y(top * part) + 3.5 * c.px, "--ink-faint", "left");
  }
  if (spec.limit && spec.limit.at < top) {
    level(c, c.y(spec.limit.at), "--edge", [2, 3]);
    words(c, spec.limit.words, c.left + 4 * c.px, c.y(spec.limit.at) - 5 * c.px, "--ink-faint", "left");
  }
  if (spec.note) words(c, spec.note, c.left + 4 * c.px, c.y(top) + 14 * c.px, "--ink-faint", "left");
  times(c, data);
  for (const mark of data.marks) upright(c, data, mark);
  c.ctx.restore();
}

/** The unit is said once, at the top, unless the half has another one. */
function halfWords([, topUnit]: [string, string], [figure, unit]: [string, string]): string {
  const same = unit === topUnit || (topUnit === "MiB" && unit === "KiB");
  return same ? figure : `${figure} ${unit}`.trim();
}

function times(c: Canvas, data: ChartData): void {
  const y = c.bottom + 15 * c.px;
  const narrow = c.right - c.left < 260 * c.px;
  for (let i = 0; i <= 4; i += narrow ? 2 : 1) {
    const time = data.from + ((data.to - data.from) * i) / 4;
    const align = i === 0 ? "left" : i === 4 ? "right" : "center";
    words(c, i === 4 ? "now" : data.tick(time), c.left + ((c.right - c.left) * i) / 4, y, "--ink-faint", align);
  }
}

/** So far to the right that words stand left of it: on the other side they would be cut. */
const isLate = (c: Canvas, x: number): boolean => x > c.left + (c.right - c.left) * 0.75;

function upright(c: Canvas, data: ChartData, mark: { time: number; text: string }): void {
  if (mark.time < data.from || mark.time > data.to) return;
  const x = Math.round(c.x(mark.time)) + 0.5;
  c.ctx.strokeStyle = inkOf(c.host, "--warn");
  c.ctx.lineWidth = c.px;
  c.ctx.beginPath();
  c.ctx.moveTo(x, c.top);
  c.ctx.lineTo(x, c.bottom);
  c.ctx.stroke();
  const late = isLate(c, x);
  words(c, mark.text, x + (late ? -5 : 5) * c.px, c.top + 9 * c.px, "--warn", late ? "right" : "left");
}

function above(u: uPlot, host: HTMLElement, data: ChartData): void {
  const c = canvasOf(u, host);
  c.ctx.save();
  if (data.spec.lines.length > 1) lineNames(c, data);
  if (data.spec.kind !== "bars") endDot(c, data);
  c.ctx.restore();
}

/** Each line is named where it begins; the two names keep a line's height apart. */
function lineNames(c: Canvas, data: ChartData): void {
  let last = -Infinity;
  [...data.spec.lines.keys()].reverse().forEach((i) => {
    const first = data.values[i]?.findIndex((value) => value !== null) ?? -1;
    if (first < 0) return;
    const near = data.values[i]!.slice(first, first + 24).filter((value): value is number => value !== null);
    const y = Math.max(c.y(Math.max(...near)) - 5 * c.px, last + 14 * c.px, c.top + 11 * c.px);
    last = y;
    const label = data.spec.lines[i]?.label ?? "";
    const x = Math.max(c.left, c.x(data.times[first]!));
    const late = isLate(c, x);
    words(c, label, x + (late ? -4 : 4) * c.px, y, i === 0 ? "--accent" : "--ink-soft", late ? "right" : "left", i === 0 ? 600 : 500);
  });
}

function endDot(c: Canvas, data: ChartData): void {
  const at = data.values[0]?.findLastIndex((value) => value !== null) ?? -1;
  if (at < 0) return;
  c.ctx.beginPath();
  c.ctx.arc(c.x(data.times[at]!), c.y(data.values[0]![at]!), 3.5 * c.px, 0, Math.PI * 2);
  c.ctx.fillStyle = inkOf(c.host, "--accent");
  c.ctx.strokeStyle = inkOf(c.host, "--raised");
  c.ctx.lineWidth = 2 * c.px;
  c.ctx.fill();
  c.ctx.stroke();
}

export const paint = { below, above };
