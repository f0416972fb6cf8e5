import { useLayoutEffect, useRef } from "preact/hooks";
import { renderMarkdown } from "./markdown_html";
import { highlightIn } from "./highlight";
import { me, memberNames } from "../state/app";

/** Copies to the clipboard; on http:// away from this machine only the old way works. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "hidden";
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
}

function onClick(event: MouseEvent): void {
  const button = (event.target as Element).closest("button");
  const figure = button?.closest<HTMLElement>("figure.code");
  if (!button || !figure) return;
  if (button.classList.contains("copy")) void copyCode(button, figure);
  else if (button.classList.contains("unfold")) {
    const open = figure.dataset.folded === "true";
    figure.dataset.folded = open ? "false" : "true";
    button.setAttribute("aria-expanded", String(open));
    button.dataset.words ??= button.textContent ?? "";
    button.textContent = open ? "Show less" : button.dataset.words;
  }
}

async function copyCode(button: HTMLButtonElement, figure: HTMLElement): Promise<void> {
  const words = button.querySelector("span");
  if (!words) return;
  const done = await copyText(figure.querySelector("pre")?.textContent?.replace(/\n$/, "") ?? "");
  words.textContent = done ? "Copied" : "Not copied";
  setTimeout(() => (words.textContent = "Copy"), 1500);
}

/** The text of a message. Code is coloured when its chunk is there, without changing a line's place. */
export function Markdown({ text }: { text: string }) {
  const box = useRef<HTMLDivElement>(null);
  const html = renderMarkdown(text);
  const myName = me.value?.name;
  const known = memberNames.value;
  useLayoutEffect(() => {
    const root = box.current;
    if (!root) return;
    for (const at of root.querySelectorAll<HTMLElement>(".at")) {
      const name = at.dataset.name ?? "";
      const nobody = known.size > 0 && !known.has(name);
      at.classList.toggle("me-too", name === myName);
      at.classList.toggle("nobody", nobody);
      at.title = nobody ? "Not in this room" : "";
    }
    if (root.querySelector("code[data-language]")) highlightIn(root);
  }, [html, myName, known]);
  return <div class="text" ref={box} onClick={onClick} dangerouslySetInnerHTML={{ __html: html }} />;
}
