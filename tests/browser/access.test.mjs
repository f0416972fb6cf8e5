// The page without a mouse, without colours and without eyes: keys, focus, landmarks, contrast and live regions.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { connected, follow } from "../support/chat.mjs";
import {
  box, connectedShown, endAll, enter, fill, message, openEmptyPlace, openLine, openPage, openWindow, picture, readAll,
  roomShown, stored, until, write,
} from "../support/browser.mjs";

let server, mira, jonas, priya, line, setup;

/** What assistive software finds first on a page. */
function outline(page) {
  return page.evaluate(() => {
    const shown = (element) => element.checkVisibility();
    const words = (selector) => [...document.querySelectorAll(selector)].filter(shown).map((e) => e.textContent.trim());
    const named = (e) => e.getAttribute("aria-label") || document.getElementById(e.getAttribute("aria-labelledby"))?.textContent;
    return {
      lang: document.documentElement.lang,
      title: document.title,
      h1: words("h1"),
      mains: words("main").length,
      navs: [...document.querySelectorAll("nav")].filter(shown).map(named),
    };
  });
}

before(async () => {
  server = await openEmptyPlace();
  const window = await openWindow(null, { url: server.url });
  const page = await openPage(window, new URL(server.setup_url).pathname + new URL(server.setup_url).hash);
  await page.getByRole("heading", { level: 1 }).waitFor();
  setup = { ...(await outline(page)), findings: await findings(page, STRUCTURE) };
  await window.close();

  mira = await server.setup({ display: "Mira Okafor", place: "Lantern" });
  jonas = await server.join("Jonas Lindqvist");
  priya = await server.join("Priya Nair");
  for (const one of [mira, jonas, priya]) one.call = (method, params) => server.call(method, params, one.cookie);
  line = await openLine(server.port);
});
after(endAll);

/** A room of these three with a name of its own. */
async function makeRoom(name, topic = "") {
  const { id } = await mira.call("room.create", { name, topic, private: true });
  for (const { user } of [jonas, priya]) await mira.call("room.invite", { room: id, user: user.id });
  return id;
}

// ---- axe

const STRUCTURE = [
  "html-has-lang", "html-lang-valid", "document-title", "page-has-heading-one", "landmark-one-main", "landmark-unique",
  "landmark-no-duplicate-main", "landmark-main-is-top-level", "landmark-no-duplicate-banner", "region",
];

/** What axe finds by these rules, as "rule: element". */
async function findings(page, rules) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: "rule", values }, resultTypes: ["violations"] }),
    rules,
  );
  const words = (node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${words(node)}`));
}

// ---- keys

/** One key, again and again, until the focus is on what the locator names. */
async function goTo(page, locator, key = "Tab") {
  for (let i = 0; i < 60; i++) {
    if (await isFocused(locator)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${key} never comes to ${locator}`);
}

const isFocused = (locator) => locator.evaluateAll((all) => all.includes(document.activeElement));
const focused = (locator) => until(`the focus is on ${locator}`, () => isFocused(locator));

test("U48 Enter sends and Shift+Enter starts a new line, or Ctrl+Enter sends if so set", async () => {
  const room = await makeRoom("keys that send");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "keys that send");
  const keyboard = page.keyboard;
  await focused(box(page));
  await keyboard.type("first");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second");
  assert.equal(await box(page).inputValue(), "first\nsecond");
  await keyboard.press("Enter");
  await stored(page, "second").waitFor();
  assert.equal(await box(page).inputValue(), "");

  await page.getByRole("button", { name: /^Settings/ }).press("Enter");
  await page.getByRole("radio", { name: "Ctrl+Enter sends, Enter starts a new line" }).press("Space");
  await keyboard.press("Escape");
  const other = async () => {
    await box(page).focus();
    await keyboard.type("third");
    await keyboard.press("Enter");
    await keyboard.type("fourth");
    assert.equal(await box(page).inputValue(), "third\nfourth", "Enter sends nothing now");
    await keyboard.press("Control+Enter");
    assert.equal(await box(page).inputValue(), "");
  };
  await other();
  await stored(page, "fourth").waitFor();
  await page.reload();
  await roomShown(page, "keys that send");
  await other();
  await until("both are there", async () => (await stored(page, "fourth").count()) === 2);
  const { messages } = await mira.call("message.list", { room });
  assert.deepEqual(messages.map((m) => m.text), ["first\nsecond", "third\nfourth", "third\nfourth"]);
  await page.context().close();
});

