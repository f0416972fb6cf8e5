// pinned: programs that run on chosen cores, and before others if that is wanted.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";

const TICKS_PER_S = 100;
const FIRST = "-20"; // of nice

/** Starts [program, ...arguments] on `cores` ("0", "0,1"); with `first` it goes before all else the machine does. */
export function pinned(cores, command, { first, ...options }) {
  const before = first ? ["nice", "-n", FIRST] : [];
  const [program, ...args] = [...before, "taskset", "-c", cores, ...command];
  const child = spawn(program, args, { ...options, detached: first });
  if (!first) return child;
  try {
    writeFileSync(`/proc/${child.pid}/autogroup`, FIRST); // sessions share a core evenly, whatever is nice in them
  } catch {
    // this kernel has no such groups
  }
  return child;
}

/** Seconds of all cores that were not idle so far. */
export function busySeconds() {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "utf8").split("\n")[0].split(/\s+/);
  return [user, nice, system, irq, softirq, steal].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_S;
}

export const cores = os.cpus().length;
