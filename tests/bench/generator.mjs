// generator: runs `snug load` against a server, on a core of its own, and reads what it says.
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { pinned } from "./pinned.mjs";
import { SECRET, SECRET_ENV } from "./servers.mjs";

const LATE_MS = 120_000; // beyond the measurement itself
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Runs it to its end and returns its report (app/load/report.h has the names in it). `phase` is called, and waited for, with "up": all connections are there, and
 * the round begins when it returns; and with "done": the round is over, and the connections end when it returns.
 */
export async function generate(server, { release, args, seconds, core, first, phase }) {
  const more = ["--url", server.url, "--dialect", server.dialect, "--json", "--wait"];
  if (server.token) more.push("--token-file", "-");
  else if (server.dialect === "centrifuge") more.push("--token-secret-env", SECRET_ENV);
  if (server.url.startsWith("wss:")) more.push("--insecure");
  if (args[0] !== "idle") more.push("--seconds", String(seconds), "--awake");
  const child = pinned(core, [path.join(release, "snug"), "load", ...args, ...more], {
    first,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, [SECRET_ENV]: SECRET },
  });
  running.add(child);
  if (server.token) child.stdin.write(`${server.token}\n`);
  const late = setTimeout(() => child.kill("SIGKILL"), LATE_MS + seconds * 1000);
  const ended = once(child, "close");
  let log = "";
  let report;
  child.stderr.on("data", (bytes) => (log = (log + bytes).slice(-2000)));
  child.stdin.on("error", () => {}); // it may end first
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (said.phase === "done") report = said;
    await phase(said.phase, said);
    if (args[0] === "idle") child.stdin.end(); // idle stays until then
    else child.stdin.write("\n");
  }
  const [code, signal] = await ended;
  clearTimeout(late);
  running.delete(child);
  if (!report) throw new Error(`the generator said nothing (${code ?? signal}) ${log.split("\n")[0]}`);
  return { ...report, exit: code ?? signal, log };
}

/**
 * Why a report does not count; "" if every message came, once, in order, and
 * compressed where that was asked for.
 */
export function fault(report) {
  if (!report.ok) return report.why || "the generator does not say why";
  if (report.exit !== 0) return `the generator ended with ${report.exit}: ${report.log.split("\n")[0]}`;
  if (report.deflate && report.compressed < report.frames / 2) return "messages came uncompressed";
  return "";
}
