// bench: every server in turn in each round, then the table. Called by tests/bench/run, which has its usage.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fault, generate } from "./generator.mjs";
import { busySeconds, cores, pinned } from "./pinned.mjs";
import { cpu, cpuBetween, memory, threadsBetween } from "./proc.mjs";
import { filled, runProgram } from "./programs.mjs";
import { median, table } from "./report.mjs";
import { servers, start } from "./servers.mjs";
import { chosen, workloads } from "./workloads.mjs";

const PERF_BEGINS_MS = 5000;
const TRIES = 2; // a round that does not count is run again, once

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    release: { type: "string" },
    out: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    only: { type: "string", multiple: true, default: [] },
    first: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
  },
});
const { release, out, only, first } = values;
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const names = positionals.length ? positionals.flatMap(known) : Object.keys(workloads);
for (const name of only) if (!servers[name]) stop(`no server "${name}"; there are: ${Object.keys(servers).join(" ")}`);
if (!(rounds >= 1 && seconds >= 1)) stop("--rounds and --seconds are numbers, 1 and more");
if (cores < 2) stop("two cores are needed: one for the server, one for the generator");

function stop(text) {
  console.error(text);
  process.exit(2);
}

function known(name) {
  const found = chosen(name);
  if (!found.length) stop(`no workload "${name}"; there are: ${Object.keys(workloads).join(" ")}`);
  return found;
}

/** The server's memory once it has been the same for half a second: what it does after the last connection is done. */
async function settledMemory(pid) {
  let last = -1;
  for (let now = memory(pid); now !== last; now = memory(pid)) {
    last = now;
    await pause(500);
  }
  return last;
}

