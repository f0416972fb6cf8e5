import DOMPurify from "dompurify";
import { Marked, type RendererObject, type TokenizerAndRendererExtension } from "marked";

/** Messages are Markdown. Raw HTML in them is shown as the text it is, pictures from elsewhere as links; what
 * comes out is cleaned once more before it is used. */

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]!);

/** Lines of a code block that are shown before it must be opened. */
export const FOLD_LINES = 20;

const LANGUAGES: Record<string, string> = {
  sh: "Shell", bash: "Shell", shell: "Shell", console: "Shell", c: "C", h: "C", cpp: "C++", "c++": "C++",
  js: "JavaScript", javascript: "JavaScript", ts: "TypeScript", typescript: "TypeScript", tsx: "TypeScript",
  jsx: "JavaScript", py: "Python", python: "Python", json: "JSON", sql: "SQL", html: "HTML", xml: "XML",
  css: "CSS", go: "Go", rust: "Rust", rs: "Rust", java: "Java", yaml: "YAML", yml: "YAML", ini: "INI",
  toml: "TOML", diff: "Diff", md: "Markdown", markdown: "Markdown", php: "PHP", rb: "Ruby", ruby: "Ruby",
};

const icon = (name: string): string =>
  `<svg class="icon" aria-hidden="true"><use href="#i-${name}"></use></svg>`;

function codeBlock(text: string, info: string): string {
  const language = /^[a-z0-9+#-]{1,20}/i.exec(info.trim())?.[0]?.toLowerCase() ?? "";
  const name = LANGUAGES[language] ?? (language || "Text");
  const lines = text.replace(/\n$/, "").split("\n");
  const fold = lines.length > FOLD_LINES;
  const more = `<button class="unfold link" type="button" aria-expanded="false">Show all ${lines.length} lines</button>`;
  return (
    `<figure class="code"${fold ? ' data-folded="true"' : ""}><figcaption class="head"><span>${escape(name)}</span>` +
    `<button class="tool copy" type="button">${icon("copy")}<span>Copy</span></button></figcaption>` +
    `<pre tabindex="0"><code data-language="${escape(language)}">${escape(lines.join("\n"))}\n</code></pre>` +
    `${fold ? more : ""}</figure>`
  );
}

/** @name: from word start to word end; who it is, is decided where it is shown. */
const mention: TokenizerAndRendererExtension = {
  name: "mention",
  level: "inline",
  start: (src) => {
    const at = /(^|[^a-z0-9_@./-])@[a-z0-9]/i.exec(src);
    return at ? at.index + (at[1]?.length ?? 0) : undefined;
  },
  tokenizer(src) {
    const found = /^@([a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9_-])?)(?![a-z0-9_@-])/i.exec(src);
    return found ? { type: "mention", raw: found[0], name: found[1]! } : undefined;
  },
  renderer: (token) => `<span class="at" data-name="${escape(String(token.name).toLowerCase())}">${escape(token.raw)}</span>`,
};

const SAFE_LINK = /^(https?:|mailto:|\/(?!\/))/i;

const renderer: RendererObject = {
  html: ({ text }) => escape(text),
  code: ({ text, lang }) => codeBlock(text, lang ?? ""),
  heading({ tokens }) {
    return `<p class="heading"><strong>${this.parser.parseInline(tokens)}</strong></p>`;
  },
  image: ({ href, text }) =>
    SAFE_LINK.test(href)
      ? `<a href="${escape(href)}" rel="noopener noreferrer nofollow" target="_blank">${escape(text || href)}</a>`
      : escape(text || href),
  link({ href, tokens }) {
    const inside = this.parser.parseInline(tokens);
    if (!SAFE_LINK.test(href)) return inside;
    if (href.startsWith("/")) return `<a href="${escape(href)}">${inside}</a>`;
    return `<a href="${escape(href)}" rel="noopener noreferrer nofollow" target="_blank">${inside}</a>`;
  },
  checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  table(token) {
    const cell = (tag: string, tokens: Parameters<typeof this.parser.parseInline>[0]) =>
      `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`;
    const head = token.header.map((c) => cell("th", c.tokens)).join("");
    const rows = token.rows.map((r) => `<tr>${r.map((c) => cell("td", c.tokens)).join("")}</tr>`).join("");
    return `<div class="table-wrap" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
  },
};

const marked = new Marked({ gfm: true, breaks: true, async: false }, { renderer, extensions: [mention] });

const ALLOWED = {
  ALLOWED_TAGS: [
    "p", "br", "strong", "em", "del", "a", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "span", "div",
    "figure", "figcaption", "button", "svg", "use", "table", "thead", "tbody", "tr", "th", "td",
  ],
  ALLOWED_ATTR: [
    "href", "rel", "target", "class", "type", "tabindex", "start", "data-language", "data-folded", "data-name",
    "aria-hidden", "aria-expanded",
  ],
  ALLOW_DATA_ATTR: false,
};

/** Before it is cleaned: for tests without a document. */
export const markdownToHtml = (text: string): string => marked.parse(text, { async: false });

/** The words alone: for the hidden voice, and for one line of a quote. */
export const plainWords = (text: string): string =>
  text
    .replace(/```[^\n]*\n?/g, "")
    .replace(/^\s{0,3}(?:#{1,6}|>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)\s]*\)/g, "$1")
    .replace(/(\*\*|__|~~|`)/g, "")
    .replace(/(^|[\s("])([*_])(?=\S)([^*_\n]*[^*_\s])\2(?=[\s)".,;:!?]|$)/gm, "$1$3")
    .replace(/\s+/g, " ")
    .trim();

/** The sprite is the only thing that <use> may name. */
let guarded = false;
function guardUses(): void {
  if (guarded) return;
  guarded = true;
  DOMPurify.addHook("uponSanitizeElement", (node, data) => {
    if (data.tagName !== "use") return;
    const href = (node as Element).getAttribute("href") ?? "";
    if (!/^#i-[a-z]+$/.test(href)) (node as Element).remove();
  });
}

const CACHE_MAX = 600;
const cache = new Map<string, string>();

/** Safe HTML of a message. The same text gives the same string, so an unchanged row is not touched. */
export function renderMarkdown(text: string): string {
  const known = cache.get(text);
  if (known !== undefined) return known;
  guardUses();
  const html = DOMPurify.sanitize(markdownToHtml(text), { ...ALLOWED, ADD_TAGS: ["use"] });
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value!);
  cache.set(text, html);
  return html;
}
