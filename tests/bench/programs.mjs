// programs: what is measured without a server: bench_store, on the core of the servers, on databases that are made once.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { pinned } from "./pinned.mjs";

const folders = new Map(); // rows -> folder
let all;
process.on("exit", () => all && rmSync(all, { recursive: true, force: true }));

/** A data folder with so many messages in its first room. What runs on it may add some. */
export function filled(rows, { release }) {
  all ??= mkdtempSync(path.join(tmpdir(), "snug-bench-data-"));
  if (!folders.has(rows)) {
    const folder = path.join(all, `${rows}`);
    mkdirSync(folder);
    execFileSync(path.join(release, "bench_store"), ["fill", folder, `${rows}`], { stdio: ["ignore", "ignore", "inherit"] });
    folders.set(rows, folder);
  }
  return folders.get(rows);
}

/** Runs one to its end: what it reported. */
export async function runProgram({ program, rows, number, args = [] }, { release, seconds, first }) {
  const [what, batch] = program;
  const where = rows ? filled(rows, { release }) : batch;
  const command = [path.join(release, "bench_store"), what, where, number ?? `${seconds}`, ...args];
  const child = pinned("0", command, { first, stdio: ["ignore", "pipe", "ignore"] });
  let out = "";
  child.stdout.on("data", (bytes) => (out += bytes));
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`bench_store ${what} ended with ${code ?? signal}`);
  return JSON.parse(out);
}