/** perf, recording a process: stop() writes the functions it spends its time in, most first, and the kernel's share. */
async function profiler(pid, file) {
  const data = `${file}.data`;
  const args = ["record", "-q", "-g", "-e", "cpu-clock", "-F", "1999", "-p", String(pid), "-o", data];
  rmSync(data, { force: true });
  const child = pinned(String(cores - 1), ["perf", ...args], { first, stdio: "ignore" });
  const began = () => existsSync(data) && statSync(data).size > 0;
  for (const end = Date.now() + PERF_BEGINS_MS; !began() && Date.now() < end; ) await pause(20);
  const report = (...more) => {
    const text = execFileSync("perf", ["report", "-i", data, "--stdio", "-g", "none", ...more], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.replace(/^#.*\n|^\s*\n/gm, "").replace(/[ -]+$/gm, "");
  };
  return {
    async stop() {
      child.kill("SIGINT");
      await once(child, "close");
      const shares = report("--no-children", "--sort", "dso");
      const own = report("--no-children", "--percent-limit", "0.4", "--sort", "dso,symbol");
      const with_callees = report("--children", "--percent-limit", "1", "--sort", "dso,symbol");
      writeFileSync(file, `${shares}\nself:\n${own}\nwith all below, self:\n${with_callees}`);
    },
  };
}

/** The rate at which a contest runs that depends on what an earlier one came to. */
function rate({ half_of }) {
  if (!half_of) return [];
  const rounds = results[half_of.workload]?.[half_of.column] ?? [];
  const per_s = median(rounds.map((r) => r.per_s)) / 2;
  return ["--rate", String(Math.round(Number.isFinite(per_s) ? per_s : half_of.or))];
}

/** A program without a server. */
async function measureProgram(contest) {
  const report = await runProgram(contest, { release, seconds, first });
  const cpu_ns = (report.cpu_s ?? report.seconds) * 1e9;
  return { report, units: report.received, unit_ns: cpu_ns / report.received, per_s: report.received / report.seconds };
}

/** How long a server takes to be ready. */
async function measureReady(contest) {
  const data = contest.rows && filled(contest.rows, { release });
  const server = await start(contest.server, { release, first, cores: "0", data });
  await server.stop();
  return { ready_ms: server.ready_ms };
}

/** One server, one generator: {unit_ns | bytes | per_s, ...}, or {fault}. */
async function measure(name, contest) {
  const { measure: kind } = workloads[name];
  const args = [...(workloads[name].args ?? []), ...(contest.args ?? []), ...rate(contest)];
  let server, before, after, bytes, perf;
  try {
    if (contest.program) return await measureProgram(contest);
    if (kind === "ready") return await measureReady(contest);
    server = await start(contest.server, { release, first, cores: contest.cores ?? "0", options: contest.options });
    const at_start = await settledMemory(server.pid);
    const report = await generate(server, {
      ...{ release, args, seconds, first, core: String(cores - 1) },
      async phase(what, said) {
        if (what === "up" && values.profile && contest.server === "snug") {
          perf = await profiler(server.pid, path.join(out, `profile-${name}.txt`));
        }
        if (what === "up" && kind === "memory") {
          bytes = ((await settledMemory(server.pid)) - at_start) / said.connections;
        }
        if (what === "up") before = { ...cpu(server.pid), busy_s: busySeconds(), at: performance.now() };
        if (what === "done") after = { ...cpu(server.pid), busy_s: busySeconds(), at: performance.now() };
      },
    });
    await perf?.stop();
    const result = { report, bytes, fault: fault(report) };
    if (kind === "memory") return result;
    if (!before || !after) return { ...result, fault: "the generator named no phases" };
    const units = report.received;
    const cpu_ns = cpuBetween(before, after);
    const threads = threadsBetween(before, after);
    const per_s = units / report.seconds;
    const ours_s = cpu_ns / 1e9 + report.cpu_s;
    const others = (after.busy_s - before.busy_s - ours_s) / ((after.at - before.at) / 1000);
    const each = { unit_ns: cpu_ns / units, busiest_ns: threads[0].ns / units };
    return { ...result, others, units, cpu_ns, threads, per_s, ...each };
  } catch (error) {
    return { fault: server ? `${error.message}; ${server.name} wrote: ${server.log()}` : error.message };
  } finally {
    await server?.stop();
  }
}

async function measured(name, contest) {
  let result;
  for (let i = 0; i < TRIES; i++) {
    result = await measure(name, contest);
    if (!result.fault) break;
    console.error(`${name}, ${contest.column}: does not count: ${result.fault}`);
  }
  return result;
}

function brief(kind, result) {
  if (result.fault) return "-";
  if (kind === "memory") return `${Math.round(result.bytes)} B`;
  if (kind === "ready") return `${Math.round(result.ready_ms)} ms`;
  if (!result.report.frames) return JSON.stringify(result.report);
  const { p50_us, p99_us, messages_per_frame } = result.report;
  const together = `${messages_per_frame.toFixed(2)} a frame, others ${result.others.toFixed(2)} cores`;
  const latency = `p50 ${p50_us / 1000} ms, p99 ${p99_us / 1000} ms`;
  return `${(result.unit_ns / 1000).toFixed(3)} µs, ${Math.round(result.per_s)}/s, ${latency}, ${together}`;
}

/** What the numbers are true of. */
function circumstances() {
  const git = (...args) => execFileSync("git", args, { cwd: path.dirname(fileURLToPath(import.meta.url)), encoding: "utf8" }).trim();
  return {
    date: new Date().toISOString().slice(0, 16),
    commit: git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain") ? " and changes" : ""),
    cpu: os.cpus()[0].model.trim(),
    cores,
    kernel: os.release(),
    descriptors: Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))[1]),
    ...{ rounds, seconds, first },
  };
}

const results = {}; // workload -> column -> one result a round
const save = () => {
  const all = { circumstances: about, results };
  writeFileSync(path.join(out, `${about.date.replace(/[:T]/g, "-")}.json`), JSON.stringify(all, null, 1));
};
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1)); // servers end with it
mkdirSync(out, { recursive: true });
const about = circumstances();
for (const name of names) {
  const { contests, measure: kind } = workloads[name];
  const takes_part = contests.filter((c, i) => i === 0 || c.program || !only.length || only.includes(c.server));
  results[name] = Object.fromEntries(takes_part.map((c) => [c.column, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < takes_part.length; i++) {
      const contest = takes_part[(i + round) % takes_part.length]; // nobody is always first
      const result = await measured(name, contest);
      results[name][contest.column][round] = result;
      console.error(`${name} ${round + 1}/${rounds} ${contest.column}: ${brief(kind, result)}`);
    }
    save();
  }
}
about.others = median(Object.values(results).flatMap((w) => Object.values(w).flat().map((r) => r.others)));
save();
console.log(table(results, about));
process.exit(0);
