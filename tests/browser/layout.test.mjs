// The frame of the page: its columns, its least sizes, its lists when they are full and when they are empty, its colours
// at the first paint, and the doors.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  SIZES, box, connectedShown, endAll, enter, fill, openPage, openPlace, openWindow, overflow, picture, roomShown, stored, until,
  write,
} from "../support/browser.mjs";

const PASSWORD = "correct horse battery";
let server, mira;

before(async () => {
  ({ server, people: [mira] } = await openPlace());
});
after(endAll);

/** Somebody who joins when a test needs them: the first test sees the place with nobody but its admin. */
const joined = new Map();
async function somebody(display) {
  if (!joined.has(display)) {
    const one = await server.join(display);
    one.call = (method, params) => server.call(method, params, one.cookie);
    joined.set(display, one);
  }
  return joined.get(display);
}

async function makeRoom(name, others = [], more = {}) {
  const { id } = await mira.call("room.create", { name, private: true, ...more });
  for (const other of others) await mira.call("room.invite", { room: id, user: other.user.id });
  return id;
}

const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const columns = { rooms: "nav.rooms", messages: "main.stage", details: "aside.details" };

/** Which columns are seen, and where: {rooms: {x, width}, ...}. */
async function seen(page) {
  const shown = {};
  for (const [name, selector] of Object.entries(columns)) {
    const part = page.locator(selector);
    if (await part.isVisible()) shown[name] = await part.boundingBox();
  }
  return shown;
}

