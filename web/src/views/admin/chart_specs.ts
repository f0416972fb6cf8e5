import { amount, binaryTop, niceTop, storage } from "../../state/figures";
import type { Gather } from "../../state/figures";

export interface Line {
  name: string;
  gather: Gather;
  /** Told on the line itself, if there are two. */
  label?: string;
}

/** What one chart shows, and in which words. Values are as the server gives them times `scale`. */
export interface ChartSpec {
  title: string;
  kind: "area" | "lines" | "bars";
  lines: readonly Line[];
  scale: number;
  /** A value as a figure and its unit. */
  words: (value: number) => [string, string];
  /** The value of the upper grid line. */
  top: (most: number) => number;
  limit?: { at: number; words: string };
  note?: string;
  /** Starts of the server and the like, as upright lines. */
  marks?: boolean;
}

const plain = (value: number): [string, string] => [Math.round(value).toLocaleString("en"), ""];
const ms = (value: number): [string, string] => [value >= 100 ? value.toFixed(0) : value.toFixed(1), "ms"];
const megabytes = (bytes: number): [string, string] => [(bytes / 1e6).toFixed(1), "MB"];
const kibibytes = (bytes: number): [string, string] => amount(bytes).split(" ") as [string, string];

const MEMORY_BAR = 16e6;
const QUEUE_LIMIT = 1024 * 1024;

export const CHARTS: readonly ChartSpec[] = [
  { title: "Connections", kind: "area", lines: [{ name: "connections", gather: "last" }], scale: 1, words: plain,
    top: (most) => niceTop(most, 2), marks: true },
  { title: "Messages a minute", kind: "bars", lines: [{ name: "messages", gather: "mean" }], scale: 60, words: plain,
    top: (most) => niceTop(most, 2) },
  { title: "Send to acknowledgement", kind: "lines", scale: 1, words: ms, top: (most) => niceTop(most, 0.2),
    lines: [{ name: "ack_ms_p50", gather: "mean", label: "half" }, { name: "ack_ms_p99", gather: "max", label: "99 of 100" }] },
  { title: "Commit to disk", kind: "lines", scale: 1, words: ms, top: (most) => niceTop(most, 0.2),
    lines: [{ name: "commit_ms_p50", gather: "mean", label: "half" }, { name: "commit_ms_p99", gather: "max", label: "99 of 100" }] },
  { title: "Memory in use", kind: "area", lines: [{ name: "rss_bytes", gather: "last" }], scale: 1, words: megabytes,
    top: (most) => niceTop(most, 20e6), limit: { at: MEMORY_BAR, words: "16 MB, what Snug aims at" } },
  { title: "Largest outbox", kind: "area", lines: [{ name: "outbox_max_bytes", gather: "max" }], scale: 1, words: kibibytes,
    top: (most) => Math.max(QUEUE_LIMIT, binaryTop(most, 1024)), note: "closed with 3008 above 1 MiB" },
];

export const NAMES = [
  ...CHARTS.flatMap((chart) => chart.lines.map((line) => line.name)),
  "messages_lost", "messages_doubled", "closes_1011", "recovered", "recover_asked", "disk_used_bytes", "disk_free_bytes",
];

export interface Span {
  words: string;
  long_ms: number;
  step_s: number;
}

export const SPANS: readonly Span[] = [
  { words: "1 hour", long_ms: 3_600_000, step_s: 10 },
  { words: "24 hours", long_ms: 86_400_000, step_s: 60 },
  { words: "30 days", long_ms: 30 * 86_400_000, step_s: 3600 },
];

export const LINE_PARTS = 144;
export const BAR_PARTS = 72;

export { storage };
