/** Colours code blocks with highlight.js, which comes as a chunk of its own when the first block is shown. */
type Paint = (code: string, language: string) => string | null;

let paint: Paint | null = null;
let asked = false;
const waiting = new Set<HTMLElement>();
const LONGEST = 40_000;

function paintAll(root: HTMLElement, with_: Paint): void {
  for (const code of root.querySelectorAll<HTMLElement>("code[data-language]")) {
    const language = code.dataset.language ?? "";
    const text = code.textContent ?? "";
    if (code.dataset.painted || !language || text.length > LONGEST) continue;
    const html = with_(text, language);
    code.dataset.painted = "true";
    if (html !== null) code.innerHTML = html;
  }
}

export function highlightIn(root: HTMLElement): void {
  if (paint) return paintAll(root, paint);
  waiting.add(root);
  if (asked) return;
  asked = true;
  import("./highlighter")
    .then((module) => {
      paint = module.paint;
      for (const one of waiting) paintAll(one, module.paint);
      waiting.clear();
    })
    .catch(() => {
      /* plain code is readable too; the next block asks again */
      asked = false;
      waiting.clear();
    });
}
