// proc: what Linux tells about a process and its children: CPU time, memory.
import { readFileSync, readdirSync } from "node:fs";

const TICK_NS = 10_000_000; // USER_HZ is 100 on every Linux

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // it ended
  }
}

/** The process and all below it. */
export function family(pid) {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/**
 * CPU time so far, user and system: {threads: id -> {name, ns}, ticks_ns}. The threads' times are exact but gone with
 * the thread; the process keeps those of its ended threads, in steps of 10 ms.
 */
export function cpu(pid) {
  const threads = new Map();
  let ticks_ns = 0;
  for (const p of family(pid)) {
    for (const tid of readdirSync(`/proc/${p}/task`)) {
      const ns = Number(read(`/proc/${p}/task/${tid}/schedstat`).split(" ")[0]);
      threads.set(tid, { name: read(`/proc/${p}/task/${tid}/comm`).trim(), ns });
    }
    const fields = read(`/proc/${p}/stat`).replace(/^.*\) /s, "").split(" ");
    ticks_ns += (Number(fields[11]) + Number(fields[12])) * TICK_NS;
  }
  return { threads, ticks_ns };
}

/** CPU time between two looks, in ns; by the ticks if a thread ended in between. */
export function cpuBetween(before, after) {
  const one_ended = [...before.threads.keys()].some((tid) => !after.threads.has(tid));
  if (one_ended) return after.ticks_ns - before.ticks_ns;
  let ns = 0;
  for (const [tid, t] of after.threads) ns += t.ns - (before.threads.get(tid)?.ns ?? 0);
  return ns;
}

/** The threads that used CPU between two looks, most first: [{name, ns}]. */
export function threadsBetween(before, after) {
  return [...after.threads]
    .map(([tid, t]) => ({ name: t.name, ns: t.ns - (before.threads.get(tid)?.ns ?? 0) }))
    .filter((t) => t.ns > 0)
    .sort((a, b) => b.ns - a.ns);
}

/** Resident memory in bytes (VmRSS: the program's own pages, its files' and shared ones); none of the kernel's. */
export function memory(pid) {
  const kib = (p) => Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${p}/status`))?.[1] ?? 0);
  return family(pid).reduce((sum, p) => sum + kib(p) * 1024, 0);
}
