// Conversations of two: begun from the list, the details and Ctrl+K, live on the other side, strong while unread, called by
// the other one everywhere, and with nothing on offer that the server would refuse.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import {
  SIZES, box, connectedShown, endAll, enter, fill, message, openLine, openPage, openPlace, openWindow, overflow, picture, roomShown, stored, until,
  write,
} from "../support/browser.mjs";

let server, mira, jonas, priya, teo, zora;

before(async () => {
  ({ server, people: [mira, jonas, priya, teo, zora] } = await openPlace(["Jonas Lindqvist", "Priya Nair", "Teo Brandt", "Zora Quill"]));
});
after(endAll);

const list = (page) => page.getByRole("navigation", { name: "Rooms" });
const section = (page, id) => list(page).locator(`section[aria-labelledby="list-${id}"]`);
const row = (page, name) => list(page).locator("a.room-link").filter({ has: page.getByText(name, { exact: true }) });
const names = (page, id) => section(page, id).locator("a.room-link .label").allInnerTexts();
const details = (page) => page.locator("aside.details");
const isFocused = (locator) => locator.evaluateAll((all) => all.includes(document.activeElement));
const focused = (locator) => until(`the focus on ${locator}`, () => isFocused(locator));
const direct = async (from, to) => (await from.call("room.direct", { user: to.user.id })).id;

/** Some key, until the focus is on what the locator names. */
async function goTo(page, locator, key = "Tab") {
  for (let i = 0; i < 40 && !(await isFocused(locator)); i++) await page.keyboard.press(key);
  await focused(locator);
}

/** What axe finds in a page as it is, as "rule: element". */
async function findings(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}

test("a conversation begun from the list is there for the other one at once, strong while unread, and answered", async () => {
  const [page, other] = [await enter(mira, "/room/1", { url: server.url }), await enter(jonas, "/room/1", { url: server.url })];
  await Promise.all([page, other].map((one) => roomShown(one, "general")));
  await box(other).fill("half a sentence");
  await list(page).getByRole("button", { name: "New message" }).click();
  const dialog = page.getByRole("dialog", { name: "New message" });
  const options = dialog.getByRole("option");
  await options.first().waitFor();
  assert.deepEqual(await options.locator(".label").allInnerTexts(), ["Jonas Lindqvist", "Nook", "Priya Nair", "Teo Brandt", "Zora Quill"]);
  await picture(page, "direct-new");
  assert.deepEqual(await findings(page), []);
  await page.keyboard.type("jon");
  await until("one to be left", async () => (await options.count()) === 1);
  await options.click();
  await dialog.waitFor({ state: "detached" });
  await roomShown(page, "Jonas Lindqvist");
  await page.getByRole("heading", { name: "This is the beginning of your conversation with Jonas Lindqvist" }).waitFor();
  await focused(box(page));
  assert.equal(await box(page).getAttribute("placeholder"), "Message Jonas Lindqvist");
  await page.locator("main header").getByText("here now").waitFor();
  assert.equal(await page.title(), "Jonas Lindqvist · Lantern");
  await picture(page, "direct-start");
  assert.deepEqual(await findings(page), []);

  await row(other, "Mira Okafor").waitFor();
  assert.deepEqual(await names(other, "people"), ["Mira Okafor"]);
  await write(page, "Lunch at noon?");
  await stored(page, "Lunch at noon?").waitFor();
  await write(page, "Or at one?");
  const count = row(other, "Mira Okafor").locator(".count.mention");
  await until("two to be counted", async () => (await count.getAttribute("aria-label").catch(() => "")) === "2 unread, to you");
  assert.equal(await count.innerText(), "2");
  assert.deepEqual(await names(other, "unread"), ["Mira Okafor"]);
  await until("the title to count them", async () => (await other.title()) === "(2) general · Lantern");
  assert.equal(await box(other).inputValue(), "half a sentence");
  assert.ok(await isFocused(box(other)), "nobody's place is stolen");
  await picture(other, "direct-unread");
  assert.deepEqual(await findings(other), []);

  await row(other, "Mira Okafor").click();
  await roomShown(other, "Mira Okafor");
  await write(other, "At one.");
  await stored(page, "At one.").waitFor();
  await until("it to be read", async () => (await row(other, "Mira Okafor").locator(".count").count()) === 0);
  for (const one of [page, other]) await one.reload();
  await roomShown(page, "Jonas Lindqvist");
  await roomShown(other, "Mira Okafor");
  await stored(page, "At one.").waitFor();
  assert.deepEqual(await names(page, "people"), ["Jonas Lindqvist"]);
  await Promise.all([page, other].map((one) => one.context().close()));
});

