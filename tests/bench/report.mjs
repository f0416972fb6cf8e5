// report: from the numbers of all rounds to the table of README.md.
import { workloads } from "./workloads.mjs";

export function median(list) {
  const sorted = list.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const best = (list) => Math.min(...list.filter(Number.isFinite));
const counted = (list) => list.filter((r) => r && !r.fault);

/** Ratios of each column to the first one, round by round; a round counts if both do. */
function ratios(columns, column, field) {
  const [first] = Object.keys(columns);
  return columns[column]
    .map((r, i) => [r, columns[first][i]])
    .filter(([r, f]) => r && f && !r.fault && !f.fault)
    .map(([r, f]) => r[field] / f[field]);
}

const two = (x) => (Number.isFinite(x) ? x.toFixed(2) : "-");

const ms = (r, field) => r.report[field] / 1000;

// measure -> {base(results): what the first column shows, cell(columns, column): {text, number, p50, p99}}
const kinds = {
  cpu: {
    base: (list) => `${(median(list.map((r) => r.unit_ns)) / 1000).toFixed(2)} µs`,
    cell(columns, column) {
      const number = median(ratios(columns, column, "unit_ns"));
      return { number, text: two(number), p50: median(counted(columns[column]).map((r) => ms(r, "p50_us"))) };
    },
  },
  latency: {
    base: (list) => `${["p50_us", "p99_us"].map((p) => two(best(list.map((r) => ms(r, p))))).join(" / ")} ms`,
    cell(columns, column) {
      const [first] = Object.keys(columns);
      const of = (name, field) => best(counted(columns[name]).map((r) => ms(r, field)));
      const number = of(column, "p50_us") / of(first, "p50_us");
      const p99 = of(column, "p99_us") / of(first, "p99_us");
      return { number, p99, p99_ms: of(column, "p99_us"), text: `${two(number)} / ${two(p99)}` };
    },
  },
  memory: {
    base: (list) => `${Math.round(median(list.map((r) => r.bytes)))} B`,
    cell(columns, column) {
      const number = median(counted(columns[column]).map((r) => r.bytes));
      return { number, text: Number.isFinite(number) ? `${Math.round(number)} B` : "-" };
    },
  },
  // Beside the throughput, what the busiest thread needs for a unit: what there would be if each had its own core.
  throughput: {
    base: (list) => `${Math.round(median(list.map((r) => r.per_s)))}/s`,
    cell(columns, column) {
      const number = median(ratios(columns, column, "per_s"));
      const by_cpu = 1 / median(ratios(columns, column, "busiest_ns"));
      return { number, text: `${two(number)} (by the busiest thread's CPU ${two(by_cpu)})` };
    },
  },
  rate: {
    base: (list) => `${Math.round(median(list.map((r) => r.per_s)))}/s`,
    cell(columns, column) {
      const number = median(ratios(columns, column, "per_s"));
      return { number, text: two(number) };
    },
  },
  time: {
    base: (list) => times(list),
    cell(columns, column) {
      const list = counted(columns[column]);
      return { number: median(list.map((r) => ms(r, "p99_us"))), text: times(list) };
    },
  },
  ready: {
    base: (list) => `${Math.round(median(list.map((r) => r.ready_ms)))} ms`,
    cell(columns, column) {
      const number = median(counted(columns[column]).map((r) => r.ready_ms));
      return { number, text: `${Math.round(number)} ms` };
    },
  },
};

const times = (list) => `${["p50_us", "p99_us"].map((p) => two(median(list.map((r) => ms(r, p))))).join(" / ")} ms`;

/** Whether Snug's number is what is wanted: "yes", "no", or "" where it was not measured or cannot be. */
function verdict(w, columns, cells, judged, base_us, cores) {
  const cell = cells[judged];
  if (w.must_be_zero) {
    const all = Object.values(columns).flatMap(counted);
    return all.every((r) => r.report[w.must_be_zero] === 0) ? "yes" : "**no**";
  }
  if (w.must_all_max_ms) return Object.values(cells).every((c) => c.number <= w.must_all_max_ms) ? "yes" : "**no**";
  if (!cell || !Number.isFinite(cell.number)) return "";
  if (cores < (w.cores_min ?? 0)) return `needs ${w.cores_min} cores`;
  const holds =
    cell.number <= (w.must_max ?? Infinity) &&
    cell.number >= (w.must_min ?? -Infinity) &&
    !(w.base_max_us < base_us) &&
    !(w.must_max_p99 < cell.p99) &&
    !(w.p99_max_ms < cell.p99_ms) &&
    !(w.p50_max_ms < cell.p50);
  return holds ? "yes" : "**no**";
}

function line(name, columns, cores) {
  const w = workloads[name];
  const kind = kinds[w.measure];
  const [first, ...others] = Object.keys(columns);
  const cells = Object.fromEntries(Object.keys(columns).map((c) => [c, kind.cell(columns, c)]));
  const judged = w.must_column ?? "snug";
  const base_us = median(counted(columns[first]).map((r) => r.unit_ns)) / 1000;
  const show = (column) => {
    const lost = columns[column].length - counted(columns[column]).length;
    const note = lost ? ` (${lost} of ${columns[column].length} rounds did not count)` : "";
    const late = w.p50_max_ms && Number.isFinite(cells[column].p50) ? `, p50 ${two(cells[column].p50)} ms` : "";
    return cells[column].text + (column === judged ? late : "") + note;
  };
  const base = counted(columns[first]).length ? kind.base(counted(columns[first])) : "-";
  return {
    ...{ name, what: w.what, per: w.per, first, base, others, show },
    ...{ must: w.must, aim: w.aim, held: verdict(w, columns, cells, judged, base_us, cores) },
  };
}

/** All results as Markdown: one table for those who are compared with the floor, one for the rest. */
export function table(results, about) {
  const lines = Object.keys(results).map((name) => line(name, results[name], about.cores));
  const text = [
    `${about.cpu}, ${about.cores} cores, Linux ${about.kernel}; ${about.date} UTC, commit ${about.commit}; ` +
      `medians of ${about.rounds} rounds of ${about.seconds} s${about.first ? ", before all else" : ""}. ` +
      `What else the machine did: ${two(about.others)} cores (median).`,
    "",
  ];
  const with_floor = lines.filter((l) => l.first === "floor");
  if (with_floor.length) {
    const columns = [...new Set(with_floor.flatMap((l) => l.others))];
    text.push(`| workload | what | floor | ${columns.join(" | ")} | must | aim | held |`);
    text.push(`|---|---|--:|${columns.map(() => "--:").join("|")}|--:|--:|---|`);
    for (const l of with_floor) {
      const cells = columns.map((c) => (l.others.includes(c) ? l.show(c) : ""));
      text.push(`| ${l.name} | ${l.what} | ${l.base} | ${cells.join(" | ")} | ${l.must} | ${l.aim} | ${l.held} |`);
    }
    text.push("");
  }
  const rest = lines.filter((l) => l.first !== "floor");
  if (rest.length) {
    text.push("| workload | what | measured from | others | must | aim | held |", "|---|---|--:|--:|--:|--:|---|");
    for (const l of rest) {
      const cells = l.others.map((c) => `${c} ${l.show(c)}`).join(", ");
      text.push(`| ${l.name} | ${l.what} | ${l.first} ${l.base} | ${cells} | ${l.must} | ${l.aim} | ${l.held} |`);
    }
    text.push("");
  }
  return text.join("\n");
}