test("U54 every action and completion by keyboard alone", async () => {
  const room = await makeRoom("garden");
  await fill(jonas, room, ["Shall we plant beans?", "Or peas?"]);
  await readAll(mira, room);
  const context = await openWindow(mira, { url: server.url });
  await context.addInitScript(() => {
    window.pointed = 0;
    for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => window.pointed++, true);
  });
  const page = await openPage(context, "/room/1");
  const { keyboard } = page;
  await connectedShown(page);
  await roomShown(page, "general");

  // the list is one stop; arrows go through it
  await focused(box(page));
  await goTo(page, page.locator("a.room-link"), "Shift+Tab");
  await keyboard.press("Home");
  await goTo(page, page.getByRole("link", { name: "garden" }), "ArrowDown");
  await keyboard.press("Enter");
  await roomShown(page, "garden");
  await focused(box(page));

  // completion: Tab takes the first, arrows choose, Enter takes and does not send
  const options = page.getByRole("listbox", { name: "People" });
  await keyboard.type("What says @jon");
  await options.waitFor();
  await keyboard.press("Tab");
  assert.equal(await box(page).inputValue(), `What says @${jonas.user.name} `);
  await keyboard.type("and @");
  await options.waitFor();
  const priyas = await options.getByRole("option").filter({ hasText: "Priya Nair" }).getAttribute("id");
  await goTo(page, page.locator(`textarea[aria-activedescendant="${priyas}"]`), "ArrowDown");
  await keyboard.press("Enter");
  await options.waitFor({ state: "detached" });
  assert.equal(await box(page).inputValue(), `What says @${jonas.user.name} and @${priya.user.name} `);
  assert.ok(await isFocused(box(page)), "completing keeps the focus");
  await keyboard.type("to it?");
  await keyboard.press("Enter");
  await stored(page, "to it?").waitFor();

  // the log is one stop; a key answers the message that has the focus
  const answered = message(page, "Shall we plant beans?");
  const above = page.locator("#composer .above");
  await goTo(page, page.locator("#log"), "Shift+Tab");
  await goTo(page, answered, "ArrowUp");
  await keyboard.press("r");
  await above.getByText("Reply to Jonas Lindqvist: Shall we plant beans?").waitFor();
  await focused(box(page));
  await keyboard.press("Escape");
  await above.waitFor({ state: "detached" });
  await goTo(page, page.locator("#log"), "Shift+Tab");
  await goTo(page, answered, "ArrowUp");
  await goTo(page, answered.getByRole("button", { name: "Reply" }));
  await keyboard.press("Enter");
  await focused(box(page));
  await keyboard.type("Beans");
  await keyboard.press("Enter");
  await stored(page, "Beans").locator(".quote", { hasText: "Shall we plant beans?" }).waitFor();

  // details
  const details = page.getByRole("complementary", { name: "Details of garden" });
  const open = page.getByRole("button", { name: "Details", exact: true });
  await goTo(page, open, "Shift+Tab");
  await keyboard.press("Enter");
  await details.waitFor({ state: "detached" });
  await keyboard.press("Enter");
  await details.waitFor();
  await goTo(page, details.getByRole("button", { name: "Invite people" }));
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await focused(details.getByRole("button", { name: "Invite people" }));
  await goTo(page, details.getByRole("button", { name: "Close details" }), "Shift+Tab");
  await keyboard.press("Enter");
  await details.waitFor({ state: "detached" });

  // dialogs: Esc closes them and gives the focus back; a form is filled and sent
  for (const name of [/^Settings/, "Find a room", "New room"]) {
    const button = page.getByRole("button", { name });
    await goTo(page, button);
    await keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await focused(button);
  }
  await keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "New room" });
  await focused(dialog.getByLabel("Name"));
  await keyboard.type("greenhouse");
  await goTo(page, dialog.getByLabel("What is it for?"));
  await keyboard.type("Seedlings");
  await goTo(page, dialog.getByRole("checkbox"));
  await keyboard.press("Space");
  await goTo(page, dialog.getByRole("button", { name: "Make the room" }));
  await keyboard.press("Enter");
  await roomShown(page, "greenhouse");
  await focused(box(page));
  const made = (await mira.call("room.list")).rooms.find((r) => r.name === "greenhouse");
  assert.deepEqual([made.topic, made.private], ["Seedlings", true]);

  // search, and from a hit to its place
  await keyboard.press("Control+Shift+F");
  await focused(page.getByRole("searchbox"));
  await goTo(page, page.getByRole("combobox", { name: "In" }));
  await keyboard.press("Home"); // all rooms
  await goTo(page, page.getByRole("searchbox"), "Shift+Tab");
  await keyboard.type("plant beans");
  await goTo(page, page.getByRole("searchbox"), "Shift+Tab");
  await page.locator("a.hit").waitFor();
  await goTo(page, page.locator("a.hit"));
  await keyboard.press("Enter");
  await roomShown(page, "garden");
  assert.equal(await page.evaluate(() => window.pointed), 0, "nothing was pointed at");
  await context.close();
});

