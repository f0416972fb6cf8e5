// Figures of the server: told in words, and gathered for charts. Pure.

const two = (n: number): string => String(n).padStart(2, "0");

/** How long a line was open: "0.2 s", "14 s", "21 min", "6 h 02 min", "9 d 1 h". */
export function lasted(ms: number): string {
  if (ms < 950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return `${h} h ${two(min % 60)} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** Bytes that wait, in the binary units of limits: "12 KiB", "1 MiB". */
export function amount(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  if (bytes < 1024 * 1000) return `${Math.round(bytes / 1024)} KiB`;
  const mib = bytes / 1024 / 1024;
  return `${mib < 10 && Math.abs(mib - Math.round(mib)) > 0.05 ? mib.toFixed(1) : Math.round(mib)} MiB`;
}

/** Bytes on disk, as disks are sold: [318, "MB"]. */
export function storage(bytes: number): [string, string] {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return [unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(value < 10 ? 1 : 0), units[unit]!];
}

export const whole = (n: number): string => Math.round(n).toLocaleString("en");

export type Gather = "last" | "max" | "mean";

/** A series in at most `most` parts of equal length; a part without any sample is null, a hole in the line. */
export function gather(values: readonly (number | null)[], most: number, how: Gather): (number | null)[] {
  const size = Math.max(1, Math.ceil(values.length / most));
  const parts: (number | null)[] = [];
  for (let from = 0; from < values.length; from += size) {
    const part = values.slice(from, from + size).filter((value): value is number => value !== null);
    parts.push(part.length ? one(part, how) : null);
  }
  return parts;
}

function one(part: readonly number[], how: Gather): number {
  if (how === "last") return part[part.length - 1]!;
  if (how === "max") return Math.max(...part);
  return part.reduce((sum, value) => sum + value, 0) / part.length;
}

/** The end times of the parts that `gather` makes. */
export function gatherTimes(times: readonly number[], most: number): number[] {
  const size = Math.max(1, Math.ceil(times.length / most));
  const ends: number[] = [];
  for (let from = 0; from < times.length; from += size) ends.push(times[Math.min(times.length, from + size) - 1]!);
  return ends;
}

/** The round number above `most` that halves into a round one. */
export function niceTop(most: number, least: number): number {
  const want = Math.max(most, least);
  const power = 10 ** Math.floor(Math.log10(want));
  for (const step of [1, 2, 4, 6, 8, 10, 16, 20]) if (step * power >= want) return step * power;
  return 20 * power;
}

/** The power of two above `most`, for bytes that are counted in KiB. */
export function binaryTop(most: number, least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(most, least)));
}
