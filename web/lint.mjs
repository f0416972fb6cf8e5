// Rules that the compiler does not know: the length of files, and what no file here may hold.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const LINES_MAX = 250;
const here = path.dirname(fileURLToPath(import.meta.url));
const RULES = [
  [/\b(?:TODO|FIXME|XXX)\b/, "unfinished"],
  [/console\.(?:log|debug)/, "talks to the console"],
  [/\bstyle="/, "inline style: the content security policy forbids it"],
  [/https?:\/\/(?!snug\.invalid|www\.w3\.org\/)[a-z0-9]/i, "names another host"],
];

async function* sources(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(file);
    else if (/\.(tsx?|css)$/.test(entry.name)) yield file;
  }
}

let bad = 0;
const tell = (file, line, words) => {
  bad += 1;
  console.error(`${path.relative(here, file)}:${line}: ${words}`);
};

for await (const file of sources(path.join(here, "src"))) {
  const lines = (await readFile(file, "utf8")).split("\n");
  if (lines.length - 1 > LINES_MAX) tell(file, lines.length - 1, `more than ${LINES_MAX} lines`);
  if (/\.test\.tsx?$/.test(file)) continue;
  lines.forEach((text, i) => {
    for (const [pattern, words] of RULES) if (pattern.test(text)) tell(file, i + 1, words);
  });
}
process.exit(bad ? 1 : 0);