test("U56 the log has its role and name, and history is not read out", async () => {
  const room = await makeRoom("much to read");
  await fill(jonas, room, Array.from({ length: 60 }, (_, i) => `Line ${i}`));
  await readAll(mira, room);
  const context = await openWindow(mira, { url: server.url });
  await context.addInitScript(() => {
    window.added = []; // every message that came into the log, and whether it was busy then
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        const rows = node.nodeType === 1 ? [node, ...node.querySelectorAll("article")] : [];
        for (const row of rows.filter((e) => e.matches("#log article"))) {
          const busy = row.closest("#log").getAttribute("aria-busy");
          window.added.push([row.querySelector(".text").textContent.trim(), busy]);
        }
      }
    }).observe(document, { childList: true, subtree: true });
  });
  const page = await openPage(context, `/room/${room}`);
  await connectedShown(page);
  await roomShown(page, "much to read");
  const log = page.getByRole("log", { name: "Messages in much to read" });
  assert.equal(await log.getAttribute("aria-relevant"), "additions");
  const row = page.getByRole("article", { name: /^Jonas Lindqvist, \d\d:\d\d$/ });
  assert.ok((await row.count()) >= 40, "every message says who wrote it and when");

  await log.focus();
  await page.keyboard.press("Home");
  await stored(page, "Line 0").waitFor({ state: "attached" });
  await until("done", async () => (await log.getAttribute("aria-busy")) === "false");
  const history = await page.evaluate(() => window.added.splice(0));
  assert.equal(new Set(history.map(([text]) => text)).size, 60);
  assert.deepEqual(history.filter(([, busy]) => busy !== "true"), [], "the log is busy while history comes in");

  await page.keyboard.press("End");
  await fill(jonas, room, ["This is new"]);
  await stored(page, "This is new").waitFor();
  assert.deepEqual(await page.evaluate(() => window.added), [["This is new", "false"]], "an addition is read");

  const live = await page.evaluate(() => {
    const found = document.querySelectorAll('[aria-live]:not([aria-live="off"]), [role=status], [role=alert], [role=log], output');
    return [...found].map((e) => e.id).sort();
  });
  assert.deepEqual(live, ["log", "say", "warn"], "nothing else speaks");
  await context.close();
});

// ---- contrast

const GROUNDS = ["side", "paper", "raised", "hover", "selected"];
const TEXTS = ["ink", "ink-soft", "ink-faint", "accent", "bad", "warn"];
const HUES = [25, 65, 110, 150, 195, 245, 300, 350];
const pair = (text, ground, least) => ({ text, ground, least });
const PAIRS = [
  ...TEXTS.flatMap((text) => GROUNDS.map((ground) => pair(text, ground, 4.5))),
  ...["code-word", "code-text", "code-value", "code-note"].map((text) => pair(text, "hover", 4.5)),
  ...["accent", "ink"].map((text) => pair(text, "accent-soft", 4.5)),
  ...["warn", "ink", "ink-soft", "ink-faint", "accent"].map((text) => pair(text, "warn-soft", 4.5)),
  ...["bad", "ink", "ink-soft"].map((text) => pair(text, "bad-soft", 4.5)),
  pair("on-accent", "accent", 4.5),
  pair("ink", "mark", 4.5),
  pair("on-face", "face", 4.5),
  ...["edge", "focus"].flatMap((sign) => GROUNDS.slice(0, 4).map((ground) => pair(sign, ground, 3))),
];

