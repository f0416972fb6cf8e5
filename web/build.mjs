// Builds the page: node build.mjs OUTDIR
//
// OUTDIR/index.html names only hashed files (assets/name.HASH8.ext); beside everything that can be made smaller
// stand .gz and .br. The build fails when what a first visit loads passes its budget.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET_BYTES = 150_000;
const STYLE_BUDGET_BYTES = 11_000;
const COMPRESSIBLE = /\.(html|js|css|svg|json|txt|webmanifest)$/;

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "..", "build", "web"));
const hash8 = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 8);

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [
      { in: "src/main.tsx", out: "page" },
      { in: "src/styles/main.css", out: "page" },
      { in: "src/styles/docs.css", out: "docs" },
      { in: "icon.svg", out: "icon" },
    ],
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "chrome123", "firefox121", "safari17.5"],
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".svg": "copy" },
    legalComments: "none",
    // esbuild's own hashes have capital letters of base32: eight of them fit name.HASH8.ext
    entryNames: "assets/[name].[hash]",
    chunkNames: "assets/[name].[hash]",
    assetNames: "assets/[name].[hash]",
    outdir: out,
    metafile: true,
    logLevel: "warning",
  });
  return result.metafile.outputs;
}

// What the first visit loads: an entry and everything it imports at once, not what comes on need.
function firstLoad(outputs, entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const { path: file, kind } of outputs[entry].imports) {
    if (kind === "import-statement") firstLoad(outputs, file, found);
  }
  return found;
}

// Under a name with its hash; returns its address.
async function writeAsset(name, ending, text) {
  const url = `/assets/${name}.${hash8(text)}.${ending}`;
  await writeFile(path.join(out, url), text);
  return url;
}

// The mark as a system wants it that cuts icons to its own shape: on a ground, clear of the corners.
async function appIcon() {
  const icon = await readFile(path.join(here, "icon.svg"), "utf8");
  const ground = '<rect x="-5" y="-5" width="26" height="26" fill="#fcfbf9"/>';
  const [head] = /^<svg [^>]*>/.exec(icon);
  return icon.replace(head, head.replace("0 0 16 16", "-5 -5 26 26") + ground);
}

// For systems that want points, not lines: icon.svg as a browser draws it, the last one as appIcon() has it.
const POINTS = ["icon-192", "icon-512", "apple-touch-icon"];

async function writeIcons() {
  const icons = {};
  for (const name of POINTS) icons[name] = await writeAsset(name, "png", await readFile(path.join(here, `${name}.png`)));
  return icons;
}

async function writeManifest(icon, icons) {
  const template = await readFile(path.join(here, "manifest.json"), "utf8");
  const app = await writeAsset("app-icon", "svg", await appIcon());
  const filled = template
    .replace("%ICON%", icon)
    .replace("%APP_ICON%", app)
    .replace("%ICON_192%", icons["icon-192"])
    .replace("%ICON_512%", icons["icon-512"]);
  return writeAsset("manifest", "webmanifest", filled);
}

// At the root and under one name: where it lies is what it may serve, and browsers look there for a newer one.
async function writeWorker(icon) {
  await build({
    absWorkingDir: here,
    entryPoints: ["src/worker/sw.ts"],
    outfile: path.join(out, "sw.js"),
    bundle: true,
    format: "iife",
    target: ["es2022"],
    minify: true,
    define: { ICON: JSON.stringify(icon) },
    legalComments: "none",
    logLevel: "warning",
  });
}

async function writePage(outputs) {
  const named = (pattern) => {
    const found = Object.keys(outputs).find((file) => pattern.test(path.basename(file)) && outputs[file].entryPoint);
    if (!found) throw new Error(`no output matches ${pattern}`);
    return found;
  };
  const script = named(/^page\..*\.js$/);
  const style = named(/^page\..*\.css$/);
  const icon = named(/^icon\..*\.svg$/);
  const first = [...firstLoad(outputs, script), style, icon].map((file) => path.resolve(here, file));
  const url = (file) => `/assets/${path.basename(file)}`;
  const icons = await writeIcons();
  const template = await readFile(path.join(here, "index.html"), "utf8");
  const filled = template
    .replace("%SCRIPT%", url(script))
    .replace("%STYLE%", url(style))
    .replace("%ICON%", url(icon))
    .replace("%TOUCH_ICON%", icons["apple-touch-icon"])
    .replace("%MANIFEST%", await writeManifest(url(icon), icons));
  const build = hash8(filled);
  await writeFile(path.join(out, "index.html"), filled.replace("%BUILD%", build));
  return { first: [path.join(out, "index.html"), ...first], style: path.resolve(here, style), build, icons };
}

async function compressAll(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await compressAll(file);
    else if (COMPRESSIBLE.test(entry.name)) {
      const bytes = await readFile(file);
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
      await writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      await writeFile(`${file}.br`, brotliCompressSync(bytes, quality));
    }
  }
}

const gzipSize = async (file) => gzipSync(await readFile(file), { level: 9 }).length;

await rm(path.join(out, "assets"), { recursive: true, force: true });
await mkdir(out, { recursive: true });
const outputs = await bundle();
const { icons, ...page } = await writePage(outputs);
await writeWorker(icons["icon-192"]);
for (const file of Object.keys(outputs)) {
  if (!/^[a-z0-9_-]+\.[A-Za-z0-9]{8}\.[a-z]+$/.test(path.basename(file))) throw new Error(`unhashed name: ${file}`);
}
await compressAll(out);

let total = 0;
for (const file of page.first) total += await gzipSize(file);
const style = await gzipSize(page.style);
console.log(`page ${page.build}: ${total} bytes compressed at first, ${style} of them styles`);
if (total > BUDGET_BYTES) throw new Error(`the first page is ${total} bytes, more than ${BUDGET_BYTES}`);
if (style > STYLE_BUDGET_BYTES) throw new Error(`the styles are ${style} bytes, more than ${STYLE_BUDGET_BYTES}`);
