// standstill: a server of which one thread stands still while the test says so (preload/standstill.c).
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const folder = mkdtempSync(path.join(process.env.TMPDIR || os.tmpdir(), "snug-standstill-"));
const FILE = path.join(folder, "who");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The environment of such a server. */
export const HELD = { LD_PRELOAD: process.env.SNUG_STANDSTILL_LIBRARY, SNUG_STANDSTILL: FILE };

/** "time NAME" or "sync NAME": threads whose names begin so stand still there from now on; "": all go on. */
export function hold(name) {
  if (!name) return rmSync(FILE, { force: true });
  writeFileSync(`${FILE}.new`, name);
  renameSync(`${FILE}.new`, FILE);
}