/** What the table of colours says, to one decimal: a pair, light, dark. */
const PROMISED = [
  ["ink", "paper", 15.7, 14.0], ["ink-soft", "paper", 7.6, 8.4], ["ink-faint", "paper", 5.8, 6.2],
  ["accent", "paper", 6.7, 8.5], ["warn", "paper", 6.8, 9.4], ["bad", "paper", 6.5, 8.1],
  ["edge", "paper", 3.4, 3.8], ["focus", "paper", 6.7, 10.4],
  ["ink-faint", "selected", 4.7, 4.9], ["accent", "selected", 5.4, 6.7], ["warn", "selected", 5.4, 7.5], ["bad", "selected", 5.2, 6.4],
  ["edge", "hover", 3.0, 3.4],
  ["on-accent", "accent", 5.8, 6.4], ["accent", "accent-soft", 5.8, 6.4], ["warn", "warn-soft", 5.8, 6.4], ["bad", "bad-soft", 5.8, 6.4],
  ["ink", "mark", 5.8, 6.4], ["on-face", "face", 5.8, 6.4],
];

const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

/** Of "#rrggbb", or "oklch(L C var(--hue))" at a hue. */
function luminance(colour, hue) {
  let rgb;
  if (colour.startsWith("#")) rgb = [1, 3, 5].map((at) => linear(parseInt(colour.slice(at, at + 2), 16) / 255));
  else {
    const [light, chroma] = colour.match(/[\d.]+/g).map(Number);
    const a = chroma * Math.cos((hue * Math.PI) / 180);
    const b = chroma * Math.sin((hue * Math.PI) / 180);
    const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
    rgb = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ].map((v) => Math.min(1, Math.max(0, v)));
  }
  return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

/** Every colour of tokens.css: name -> [light, dark]. */
function tokens() {
  const css = readFileSync(new URL("../../web/src/styles/tokens.css", import.meta.url), "utf8");
  const colour = String.raw`(#[0-9a-f]{6}|oklch\([^()]*\([^()]*\)\))`;
  const all = css.slice(0, css.indexOf("@media")).matchAll(new RegExp(`--([\\w-]+):\\s*light-dark\\(${colour}, ${colour}\\)`, "g"));
  return new Map([...all].map(([, name, light, dark]) => [name, [light, dark]]));
}

test("U60 every pair of text and ground has its contrast in both themes", () => {
  const colours = tokens();
  /** The least ratio of a pair, over all faces if it has a hue. */
  const ratio = (text, ground, theme) => {
    const of = (hue) => {
      const both = [text, ground].map((name) => luminance(colours.get(name)[theme], hue));
      return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    };
    return Math.min(...(text.includes("face") ? HUES : [0]).map(of));
  };
  assert.equal(Math.round(ratio("on-accent", "accent", 0) * 10) / 10, 6.9, "white on green, as others compute it");
  const low = [];
  for (const [theme, name] of ["light", "dark"].entries()) {
    for (const { text, ground, least } of PAIRS) {
      const found = ratio(text, ground, theme);
      if (!(found >= least)) low.push(`${name}: ${text} on ${ground} has ${found.toFixed(2)}, not ${least}`);
    }
    for (const [text, ground, ...promise] of PROMISED) {
      const found = ratio(text, ground, theme);
      if (!(found >= promise[theme] - 0.05)) low.push(`${name}: ${text} on ${ground} has ${found.toFixed(2)}, said ${promise[theme]}`);
    }
  }
  assert.deepEqual(low, []);
});