test("U7 every list has its empty state with a next step", async () => {
  const context = await openWindow(mira, { url: server.url });
  await context.addInitScript(() => {
    window.heights = new Set();
    const note = () => {
      const start = document.querySelector(".room-start");
      if (start) window.heights.add(start.getBoundingClientRect().height);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  const page = await openPage(context, "/room/1");
  await connectedShown(page);
  await roomShown(page, "general");
  await page.locator("aside.details .person").first().waitFor(); // the members are there
  await frames(page);
  assert.equal(await page.evaluate(() => window.heights.size), 1, "nothing is put in between when they come");

  // Only you: what lands here, the link for the others, things to ask.
  const start = page.locator(".room-start");
  await start.getByText("Whoever joins Lantern lands here. So far that is you and Nook.").waitFor();
  await start.getByRole("group", { name: "Things to ask Nook" }).getByRole("button").first().waitFor();
  await start.getByRole("button", { name: "Make an invite link" }).click();
  await start.getByRole("button", { name: "Copy the invite link" }).waitFor();
  assert.match(await start.locator(".copy-row .mono").innerText(), /\/join#\S{16,}/);
  await picture(page, "empty-only-you");

  await page.getByRole("button", { name: "Settings and administration" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Metrics" }).click();
  await page.getByText("Figures appear after the first minute.").waitFor();
  await picture(page, "empty-metrics");
  await page.getByRole("link", { name: "Connections" }).click();
  await page.getByText("Nobody else is connected.").waitFor();
  await page.getByText("No line has been closed yet.").waitFor();
  await picture(page, "empty-connections");
  await page.getByRole("link", { name: "Back to Lantern" }).click();
  await roomShown(page, "general");

  const find = page.getByRole("button", { name: "Find a room" });
  await find.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("You are in every open room already.").waitFor();
  await dialog.getByRole("button", { name: "New room" }).click();
  await dialog.getByRole("heading", { name: "New room" }).waitFor();
  await page.keyboard.press("Escape");

  // A new room, with what it is for and without; its list of who may still be asked.
  const plain = await makeRoom("releases");
  await page.locator(`a.room-link[data-room="${plain}"]`).click();
  await roomShown(page, "releases");
  await start.getByRole("heading", { name: "This is the start of releases" }).waitFor();
  assert.match(await start.innerText(), /Say what it is for, or invite people\./);
  await picture(page, "empty-room");
  await start.getByRole("button", { name: "invite people" }).click();
  await dialog.getByText("Everybody at Lantern is in this room.").waitFor();
  await dialog.getByRole("button", { name: "Make a link" }).waitFor();
  await page.keyboard.press("Escape");
  const named = await makeRoom("harbour", [], { topic: "Boats and berths" });
  await page.locator(`a.room-link[data-room="${named}"]`).click();
  await start.getByText("Boats and berths.").waitFor();
  await start.getByRole("button", { name: "Invite people" }).waitFor();

  // Search: before a word, and when there is nothing.
  await page.getByRole("link", { name: "Search in harbour" }).click();
  await page.getByText("Search in harbour.").waitFor();
  await page.getByRole("searchbox").fill("nobody wrote");
  await page.getByText("No message has both words. Try one of them.").waitFor();
  await picture(page, "empty-search");
  await page.getByRole("button", { name: "Search all rooms" }).click();
  await page.waitForURL((url) => !url.searchParams.has("room"));
  await page.getByText("No message has both words. Try one of them.").waitFor();
  await page.getByRole("button", { name: "Search all rooms" }).waitFor({ state: "detached" }); // all are searched
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Search in the rooms you are in.").waitFor();
  await page.context().close();
});

test("U8 from the invite link to the first message in under a minute", async () => {
  const context = await openWindow(null, { url: server.url });
  const page = await openPage(context);
  const began = performance.now();
  let pressed = 0;
  const type = async (text) => {
    await page.keyboard.type(text);
    pressed += text.length;
  };
  const press = async (key) => {
    await page.keyboard.press(key);
    pressed += 1;
  };
  const focused = (name) => page.locator(`[name="${name}"]:focus`).waitFor();

  await page.goto(`${server.url}/join#${server.invite_code}`);
  await focused("display");
  assert.equal(await page.locator("form input").count(), 2, "a name and a password, nothing else");
  await picture(page, "door-join");
  await type("Tomás Rivera");
  await press("Tab");
  await focused("password");
  await type(PASSWORD);
  await press("Enter");
  await roomShown(page, "general");
  await page.locator("#composer textarea:focus, textarea#composer:focus, .composer textarea:focus").first().waitFor();
  await type("Hello, I am in");
  await press("Enter");
  await stored(page, "Hello, I am in").waitFor();
  await picture(page, "first-message");

  const machine_ms = performance.now() - began;
  const typing_ms = pressed * 300; // 200 characters a minute, on a phone
  assert.ok(machine_ms + typing_ms < 40_000, `${pressed} keys, and ${Math.round(machine_ms)} ms of waiting`);
  assert.equal(await page.getByRole("dialog").count(), 0, "nothing stands in the way");
  await context.close();
});

test("U1 rooms, messages and details beside each other; details are closed and stay so over a reload", async () => {
  const room = await makeRoom("three columns");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "three columns");
  const toggle = page.getByRole("button", { name: "Details", exact: true });
  await page.getByRole("complementary", { name: "Details of three columns" }).waitFor();
  const { rooms, messages, details } = await seen(page);
  assert.equal(rooms.width, 244);
  assert.equal(details.width, 288);
  assert.equal(rooms.x + rooms.width, messages.x);
  assert.equal(messages.x + messages.width, details.x);
  assert.equal(details.x + details.width, SIZES.wide.width);
  assert.equal(await toggle.getAttribute("aria-expanded"), "true");
  await picture(page, "columns-three");

  await page.getByRole("button", { name: "Close details" }).click();
  await page.locator(columns.details).waitFor({ state: "detached" });
  await page.reload();
  await roomShown(page, "three columns");
  assert.deepEqual(Object.keys(await seen(page)), ["rooms", "messages"], "closed stays closed");
  await page.getByRole("link", { name: "general" }).click();
  await roomShown(page, "general");
  assert.deepEqual(Object.keys(await seen(page)), ["rooms", "messages"], "in the next room too");
  await toggle.click();
  await page.reload();
  await roomShown(page, "general");
  await page.locator(columns.details).waitFor();

  // Less wide: they lie over the messages, and the choice of the wide window is not theirs.
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.locator(columns.details).waitFor({ state: "detached" });
  const alone = (await seen(page)).messages;
  await toggle.click();
  await page.locator(columns.details).waitFor();
  const over = await seen(page);
  assert.deepEqual(over.messages, alone, "what is read does not move");
  assert.equal(over.details.x + over.details.width, 1000);
  await picture(page, "columns-over");
  await page.getByRole("button", { name: "Close details" }).click();
  await page.setViewportSize(SIZES.wide);
  await page.locator(columns.details).waitFor();
  await page.context().close();
});

test("U1 one column under 700 px: the rooms, a room, its details, and back", async () => {
  const room = await makeRoom("one column");
  const page = await enter(mira, "/", { url: server.url, viewport: { width: 699, height: 800 } });
  const only = async (name) => {
    await until(`only ${name}`, async () => Object.keys(await seen(page)).join() === name);
    const { x, width } = (await seen(page))[name];
    assert.deepEqual([x, width], [0, page.viewportSize().width]);
  };
  await page.locator(`a.room-link[data-room="${room}"]`).waitFor();
  await only("rooms");
  await page.setViewportSize(SIZES.phone);
  await only("rooms");
  await picture(page, "column-rooms");
  await page.locator(`a.room-link[data-room="${room}"]`).click();
  await roomShown(page, "one column");
  await only("messages");
  await picture(page, "column-room");
  await page.getByRole("button", { name: "Details", exact: true }).click();
  const details = page.locator(columns.details);
  await details.waitFor();
  assert.deepEqual(await details.boundingBox(), { x: 0, y: 0, ...SIZES.phone }, "a page of its own");
  await picture(page, "column-details");
  await page.getByRole("button", { name: "Close details" }).click();
  await only("messages");
  await page.goBack();
  await only("rooms");
  await page.goForward();
  await only("messages");
  await page.locator(".back").click();
  await only("rooms");
  await page.setViewportSize({ width: 700, height: 800 });
  await until("side by side", async () => Object.keys(await seen(page)).join() === "rooms,messages");
  await page.context().close();
});

const WIDE_TEXT = [
  `One word: ${"Donaudampfschifffahrt".repeat(12)}`,
  `One address: https://example.org/${"a-long-path/".repeat(20)}`,
  `Table:\n\n| ${"a column of its own | ".repeat(8)}\n|${"---|".repeat(8)}\n| ${"what stands in it | ".repeat(8)}`,
  `Code:\n\`\`\`c\nint ${"long_".repeat(40)} = 0;\n\`\`\``,
];

/**
 * What is wider than it may be: the page itself, what scrolls sideways and is no frame of a table or of code, and what
 * stands outside the window without such a frame around it.
 */
function tooWide(page) {
  return page.evaluate(() => {
    const name = (e) => `${e.localName}${[...e.classList].map((c) => `.${c}`).join("")}`;
    const frame = (e) => e.matches(".table-wrap, pre, .text table, .text .table");
    const found = [];
    for (const e of document.querySelectorAll("body *")) {
      const style = getComputedStyle(e);
      const { left, right, width, height } = e.getBoundingClientRect();
      if (!width || !height || style.visibility === "hidden" || e.closest("svg, .hidden, .skip")) continue;
      const scrolls = ["auto", "scroll"].includes(style.overflowX);
      if (scrolls && e.scrollWidth > e.clientWidth && !frame(e)) found.push(`${name(e)} scrolls by ${e.scrollWidth - e.clientWidth}`);
      let around = e.parentElement;
      while (around && !frame(around) && getComputedStyle(around).textOverflow !== "ellipsis") around = around.parentElement;
      if (!around && (left < -0.5 || right > innerWidth + 0.5)) found.push(`${name(e)} stands at ${left} to ${right}`);
    }
    return found;
  });
}

test("U2 320 px and 200 % zoom without sideways scrolling, tables scroll in their frame", async () => {
  const jonas = await somebody("Jonas Lindqvist");
  const room = await makeRoom("wide things", [jonas], { topic: "What is wider than a phone, and what becomes of it there" });
  await makeRoom("a room whose name is about as long as the eighty characters that a name may be");
  await fill(jonas, room, WIDE_TEXT);
  const first = (selector) => (page) => page.locator(selector).first().waitFor();
  const button = (name) => (page) => page.getByRole("button", { name }).waitFor();
  const visits = [
    ["rooms", "/", first(".room-link")],
    ["room", `/room/${room}`, (page) => stored(page, "Code:").waitFor(), besideRoom],
    ["connections", "/admin/connections", first("tbody tr"), insideTable],
    ["metrics", "/admin/metrics", first(".chart canvas"), asTables],
    ["people", "/admin/people", first("tbody tr")],
    ["messages", "/admin/messages", button("Save")],
    ["search", "/search?q=address", first(".hits li")],
    ["login", "/login", button("Log in")],
    ["setup", "/setup#none", button("Open the first room")],
    ["join", `/join#${server.invite_code}`, button("Come in")],
  ];
  async function besideRoom(page) {
    const scrolls = (selector) => page.locator(`#log ${selector}`).evaluate((e) => e.scrollWidth > e.clientWidth);
    assert.ok(await scrolls("figure.code pre"), "code scrolls in its frame");
    assert.ok(await scrolls(".text .table-wrap"), "so does a table");
    await page.getByRole("button", { name: "Details", exact: true }).click();
    await page.locator(columns.details).waitFor();
    await check(page, "details");
    await page.locator(columns.details).getByRole("button", { name: "Invite people" }).click();
    await page.getByRole("dialog").locator(".entry").first().waitFor();
    await check(page, "invite");
  }
  async function insideTable(page) {
    const table = page.locator(".table-wrap").first();
    assert.ok(await table.evaluate((e) => e.scrollWidth > e.clientWidth), "there is more of it beside");
    await table.focus();
    await page.keyboard.press("ArrowRight");
    await until("it scrolls in its frame", () => table.evaluate((e) => e.scrollLeft > 0));
  }
  async function asTables(page) {
    await button("Show as tables")(page);
    await page.getByRole("button", { name: "Show as tables" }).click();
    await first(".charts table")(page);
    await check(page, "metrics-tables");
  }
  // 640 and 720 px are what 200 % leaves of 1280 and 1440: one column, two columns.
  const windows = { least: SIZES.least, zoomed: { width: 640, height: 400 }, "zoomed-wide": { width: 720, height: 450 } };
  const zoom = { url: server.url, viewport: SIZES.least, deviceScaleFactor: 2 };
  const inside = await openPage(await openWindow(mira, zoom));
  const outside = await openPage(await openWindow(null, zoom));

  async function check(page, what) {
    for (const [size, viewport] of Object.entries(windows)) {
      await page.setViewportSize(viewport);
      await frames(page);
      let wrong;
      const fits = async () => (wrong = await tooWide(page)).length === 0;
      await until("charts have their new width", fits, 2000).catch(() => {}); // said below, in words
      assert.deepEqual(wrong, [], `${what}, ${size}`);
      assert.equal(await overflow(page), 0, `${what}, ${size}`);
      if (size !== "zoomed-wide") await picture(page, `${size}-${what}`, { scale: "css" });
    }
    await page.setViewportSize(SIZES.least);
  }
  for (const [what, path, ready, then] of visits) {
    const page = path.startsWith("/login") || path.includes("#") ? outside : inside;
    await page.goto("about:blank"); // a change behind the # alone is no new page
    await page.goto(server.url + path);
    await ready(page);
    await check(page, what);
    await then?.(page);
  }
  await inside.context().close();
  await outside.context().close();
});

/** The sections of the room list as they are drawn: {Unread: [names], Rooms: [names], People: [names]}. */
async function sections(page) {
  const drawn = await page.locator(".room-list section").evaluateAll((all) =>
    all.map((one) => [one.querySelector("h2").textContent.trim(), [...one.querySelectorAll(".label")].map((e) => e.textContent)]),
  );
  return Object.fromEntries(drawn);
}

/** Where each row stands: {name: y}. */
async function rows(page) {
  const all = await page.locator(".room-list a.room-link").evaluateAll((links) =>
    links.map((e) => [e.querySelector(".label").textContent, e.getBoundingClientRect().y]),
  );
  return Object.fromEntries(all);
}

test("U3 sections with the unread first, rows never move under the pointer, an empty Unread is not drawn", async () => {
  const jonas = await somebody("Jonas Lindqvist");
  const lena = await somebody("Lena Fuchs");
  const [cedar, birch, alder] = [await makeRoom("cedar", [jonas, lena]), await makeRoom("birch", [jonas, lena]), await makeRoom("alder", [jonas, lena])];
  const page = await enter(lena, "/room/1", { url: server.url });
  await roomShown(page, "general");
  const row = (id) => page.locator(`a.room-link[data-room="${id}"]`);
  const counted = (id) => row(id).getByRole("img", { name: "1 unread" }).waitFor();
  const becomes = (some) => {
    const wanted = JSON.stringify({ ...some, People: [] }); // the way to the first of them is always there
    return until(() => `sections ${wanted}`, async () => JSON.stringify(await sections(page)) === wanted);
  };
  const away = async () => {
    await page.mouse.move(900, 300);
    await frames(page);
  };
  await away();
  await becomes({ Rooms: ["general", "alder", "birch", "cedar"] });

  await fill(jonas, cedar, ["Something new in cedar"]);
  await becomes({ Unread: ["cedar"], Rooms: ["general", "alder", "birch"] });
  await picture(page, "sections-unread");

  // The pointer is over the list: the room gets its count where it stands.
  await row(alder).hover();
  const before = await rows(page);
  await fill(jonas, birch, ["Something new in birch"]);
  await counted(birch);
  await frames(page);
  assert.deepEqual(await rows(page), before);
  await away();
  await becomes({ Unread: ["birch", "cedar"], Rooms: ["general", "alder"] });

  // Reading a room does not take it from under the pointer, nor does opening the next one.
  const placed = await rows(page);
  await row(cedar).click();
  await roomShown(page, "cedar");
  await row(cedar).locator(".count").waitFor({ state: "detached" });
  assert.deepEqual(await rows(page), placed, "read, and where it was");
  await row(birch).click();
  await roomShown(page, "birch");
  await row(birch).locator(".count").waitFor({ state: "detached" });
  await frames(page);
  assert.deepEqual(await rows(page), placed, "the pointer is still over the list");
  await away();
  await becomes({ Unread: ["birch"], Rooms: ["general", "alder", "cedar"] });
  await page.keyboard.press("Alt+ArrowDown");
  await roomShown(page, "general");
  await becomes({ Rooms: ["general", "alder", "birch", "cedar"] });
  await page.context().close();
});

/** Lightness of a computed colour, 0 to 1, as the eye has it. */
function lightness(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

/** Notes the ground and the ink of the page for each frame from the first one on. */
const watchColours = (page) =>
  page.addInitScript(() => {
    const seen = (window.colours = []);
    const look = () => {
      if (!document.body) return requestAnimationFrame(look);
      const { backgroundColor, color } = getComputedStyle(document.documentElement);
      const now = JSON.stringify([backgroundColor, color, getComputedStyle(document.body).color]);
      if (seen.at(-1) !== now) seen.push(now);
      window.frames_seen = (window.frames_seen ?? 0) + 1;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

/** The theme that was painted; fails if there were two. */
async function painted(page) {
  await page.waitForFunction(() => window.frames_seen > 3);
  const colours = (await page.evaluate(() => window.colours)).map((one) => JSON.parse(one));
  assert.equal(colours.length, 1, `one theme from the first frame on: ${JSON.stringify(colours)}`);
  const [ground, ink] = colours[0].map(lightness);
  assert.ok(Math.abs(ground - ink) > 0.6, JSON.stringify(colours));
  return ground > ink ? "light" : "dark";
}

test("U9 light, dark and as the system, kept over a reload, without a flash", async () => {
  const context = await openWindow(mira, { url: server.url, colorScheme: "light" });
  const page = await openPage(context);
  await watchColours(page);
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? "system");
  const enterRoom = async () => {
    await connectedShown(page);
    await roomShown(page, "general");
  };
  const choose = async (words) => {
    await page.getByRole("button", { name: "Settings and administration" }).click();
    await page.getByRole("radio", { name: words, exact: true }).check();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

  await page.goto(`${server.url}/room/1`);
  await enterRoom();
  assert.equal(await painted(page), "light", "as the system");
  await picture(page, "theme-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await until("follows the system at once", async () => lightness(await ground()) < 0.2);
  await page.emulateMedia({ colorScheme: "light" });

  await choose("Dark");
  assert.ok(lightness(await ground()) < 0.2, "at once");
  await page.reload();
  await enterRoom();
  assert.equal(await theme(), "dark");
  assert.equal(await painted(page), "dark", "the system is light, the choice is dark");
  await picture(page, "theme-dark");

  await choose("Light");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.reload();
  await enterRoom();
  assert.equal(await painted(page), "light", "the system is dark, the choice is light");

  await choose("As the system");
  await page.reload();
  await enterRoom();
  assert.equal(await theme(), "system");
  assert.equal(await painted(page), "dark");
  await context.close();
});

test("U9 the server writes the theme of the cookie into the page: no script is needed for it", async () => {
  for (const [chosen, system] of [["dark", "light"], ["light", "dark"]]) {
    const { body } = await server.request("/login", { headers: { Cookie: `snug_theme=${chosen}` } });
    assert.match(body.toString(), new RegExp(`<html[^>]* data-theme="${chosen}"`));
    const context = await openWindow(null, { url: server.url, colorScheme: system, javaScriptEnabled: false });
    await context.addCookies([{ name: "snug_theme", value: chosen, url: server.url }]);
    const page = await openPage(context, "/login");
    const ground = await page.locator("html").evaluate((e) => getComputedStyle(e).backgroundColor);
    assert.equal(lightness(ground) > 0.5 ? "light" : "dark", chosen);
    await context.close();
  }
  for (const cookie of ["", "snug_theme=system", "snug_theme=%22%3E%3Cscript%3E"]) {
    const { body } = await server.request("/login", { headers: { Cookie: cookie } });
    assert.doesNotMatch(body.toString(), /data-theme/);
  }
});

test("U65 log-in: paste works, password managers know the fields, no puzzle, one sentence for both", async () => {
  const permissions = ["clipboard-read", "clipboard-write"];
  const context = await openWindow(null, { url: server.url, permissions });
  const page = await openPage(context, "/login?to=/search");
  const [name, password] = [page.getByLabel("Name"), page.getByLabel("Password")];
  await page.locator('[name="name"]:focus').waitFor();
  const paste = async (field, text) => {
    await page.evaluate((words) => navigator.clipboard.writeText(words), text);
    await field.focus();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.press("ControlOrMeta+V");
    assert.equal(await field.inputValue(), text);
  };
  const fields = (of) => of.locator("form input").evaluateAll((all) => all.map((e) => [e.name, e.type, e.autocomplete]));
  assert.deepEqual(await fields(page), [
    ["name", "text", "username"],
    ["password", "password", "current-password"],
    ["stay", "checkbox", ""],
  ]);
  assert.equal(await page.locator("iframe, canvas, img, video, audio, select").count(), 0, "no puzzle");
  await picture(page, "door-login");

  const sentences = [];
  for (const [who, what] of [[mira.user.name, "not the password"], ["nobody-of-this-name", PASSWORD]]) {
    await paste(name, who);
    await paste(password, what);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator(".notice").waitFor();
    await until("answered", () => page.getByRole("button", { name: "Log in" }).isEnabled());
    const notices = page.locator("form .hint, .notice");
    assert.equal(await notices.count(), 1, "one sentence");
    assert.equal(await page.locator(".notice").getAttribute("role"), "alert");
    sentences.push(await notices.innerText());
    assert.equal(await page.locator("[aria-invalid]").count(), 0, "neither field is blamed");
    assert.equal(await name.inputValue(), who, "nothing is lost");
    if (sentences.length === 1) await picture(page, "door-login-wrong");
  }
  assert.equal(new Set(sentences).size, 1, "nobody learns which names there are");
  assert.match(sentences[0], /^That name and password do not go together\./);
  await page.getByText("An admin of Lantern can give you another password.").waitFor(); // there is no other way

  await paste(name, mira.user.name);
  await paste(password, PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Search" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/search");

  const door = await openPage(await openWindow(null, { url: server.url }), `/join#${server.invite_code}`);
  await door.getByRole("button", { name: "Come in" }).waitFor();
  assert.deepEqual(await fields(door), [["display", "text", "name"], ["password", "password", "new-password"]]);
  await door.context().close();
  await context.close();
});
