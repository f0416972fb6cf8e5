// scarce: a server whose disk has as little room as the test says (preload/scarce.c).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const folder = mkdtempSync(path.join(process.env.TMPDIR || os.tmpdir(), "snug-scarce-"));
const FILE = path.join(folder, "free");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The environment of such a server. */
export const SCARCE = { LD_PRELOAD: process.env.SNUG_SCARCE_LIBRARY, SNUG_SCARCE: FILE };

/** That much is free from now on; none given: what the system says. */
export function freeBytes(bytes) {
  writeFileSync(FILE, bytes === undefined ? "" : `${bytes}\n`);
}