/** A room with a mention, reactions, a quote, code and a link, and one beside it that has something unread. */
async function fullRoom(name) {
  const room = await makeRoom(name, "Everything at once");
  const other = await makeRoom(`${name} beside it`);
  await fill(jonas, other, [`Look, @${mira.user.name}`]);
  await fill(jonas, room, [`Good morning @${mira.user.name}`]);
  const [first] = (await jonas.call("message.list", { room })).messages;
  for (const who of [jonas, mira]) await who.call("reaction.add", { room, id: first.id, emoji: "👍" });
  await priya.call("reaction.add", { room, id: first.id, emoji: "👀" });
  await priya.call("message.send", { room, text: "An answer", reply_to: first.id, key: name.replaceAll(" ", "-") });
  await fill(priya, room, ["Some `code`, a [link](https://example.org/) and\n```js\nconst a = \"b\"; // c\nreturn 1;\n```"]);
  return room;
}

for (const theme of ["light", "dark"]) {
  test(`U60 the chat page has no text without contrast, ${theme}`, async () => {
    const room = await fullRoom(`colours ${theme}`);
    const context = await openWindow(mira, { url: line.url, reducedMotion: "reduce" });
    await context.addCookies([{ name: "snug_theme", value: theme, url: line.url }]);
    const page = await openPage(context, `/room/${room}`);
    await connectedShown(page);
    await roomShown(page, `colours ${theme}`);
    assert.equal(await page.locator("html").getAttribute("data-theme"), theme);
    await page.locator(".code .head").waitFor();
    assert.deepEqual(await findings(page, ["color-contrast"]), [], "at rest");

    await page.locator("#log").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("r");
    line.refuse();
    await page.locator('.link-state[data-state="reconnecting"]').waitFor();
    await page.getByRole("button", { name: "Try now" }).waitFor();
    await write(page, "Waiting");
    await page.locator("#log article[data-slow]").waitFor();
    await page.keyboard.type("And @");
    await page.getByRole("listbox").waitFor();
    await picture(page, `contrast-${theme}`);
    assert.deepEqual(await findings(page, ["color-contrast"]), [], "cut off, with a message that waits and a list");
    line.accept();
    await connectedShown(page);
    await stored(page, "Waiting").waitFor();
    await page.getByRole("button", { name: /^Settings/ }).press("Enter");
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await findings(page, ["color-contrast"]), [], "with a dialog");
    await page.keyboard.press("Escape");
    await page.locator("#log").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("+");
    await page.getByRole("dialog", { name: "React" }).waitFor();
    assert.deepEqual(await findings(page, ["color-contrast"]), [], "with emojis to choose from");
    await context.close();
  });
}

