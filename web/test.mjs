// Runs every src/**/*.test.ts with node --test, each bundled into one file first.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

async function testFiles(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await testFiles(file)));
    else if (/\.test\.tsx?$/.test(entry.name)) found.push(file);
  }
  return found;
}

const files = await testFiles(path.join(here, "src"));
if (files.length === 0) throw new Error("no tests found");
const folder = await mkdtemp(path.join(process.env.TMPDIR ?? os.tmpdir(), "snug-web-"));
try {
  const made = await build({
    absWorkingDir: here,
    entryPoints: files,
    bundle: true,
    platform: "node",
    format: "esm",
    outdir: folder,
    outbase: path.join(here, "src"),
    outExtension: { ".js": ".mjs" },
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
    metafile: true,
  });
  const tests = Object.keys(made.metafile.outputs).map((file) => path.resolve(here, file));
  const run = spawnSync(process.execPath, ["--test", ...tests], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