test("from the details of a room to one of its members; oneself cannot be written to", async () => {
  const page = await enter(mira, "/room/1", { url: server.url });
  await roomShown(page, "general");
  const ways = details(page).getByRole("button", { name: /^Message / });
  await details(page).locator("li.person").first().waitFor();
  assert.deepEqual((await ways.evaluateAll((all) => all.map((e) => e.ariaLabel))).sort(), [
    "Message Jonas Lindqvist", "Message Nook", "Message Priya Nair", "Message Teo Brandt", "Message Zora Quill",
  ]);
  await picture(page, "direct-details-general");
  await ways.and(page.getByRole("button", { name: "Message Priya Nair" })).click();
  await roomShown(page, "Priya Nair");
  await page.goBack();
  await roomShown(page, "general");
  await details(page).getByRole("button", { name: "Message Nook" }).click();
  await roomShown(page, "Nook");
  await page.getByRole("button", { name: "Who is here?" }).click();
  await page.locator("#log .run").first().waitFor();
  await box(page).fill("how is the server");
  await box(page).press("Enter");
  await page.locator("#log .run").nth(1).waitFor(); // nothing needs its name there
  await picture(page, "direct-nook");

  // an admin's list of people leads there too
  await page.goto(`${server.url}/admin/people`);
  const accounts = page.getByRole("region", { name: "Table of people" });
  await accounts.getByText("Zora Quill").waitFor();
  assert.equal(await accounts.getByRole("button", { name: "Message Mira Okafor" }).count(), 0);
  await picture(page, "direct-admin-people");
  await accounts.getByRole("button", { name: "Message Priya Nair" }).click();
  await roomShown(page, "Priya Nair");
  await page.context().close();
});

test("by keyboard alone: Ctrl+K finds who there is no conversation with yet, arrows choose, the list is one stop", async () => {
  const context = await openWindow(teo, { url: server.url });
  await context.addInitScript(() => {
    window.pointed = 0;
    for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => window.pointed++, true);
  });
  const page = await openPage(context, "/room/1");
  await connectedShown(page);
  await roomShown(page, "general");
  const { keyboard } = page;
  const find = page.getByRole("dialog", { name: "Find a room or a person" });
  await keyboard.press("Control+k");
  await keyboard.type("priya");
  await find.getByRole("list", { name: "People" }).getByRole("button", { name: "Message Priya Nair" }).waitFor();
  await picture(page, "direct-find");
  assert.deepEqual(await findings(page), []);
  await keyboard.press("Enter");
  await roomShown(page, "Priya Nair");
  await focused(box(page));
  await keyboard.press("Control+k");
  await keyboard.type("priya");
  await find.getByRole("list", { name: "Rooms you are in" }).getByText("Priya Nair").waitFor();
  assert.equal(await find.getByRole("button", { name: "Message Priya Nair" }).count(), 0, "there is one already");
  await keyboard.press("Escape"); // the words
  await keyboard.press("Escape");
  await find.waitFor({ state: "detached" });

  await goTo(page, page.getByRole("button", { name: "New message" }), "Shift+Tab");
  await keyboard.press("Enter");
  const to = page.getByRole("combobox", { name: "To whom" });
  await focused(to);
  const chosen = page.getByRole("option", { selected: true });
  await chosen.getByText("Jonas Lindqvist").waitFor();
  await keyboard.press("ArrowDown");
  await chosen.getByText("Mira Okafor").waitFor();
  assert.equal(await to.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowUp");
  await chosen.getByText("Zora Quill").waitFor(); // round the end
  await keyboard.press("Enter");
  await roomShown(page, "Zora Quill");
  await focused(box(page));
  await keyboard.press("Alt+ArrowUp");
  await roomShown(page, "Priya Nair");
  await goTo(page, row(page, "Priya Nair"), "Shift+Tab");
  await keyboard.press("ArrowDown");
  assert.ok(await isFocused(row(page, "Zora Quill")));
  assert.equal(await page.evaluate(() => window.pointed), 0, "no pointer");
  await context.close();
});

test("nothing is on offer that the server would refuse, and nothing is called by what the server calls it", async () => {
  const room = await direct(mira, jonas);
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "Jonas Lindqvist");
  await details(page).locator("li.person").first().waitFor();
  await details(page).getByText("Only the two of you read and write here.").waitFor();
  for (const name of [/^Leave/, /^Invite/, /^Change/, /members$/, "Message Jonas Lindqvist", "Message Mira Okafor"])
    assert.equal(await page.getByRole("button", { name }).count(), 0, `${name}`);
  await details(page).getByRole("button", { name: "Message Nook" }).waitFor();
  assert.equal(await page.locator("main header").getByRole("img").count(), 0, "no lock");
  await picture(page, "direct-details");

  await page.getByRole("link", { name: "Search in your conversation with Jonas Lindqvist" }).click();
  await page.getByText("Search in your conversation with Jonas Lindqvist.").waitFor();
  assert.equal(await page.getByRole("combobox", { name: "In" }).evaluate((one) => one.selectedOptions[0].text), "with Jonas Lindqvist");
  await page.getByRole("searchbox").fill("lunch");
  await page.locator(".hits .where").getByText("with Jonas Lindqvist").waitFor();
  await picture(page, "direct-search");
  await page.locator("a.hit").click();
  await roomShown(page, "Jonas Lindqvist");
  assert.doesNotMatch(await page.content(), /direct \d/);
  await page.context().close();
});