test("U61 no state is told by colour alone", async () => {
  const room = await makeRoom("signs");
  const beside = await makeRoom("unread ones");
  await fill(jonas, beside, ["one", "two", `three, @${mira.user.name}`]);
  const plain = await makeRoom("plainly unread");
  await fill(jonas, plain, ["one", "two"]);
  await fill(priya, room, ["I was here"]);
  await readAll(mira, room);
  const here = await connected(server.url, { cookie: jonas.cookie });
  await follow(here, room);
  const context = await openWindow(mira, { url: line.url });
  const page = await openPage(context);
  await page.routeWebSocket(/connection\/websocket/, (socket) => {
    const far = socket.connectToServer();
    socket.onMessage((data) => {
      const { id, rpc } = JSON.parse(String(data).split("\n")[0] || "{}");
      if (rpc?.data?.text === "refused") socket.send(JSON.stringify({ id, error: { code: 107, message: "No." } }));
      else far.send(data);
    });
  });
  await page.goto(`${line.url}/room/${room}`);
  await connectedShown(page);
  await roomShown(page, "signs");

  // unread: a count with words; mention: an @ before it
  const link = (name) => page.locator("a.room-link", { hasText: name });
  const count = link("plainly unread").getByRole("img", { name: "2 unread" });
  assert.equal(await count.innerText(), "2");
  assert.equal(await link("unread ones").getByRole("img", { name: "1 mention, 3 unread" }).innerText(), "@1");
  assert.equal(await link("signs").getByRole("img", { name: "Private" }).count(), 1);

  // presence: a filled dot or an open one, and a word
  const person = (name) => page.locator(".details .person", { hasText: name });
  const dot = (name) =>
    person(name).locator(".face").evaluate((face) => {
      const { backgroundColor, boxShadow } = getComputedStyle(face, "::after");
      const hollow = backgroundColor === getComputedStyle(face.closest(".details")).backgroundColor;
      return hollow && boxShadow.includes("inset") ? "open" : "filled";
    });
  await person("Jonas Lindqvist").getByText("here", { exact: true }).waitFor({ state: "attached" });
  assert.equal(await dot("Jonas Lindqvist"), "filled");
  await person("Priya Nair").getByText("away", { exact: true }).waitFor({ state: "attached" });
  here.disconnect();
  await person("Jonas Lindqvist").getByText("away", { exact: true }).waitFor({ state: "attached" });
  await until("the dot is open", async () => (await dot("Jonas Lindqvist")) === "open");
  await person("Jonas Lindqvist").getByText(/^since/).waitFor();

  // a message: triangle and words, clock and words
  const sign = (row, icon) => row.locator(`.margin .state use[href="#i-${icon}"]`);
  await write(page, "refused");
  const failed = message(page, "refused");
  await failed.getByRole("img", { name: "Not sent" }).waitFor();
  assert.equal(await sign(failed, "alert").count(), 1);
  await failed.getByText("Not sent: No.").waitFor();
  line.hold("up");
  await write(page, "pending");
  const pending = message(page, "pending");
  await pending.getByRole("img", { name: "Waiting to be sent" }).waitFor();
  assert.equal(await sign(pending, "clock").count(), 1);

  // the line: a word, and another shape
  const state = page.locator(".link-state").first();
  const filled = () => state.evaluate((e) => getComputedStyle(e, "::before").backgroundColor !== "rgba(0, 0, 0, 0)");
  assert.match(await state.innerText(), /^Connected/);
  assert.equal(await filled(), true);
  line.refuse();
  line.release();
  await state.and(page.locator('[data-state="reconnecting"]')).waitFor();
  assert.equal(await state.innerText(), "Connecting again…");
  assert.equal(await filled(), false, "a ring");
  await context.setOffline(true);
  await state.and(page.locator('[data-state="offline"]')).waitFor();
  assert.equal(await state.innerText(), "Not connected");
  await picture(page, "signs");
  line.accept();
  await context.close();
});

// ---- focus

/** Goes through a page with Tab: elements whose focus is not to be seen, and how many there were. */
async function unseen(page) {
  const known = new Set();
  const bad = [];
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.color = "var(--focus)";
      const { color } = getComputedStyle(probe);
      probe.remove();
      const ringed = (e) => {
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(e);
        return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && outlineColor === color;
      };
      const frame = element.closest(".composer, .search-box");
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const inside = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
      const name = element.getAttribute("aria-label") || element.id || element.textContent.trim().slice(0, 30);
      element.dataset.visit ??= String(Math.random());
      const shows = frame && element.matches("textarea, input") ? frame : element;
      return { visit: element.dataset.visit, name: `${element.localName} ${name}`, seen: inside && ringed(shows) };
    });
    if (!now) continue; // the way round leads through the browser itself
    if (known.has(now.visit)) break;
    known.add(now.visit);
    if (!now.seen) bad.push(now.name);
  }
  return { bad, count: known.size };
}

