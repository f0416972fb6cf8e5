// What the page tells while nobody looks at it: notifications of this browser, one a room. Headless Chromium shows none, so
// the page gets a class that notes them instead.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  SIZES, connectedShown, cover, endAll, fill, openLine, openPage, openPlace, openWindow, overflow, picture, readAll, roomShown,
  stored, until, write,
} from "../support/browser.mjs";

let server, mira, jonas, line;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]));
  line = await openLine(server.port);
});
after(endAll);

async function makeRoom(name) {
  const { id } = await mira.call("room.create", { name, private: true });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  return id;
}

/** In the page, before its scripts. The permission is the whole browser's; what is shown is noted by each tab. */
function fakes({ permission, answer, level }) {
  const kept = (key, first) => localStorage.getItem(key) ?? (localStorage.setItem(key, first), first);
  kept("test.permission", permission);
  if (level) kept("snug.notify", level);
  window.told = [];
  window.asked = 0;
  window.Notification = class {
    constructor(title, { body = "", tag = "" } = {}) {
      if (Notification.permission !== "granted") return;
      Object.assign(this, { title, body, tag, state: "open" });
      for (const former of window.told) if (former.tag === tag && former.state === "open") former.end("replaced");
      window.told.push(this);
    }
    static get permission() {
      return localStorage.getItem("test.permission");
    }
    static async requestPermission() {
      window.asked += 1;
      localStorage.setItem("test.permission", answer);
      return answer;
    }
    end(state) {
      this.state = state;
      queueMicrotask(() => this.onclose?.());
    }
    close() {
      if (this.state === "open") this.end("closed");
    }
  };
}

/** A browser of somebody with the fakes in it. */
async function openFake(who, { permission = "granted", answer = "granted", level = "", url = server.url, ...options } = {}) {
  const context = await openWindow(who, { url, ...options });
  await context.addInitScript(fakes, { permission, answer, level });
  return context;
}

async function openTab(context, room, name) {
  const page = await openPage(context, `/room/${room}`);
  await roomShown(page, name);
  await connectedShown(page);
  return page;
}

const told = (page) => page.evaluate(() => window.told.map(({ title, body, tag, state }) => ({ title, body, tag, state })));
const titles = async (page) => (await told(page)).map(({ title }) => title);
const toldOf = (page, title) => until(`told: ${title}`, async () => (await titles(page)).includes(title));
const choice = (page, name) => page.getByRole("group", { name: "Notifications" }).getByRole("radio", { name });

async function openSettings(page) {
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("dialog").locator('.entries[aria-busy="false"]').waitFor();
}

let words = 0;
/** What was told, less the last words: each is told in a room of its own, after all that came before it. */
async function lastWord(page) {
  const name = `last word ${++words}`;
  const room = await makeRoom(name);
  await readAll(mira, room);
  await fill(jonas, room, ["@mira this comes last"]);
  await toldOf(page, `Jonas Lindqvist mentioned you in ${name}`);
  return (await told(page)).filter(({ title }) => !title.includes("last word"));
}

test("the choice: Never at first, asked at the click, kept over a reload", async () => {
  const context = await openFake(mira, { permission: "default" });
  const page = await openTab(context, "1", "general");
  await openSettings(page);
  assert.equal(await choice(page, "Never").isChecked(), true);
  assert.equal(await page.evaluate(() => window.asked), 0, "nobody is asked before they choose");
  await picture(page, "notify-settings");
  await choice(page, "When I am mentioned").click();
  await until("asked", () => page.evaluate(() => window.asked === 1));
  await choice(page, "Every message").click();
  await page.reload();
  await openSettings(page);
  assert.equal(await choice(page, "Every message").isChecked(), true);
  assert.equal(await page.evaluate(() => window.asked), 0, "the browser has allowed it already");
  await choice(page, "Never").click();
  await page.reload();
  await openSettings(page);
  assert.equal(await choice(page, "Never").isChecked(), true, "Never is kept too");
  await context.close();
});

