// brake: holds a server's commits, so that a test can look at what stands between two of them.
//
// A server that is started with BRAKED asks before each commit (preload/brake.c); while no brake is on, and after its end,
// every commit goes through. Reading goes on as ever, also while a commit is held.
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach } from "node:test";
import { until } from "./chat.mjs";
import { sql } from "./sqlite.mjs";

const folder = mkdtempSync(path.join(process.env.TMPDIR || os.tmpdir(), "snug-brake-"));
const SOCKET = path.join(folder, "s");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The environment of a server that a brake can hold. */
export const BRAKED = { LD_PRELOAD: process.env.SNUG_BRAKE_LIBRARY, SNUG_BRAKE: SOCKET };

/** Every commit asks `answer`: "go", "fail" (the disk says EIO), or a promise of either. One of this or brakeOn at a time. */
export async function atEachCommit(answer) {
  const gate = net.createServer(async (line) => {
    line.on("error", () => {}); // the server was killed
    line.end((await answer()) === "fail" ? "x" : "");
  });
  await new Promise((ready) => gate.listen(SOCKET, ready));
  on = {
    end: async () => {
      on = undefined;
      await new Promise((done) => gate.close(done));
    },
  };
  return on;
}

let on;

/** What a test left braked would hold up all that follow. */
afterEach(() => on?.end());

/** Puts the brake on a server for what happens in one room; one brake at a time. */
export async function brakeOn(server, room) {
  const waiting = []; // commits that were held, or are being looked at
  let type; // of the event to hold behind; none: commits pass
  const seen = async () => {
    const where = `room_id = ${Number(room)} AND json_extract(data, '$.type') = '${type}'`;
    return (await sql(server, `SELECT EXISTS (SELECT 1 FROM stream WHERE ${where});`)) === "1";
  };
  const pass = () => waiting.splice(0).forEach((line) => line.end());
  const gate = net.createServer(async (line) => {
    line.on("error", () => {}); // the server was killed
    waiting.push(line);
    const wanted = type;
    if (!wanted || !(await seen()) || type !== wanted) line.end();
  });
  await new Promise((ready) => gate.listen(SOCKET, ready));
  const brake = {
    /** From now on waits for the first event of this type; resolves when it is told and nothing goes on behind it. */
    holdAfter(event) {
      type = event;
      return until(`${event} is committed`, seen);
    },
    /** What waits goes on at once, up to that event. */
    goOnTo(event) {
      type = event;
      pass();
      return brake.holdAfter(event);
    },
    /** What waits goes on at once. */
    release() {
      type = undefined;
      pass();
    },
    async end() {
      if (on !== brake) return;
      on = undefined;
      const closed = new Promise((done) => gate.close(done));
      brake.release();
      await closed;
    },
  };
  on = brake;
  return brake;
}