test("U62 what has the focus shows it, on every page", async () => {
  const room = await fullRoom("rings");
  const page = await enter(mira, `/room/${room}`, { url: server.url, reducedMotion: "reduce" });
  await roomShown(page, "rings");
  const check = async (what, least) => {
    const { bad, count } = await unseen(page);
    assert.deepEqual(bad, [], what);
    assert.ok(count >= least, `${what}: Tab came to ${count} elements`);
  };
  await check("chat", 15);
  await page.getByRole("button", { name: /^Settings/ }).press("Enter");
  await page.getByRole("dialog").waitFor();
  await check("settings", 5);
  await page.keyboard.press("Escape");
  await page.goto(`${server.url}/search?q=morning`);
  await page.locator("a.hit").first().waitFor();
  await check("search", 8);
  await page.goto(`${server.url}/admin/connections`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await check("connections", 4);
  await page.context().clearCookies();
  await page.goto(`${server.url}/login`);
  await page.getByLabel("Password").waitFor();
  await check("log-in", 4);
  await page.context().close();
});

test("U62 a focused message is not under the composer", async () => {
  const room = await makeRoom("tall");
  await fill(jonas, room, Array.from({ length: 30 }, (_, i) => `Message ${i}${"\nwith more lines".repeat(i % 4)}`));
  await readAll(mira, room);
  const page = await enter(mira, `/room/${room}`, { url: server.url, viewport: { width: 390, height: 600 } });
  await roomShown(page, "tall");
  await box(page).fill("A draft\nof some\nlines\nmakes\nthe box high");
  await page.locator("#log").focus();
  const place = () =>
    page.evaluate(() => {
      const row = document.activeElement.getBoundingClientRect();
      const log = document.getElementById("log").getBoundingClientRect();
      const foot = document.getElementById("composer").getBoundingClientRect();
      const at = (y) => document.elementFromPoint(row.left + 20, y);
      const free = [row.top + 3, row.bottom - 3].every((y) => document.activeElement.contains(at(y)));
      return {
        row: document.activeElement.matches("article"),
        whole: row.top >= log.top - 1 && row.bottom <= Math.min(log.bottom, foot.top) + 1,
        free,
      };
    });
  let height = 600;
  for (const key of ["End", ...Array(14).fill("ArrowUp"), ...Array(10).fill("ArrowDown"), "Home", "End"]) {
    await page.keyboard.press(key);
    assert.deepEqual(await place(), { row: true, whole: true, free: true }, `after ${key}`);
    /* and whatever changes its size near the end does not push it out */
    height = 1200 - height - 1;
    await page.setViewportSize({ width: 390, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.deepEqual(await place(), { row: true, whole: true, free: true }, `after ${key}, another height`);
  }
  await page.context().close();
});

// ---- landmarks

test("U66 every page has its landmarks, one first heading and its language", async () => {
  const check = (page, found, { navs = [] } = {}) => {
    assert.equal(found.lang, "en", page);
    assert.equal(found.h1.length, 1, `${page}: ${found.h1.length} first headings`);
    assert.notEqual(found.h1[0], "", page);
    assert.equal(found.mains, 1, `${page} has one main part`);
    assert.deepEqual(found.navs, navs, page);
    assert.notEqual(found.title, "", page);
  };
  check("setup", setup);
  assert.deepEqual(setup.findings, [], "setup");

  const stranger = await openWindow(null, { url: server.url });
  const door = await openPage(stranger);
  for (const path of ["/login", `/join#${server.invite_code}`]) {
    await door.goto(server.url + path);
    await door.getByRole("heading", { level: 1 }).waitFor();
    check(path.slice(0, 6), await outline(door));
    assert.deepEqual(await findings(door, STRUCTURE), [], path.slice(0, 6));
  }
  await stranger.close();

  const page = await enter(mira, "/room/1", { url: server.url });
  const pages = [
    ["/room/1", ["Rooms"], "general"],
    ["/search", ["Rooms"], "Search"],
    ["/admin/connections", ["Administration"], "Connections"],
    ["/admin/metrics", ["Administration"], "Metrics"],
    ["/admin/people", ["Administration"], "People"],
    ["/admin/messages", ["Administration"], "Messages"],
  ];
  for (const [path, navs, title] of pages) {
    if (path !== "/room/1") await page.goto(server.url + path);
    await page.getByRole("heading", { level: 1 }).getByText(title).waitFor();
    const found = await outline(page);
    check(path, found, { navs });
    assert.deepEqual(await findings(page, STRUCTURE), [], path);
  }
  await page.goto(`${server.url}/room/1`);
  await roomShown(page, "general");
  const parts = {
    navigation: "Rooms", main: "general", log: "Messages in general", form: "Message to general", complementary: "Details of general",
  };
  for (const [role, name] of Object.entries(parts)) {
    assert.equal(await page.getByRole(role, { name }).count(), 1, `${role} "${name}"`);
  }

  await page.setViewportSize({ width: 390, height: 844 });
  check("a room on a phone", await outline(page));
  await page.goto(`${server.url}/`);
  await page.locator("a.room-link").first().waitFor();
  check("the rooms on a phone", await outline(page), { navs: ["Rooms"] });
  await page.context().close();
});