test("what the browser blocks stays Never, and the page says what to do about it", async () => {
  const context = await openFake(mira, { permission: "default", answer: "denied", viewport: SIZES.phone, colorScheme: "dark" });
  const page = await openPage(context, "/");
  await connectedShown(page);
  await openSettings(page);
  await choice(page, "Every message").click();
  const words = page.getByRole("alert").filter({ hasText: "The browser blocks notifications of this page. Allow them in its settings" });
  await words.waitFor();
  assert.equal(await choice(page, "Never").isChecked(), true);
  assert.equal(await overflow(page), 0);
  await words.scrollIntoViewIfNeeded();
  await picture(page, "notify-blocked-narrow-dark");
  await choice(page, "When I am mentioned").click();
  await until("asked again", () => page.evaluate(() => window.asked === 2));
  await until("stays", () => choice(page, "Never").isChecked());
  await context.close();

  const dismissed = await openFake(mira, { permission: "default", answer: "default" });
  const other = await openTab(dismissed, "1", "general");
  await openSettings(other);
  await choice(other, "Every message").click();
  await other.getByText("The browser was not told to allow them. Choose again, and it asks again.").waitFor();
  assert.equal(await choice(other, "Never").isChecked(), true);
  await dismissed.close();
});

test("what was allowed and is blocked since is Never, and says so", async () => {
  const context = await openFake(mira, { permission: "denied", level: "all" });
  const page = await openTab(context, "1", "general");
  await openSettings(page);
  assert.equal(await choice(page, "Never").isChecked(), true);
  await page.getByText("The browser blocks notifications of this page.").waitFor();
  await context.close();
});

test("where there are none the settings say why in one sentence", async () => {
  for (const [unmake, words] of [
    [() => Object.defineProperty(window, "isSecureContext", { value: false }), "only at an encrypted address (https)"],
    [() => delete window.Notification, "This browser offers none to a page in a tab."],
    [() => (window.Notification = class { constructor() { throw new TypeError("Illegal constructor"); } static permission = "default"; }),
      "This browser offers none to a page in a tab."],
  ]) {
    const context = await openFake(mira, { level: "all" });
    await context.addInitScript(unmake);
    const page = await openTab(context, "1", "general");
    await openSettings(page);
    await page.getByRole("dialog").getByText(words).waitFor();
    assert.equal(await choice(page, "Never").count(), 0);
    await context.close();
  }
});

test("a mention in another room is told, and a click leads to it", async () => {
  const [here, there] = [await makeRoom("here"), await makeRoom("there")];
  const context = await openFake(mira, { level: "mentions" });
  const page = await openTab(context, here, "here");
  await cover(page, true);
  await fill(jonas, there, ["Not for anybody", "**Look** here, @mira: `make` fails"]);
  await toldOf(page, "Jonas Lindqvist mentioned you in there");
  assert.deepEqual(await lastWord(page), [
    { title: "Jonas Lindqvist mentioned you in there", body: "Look here, @mira: make fails", tag: `snug-room-${there}`, state: "open" },
  ]);
  await cover(page, false);
  await page.evaluate((tag) => window.told.find((one) => one.tag === tag).onclick(), `snug-room-${there}`);
  await roomShown(page, "there");
  const row = stored(page, "Look here");
  await row.waitFor();
  assert.equal(new URL(page.url()).pathname, `/room/${there}/${await row.getAttribute("data-offset")}`);
  await until("closed", async () => (await told(page)).find(({ tag }) => tag === `snug-room-${there}`).state === "closed");
  await context.close();
});