test("two windows and a line that broke: the conversation is in all of them, read in one is read in both", async () => {
  const line = await openLine(server.port);
  const away = await enter(zora, "/room/1", { url: line.url });
  const near = await enter(zora, "/room/1", { url: server.url });
  await roomShown(near, "general");
  await roomShown(away, "general");
  line.refuse();
  await away.locator('.link-state[data-state="reconnecting"]').waitFor();
  const room = await direct(priya, zora);
  await fill(priya, room, ["Are you there?"]);
  line.accept();
  for (const one of [away, near]) await row(one, "Priya Nair").getByRole("img", { name: "1 unread, to you" }).waitFor();
  await row(near, "Priya Nair").click();
  await stored(near, "Are you there?").waitFor();
  await until("both to agree", async () => (await row(away, "Priya Nair").locator(".count").count()) === 0);

  // the pointer is over the list of one: who is new stands last there until it leaves
  const shows = (wanted) => until(`people ${wanted}`, async () => (await names(near, "people")).join() === wanted.join());
  await direct(zora, teo);
  await row(near, "Teo Brandt").click();
  await near.mouse.move(900, 300);
  await shows(["Priya Nair", "Teo Brandt"]);
  await row(near, "Teo Brandt").hover();
  const place = await row(near, "Teo Brandt").boundingBox();
  await direct(mira, zora);
  await row(near, "Mira Okafor").waitFor();
  assert.deepEqual(await names(near, "people"), ["Priya Nair", "Teo Brandt", "Mira Okafor"]);
  assert.deepEqual(await row(near, "Teo Brandt").boundingBox(), place);
  await near.mouse.move(900, 300);
  await shows(["Mira Okafor", "Priya Nair", "Teo Brandt"]);
  await Promise.all([near, away].map((one) => one.context().close()));
});

test("on a phone, in light and dark, it is all there", async () => {
  const room = await direct(mira, jonas);
  await fill(jonas, room, ["From the train"]);
  for (const theme of ["light", "dark"]) {
    for (const [name, viewport] of Object.entries({ phone: SIZES.phone, least: SIZES.least })) {
      const page = await enter(mira, "/", { url: server.url, viewport, hasTouch: true, colorScheme: theme });
      await row(page, "Jonas Lindqvist").waitFor();
      await picture(page, `direct-list-${theme}-${name}`);
      assert.ok((await overflow(page)) <= 0);
      await page.getByRole("button", { name: "New message" }).tap();
      await page.getByRole("option").first().waitFor();
      await picture(page, `direct-new-${theme}-${name}`);
      await page.getByRole("option", { name: /^Jonas/ }).tap();
      await roomShown(page, "Jonas Lindqvist");
      await picture(page, `direct-room-${theme}-${name}`);
      assert.ok((await overflow(page)) <= 0);
      await page.getByRole("button", { name: "Details", exact: true }).tap();
      await details(page).locator("li.person").first().waitFor();
      await picture(page, `direct-details-${theme}-${name}`);
      assert.deepEqual(await findings(page), [], `${theme} ${name}`);
      await page.context().close();
    }
  }
});

test("who is erased is called so at once; the conversation stays, and no way leads to them", async () => {
  const room = await direct(mira, teo);
  await fill(teo, room, ["Goodbye"]);
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "Teo Brandt");
  await stored(page, "Goodbye").waitFor();
  await mira.call("user.erase", { user: teo.user.id, messages: "keep" });
  await roomShown(page, "Erased person");
  await until("the list to say so", async () => (await names(page, "people")).includes("Erased person"));
  await details(page).getByText("Only you are left here.").waitFor();
  await picture(page, "direct-erased");
  await page.getByRole("button", { name: "New message" }).click();
  await page.getByRole("option").first().waitFor();
  assert.equal(await page.getByRole("option").filter({ hasText: /Teo|Erased/ }).count(), 0);
  await page.keyboard.press("Escape");
  await write(page, "A note to nobody");
  await stored(page, "A note to nobody").waitFor();
  await page.reload();
  await roomShown(page, "Erased person");
  assert.equal(await message(page, "Goodbye").count(), 1);
  await page.context().close();
});
