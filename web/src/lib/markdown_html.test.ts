import assert from "node:assert/strict";
import test from "node:test";
import { FOLD_LINES, markdownToHtml, plainWords } from "./markdown_html";

test("U20: HTML that somebody writes is shown as text", () => {
  const html = markdownToHtml("hello <script>alert(1)</script> <img src=x onerror=alert(1)>");
  assert.ok(!html.includes("<script"), html);
  assert.ok(!html.includes("<img"), html);
  assert.ok(html.includes("&lt;script&gt;"), html);
});

test("U20: links to other schemes are only their words, pictures are links", () => {
  assert.ok(!markdownToHtml("[x](javascript:alert(1))").includes("href"));
  assert.ok(!markdownToHtml("[x](data:text/html,hi)").includes("href"));
  const picture = markdownToHtml("![cat](https://a.example/cat.png)");
  assert.ok(!picture.includes("<img") && picture.includes('href="https://a.example/cat.png"'), picture);
  assert.ok(markdownToHtml("https://a.example/x").includes('rel="noopener noreferrer nofollow"'));
});

test("a heading in a message is no heading of the page", () => {
  assert.ok(!/<h\d/.test(markdownToHtml("# big")));
});

test("U21: code has a language, a copy button, and is folded over twenty lines", () => {
  const lines = (n: number) => "```sh\n" + Array.from({ length: n }, (_, i) => `line ${i}`).join("\n") + "\n```";
  const short = markdownToHtml(lines(FOLD_LINES));
  assert.ok(short.includes("<span>Shell</span>") && short.includes('data-language="sh"'), short);
  assert.ok(!short.includes("data-folded") && short.includes("Copy"), short);
  const long = markdownToHtml(lines(FOLD_LINES + 1));
  assert.ok(long.includes('data-folded="true"') && long.includes("Show all 21 lines"), long);
});

test("code cannot break out of its block", () => {
  const html = markdownToHtml('```"><img/src=x>\n</code></pre><b>x</b>\n```');
  assert.ok(!html.includes("<img") && !html.includes("<b>"), html);
});

test("an @name is marked from word start to word end, not inside addresses or code", () => {
  assert.ok(markdownToHtml("hi @Mira, ok").includes('<span class="at" data-name="mira">@Mira</span>,'));
  assert.ok(markdownToHtml("@jo.l.").includes('data-name="jo.l"'));
  assert.ok(!markdownToHtml("write to a@mira.example").includes('class="at"'));
  assert.ok(!markdownToHtml("`@mira`").includes('class="at"'));
});

test("the words alone are without marks", () => {
  assert.equal(plainWords("# Big\n- **one** `two`\n> [three](https://a.example)"), "Big one two three");
  assert.equal(plainWords("*Now*, she said (_softly_), and ***then*** not"), "Now, she said (softly), and then not");
  assert.equal(plainWords("2 * 3 * 4, a*b*c and read_mark_at stay"), "2 * 3 * 4, a*b*c and read_mark_at stay");
});
