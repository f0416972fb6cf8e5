// sqlite: another process that opens the server's database: to hold its lock, or to let time pass in it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { atEnd } from "./tidy.mjs";

function start(server, args = []) {
  return spawn("sqlite3", [...args, `${server.data}/snug.db`], { stdio: ["pipe", "pipe", "pipe"] });
}

/** Runs statements; what they print. */
export async function sql(server, statements) {
  const child = start(server, ["-bail"]);
  let out = "";
  let err = "";
  child.stdout.on("data", (bytes) => (out += bytes));
  child.stderr.on("data", (bytes) => (err += bytes));
  child.stdin.end(`.timeout 10000\n${statements}\n`);
  const code = await new Promise((ended, failed) => {
    child.on("close", ended);
    child.on("error", failed);
  });
  assert.equal(code, 0, `sqlite3: ${err}`);
  return out.trim();
}

/** Holds the write lock (or, exclusive, keeps everybody out) until the returned function is called. */
export async function lock(server, { exclusive = false } = {}) {
  const child = start(server, ["-bail"]);
  let err = "";
  child.stderr.on("data", (bytes) => (err += bytes));
  const ended = new Promise((done) => child.on("close", done));
  const held = new Promise((done, failed) => {
    child.stdout.on("data", (bytes) => bytes.includes("held") && done());
    child.on("close", () => failed(new Error(`sqlite3 ended: ${err}`)));
    child.on("error", failed);
  });
  const mode = exclusive ? "PRAGMA locking_mode = EXCLUSIVE;\nBEGIN EXCLUSIVE;" : "BEGIN IMMEDIATE;";
  child.stdin.write(`.timeout 10000\n${mode}\nSELECT 'held';\n`);
  await held;
  const release = async () => {
    if (child.exitCode === null) child.stdin.end("ROLLBACK;\n");
    await ended;
  };
  atEnd(release);
  return release;
}