test("nothing is told of one's own messages, of what is in view, or with Never", async () => {
  const [here, there] = [await makeRoom("in view"), await makeRoom("out of view")];
  const context = await openFake(mira, { level: "all" });
  const page = await openTab(context, here, "in view");
  await fill(jonas, here, ["@mira you see this"]);
  await stored(page, "you see this").waitFor();
  await write(page, "My own");
  await fill(mira, there, ["My own from elsewhere"]);
  assert.deepEqual(await lastWord(page), []);
  await cover(page, true);
  await fill(jonas, here, ["You do not see this"]);
  await toldOf(page, "Jonas Lindqvist in in view");
  await cover(page, false);
  await until("closed when it is seen", async () => (await told(page)).every(({ tag, state }) => tag !== `snug-room-${here}` || state === "closed"));

  await openSettings(page);
  await choice(page, "Never").click();
  await page.keyboard.press("Escape");
  await until("all are taken back", async () => (await told(page)).every(({ state }) => state !== "open"));
  const count = (await told(page)).length;
  await cover(page, true);
  await fill(jonas, there, ["@mira nobody tells you"]);
  await until("counted", () => page.evaluate(() => document.title.startsWith("(")));
  await openSettings(page);
  await choice(page, "When I am mentioned").click();
  await page.keyboard.press("Escape");
  await lastWord(page);
  assert.equal((await told(page)).length, count + 1, "only the last word");
  await context.close();
});

test("what came during a break is one notification a room, and what follows adds to it", async () => {
  const [here, one, two] = [await makeRoom("break here"), await makeRoom("break one"), await makeRoom("break two")];
  const context = await openFake(mira, { level: "all", url: line.url });
  const page = await openTab(context, here, "break here");
  await cover(page, true);
  line.refuse();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await fill(jonas, one, Array.from({ length: 5 }, (_, i) => `Meanwhile ${i}`));
  await fill(jonas, two, ["Once"]);
  await fill(jonas, here, ["In the open room", "and once more"]);
  line.accept();
  const all = await lastWord(page);
  const of = (room) => all.filter(({ tag }) => tag === `snug-room-${room}`);
  assert.deepEqual(of(one).map(({ title, body }) => [title, body]), [["5 new messages in break one", "Jonas Lindqvist: Meanwhile 4"]]);
  assert.deepEqual(of(two).map(({ title, body }) => [title, body]), [["Jonas Lindqvist in break two", "Once"]]);
  assert.deepEqual(of(here).map(({ title }) => title), ["2 new messages in break here"]);

  await fill(jonas, one, ["Meanwhile 5"]);
  await toldOf(page, "6 new messages in break one");
  assert.deepEqual((await told(page)).filter(({ tag }) => tag === `snug-room-${one}`).map(({ state }) => state), ["replaced", "open"]);
  await readAll(mira, one);
  await until("read elsewhere", async () => (await told(page)).filter(({ tag }) => tag === `snug-room-${one}`).at(-1).state === "closed");
  await context.close();
});

test("two tabs tell once, not of what one of them shows, and the one takes over from the other", async () => {
  const [here, there] = [await makeRoom("first tab"), await makeRoom("second tab")];
  const context = await openFake(mira, { level: "all" });
  const first = await openTab(context, here, "first tab");
  const second = await openTab(context, here, "first tab");
  await cover(first, true);
  await cover(second, true);
  const both = async () => [...(await titles(first)), ...(await titles(second))];
  const one = (title) => until(`told once: ${title}`, async () => (await both()).includes(title));
  await fill(jonas, there, ["For one of two"]);
  await one("Jonas Lindqvist in second tab");
  await lastWord(first);
  assert.deepEqual((await both()).filter((title) => title.endsWith("second tab")), ["Jonas Lindqvist in second tab"]);
  assert.deepEqual(await titles(second), [], "the first tab tells");
  await readAll(mira, there);

  await fill(mira, there, Array.from({ length: 40 }, (_, i) => `One of many ${i}`));
  await second.goto(`${server.url}/room/${there}`); // visible again
  await roomShown(second, "second tab");
  await connectedShown(second);
  await second.locator("#log").hover();
  await second.mouse.wheel(0, -3000); // what comes is not read, but the room is looked at
  await stored(second, "For one of two").waitFor();
  await until("the log to be at its start", () => second.locator("#log").evaluate((log) => log.scrollTop === 0));
  await fill(jonas, there, ["Told by the room itself"]);
  await second.getByRole("button", { name: "1 new, from Jonas" }).waitFor();
  const after = await lastWord(first);
  assert.equal(after.length, 1, "nothing was told of it");

  await cover(second, true);
  await first.close();
  await fill(jonas, here, ["The second tells now"]);
  await toldOf(second, "Jonas Lindqvist in first tab");
  await context.close();
});
