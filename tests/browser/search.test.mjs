// Search: what is typed and what is chosen say the same, hits are marked and lead to their place, more comes page by page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, box, endAll, enter, fill, openPlace, overflow, picture, roomShown, stored, until } from "../support/browser.mjs";

let server, mira, jonas, ops, team;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]));
  ({ id: ops } = await mira.call("room.create", { name: "ops", private: true }));
  ({ id: team } = await mira.call("room.create", { name: "Build team", private: true }));
  for (const room of [ops, team]) await mira.call("room.invite", { room, user: jonas.user.id });
  await fill(mira, ops, ["The backup ended at 03:12.", "See https://backups.example for all of them.", "Run `snug backup nightly.db` by hand."]);
  await fill(jonas, ops, ["Did the backup come through?", "The checksum of the backup matches: backup, backup."]);
  await fill(jonas, team, ["No backup of the build cache, please."]);
});
after(endAll);

const search = (page) => page.getByRole("searchbox");
const hits = (page) => page.locator(".hits .text");
const marks = (page) => page.locator(".hits mark");
const chosen = (page, name) => page.getByRole("combobox", { name }).evaluate((select) => select.selectedOptions[0].text);

/** Until the hits are these, by the beginning of their texts. */
async function found(page, begins) {
  await until(`hits: ${begins.join(", ")}`, async () => {
    const all = await hits(page).allInnerTexts();
    return all.length === begins.length && all.every((text, i) => text.startsWith(begins[i]));
  });
}

test("U34 a search is narrowed by what is typed and by what is chosen, and both say the same", async () => {
  const page = await enter(jonas, "/search", { url: server.url });
  await page.getByText("Search in the rooms you are in.").waitFor();
  await page.getByText("has:link has:code").waitFor();
  await picture(page, "search-empty");
  await search(page).fill("backup");
  await found(page, ["No backup", "The checksum", "Did the", "Run", "The backup"]);
  assert.deepEqual(await marks(page).allInnerTexts(), ["backup", "backup", "backup", "backup", "backup", "backup", "backup"]);

  await page.getByRole("combobox", { name: "From" }).selectOption({ label: "from Mira Okafor" });
  await found(page, ["Run", "The backup"]);
  assert.equal(await search(page).inputValue(), "backup from:mira");
  await page.getByRole("button", { name: "with code" }).click();
  await found(page, ["Run"]);
  assert.equal(await search(page).inputValue(), "backup from:mira has:code");
  assert.equal(await page.getByRole("button", { name: "with code" }).getAttribute("aria-pressed"), "true");
  await picture(page, "search-narrowed");
  await page.reload();
  await found(page, ["Run"]); // the address has it all
  assert.equal(await chosen(page, "From"), "from Mira Okafor");

  await search(page).fill('back* -from:mira in:"build team"');
  await found(page, ["No backup"]);
  assert.deepEqual(await marks(page).allInnerTexts(), ["backup"]);
  assert.equal(await chosen(page, "From"), "from anyone");
  await page.getByRole("button", { name: "Take away in build team" }).click();
  assert.equal(await search(page).inputValue(), "back* -from:mira");
  await found(page, ["No backup", "The checksum", "Did the"]);
  await page.getByRole("button", { name: "Take away not from mira" }).click();
  await found(page, ["No backup", "The checksum", "Did the", "Run", "See", "The backup"]);

  await page.getByRole("combobox", { name: "When" }).selectOption({ label: "yesterday" });
  await page.getByText("No message fits all of this.").waitFor();
  await page.getByRole("combobox", { name: "When" }).selectOption({ label: "last 7 days" });
  await found(page, ["No backup", "The checksum", "Did the", "Run", "See", "The backup"]);
  assert.match(await search(page).inputValue(), /^back\* after:\d{4}-\d\d-\d\d$/);
  await search(page).fill("back* before:2020-01-01");
  await until("a day that was typed", async () => (await chosen(page, "When")) === "when: as typed");
  await page.getByRole("combobox", { name: "When" }).selectOption({ label: "any time" });
  assert.equal(await search(page).inputValue(), "back*");
  await page.context().close();
});

test("U34 what cannot be found is said, in words", async () => {
  const page = await enter(jonas, "/search", { url: server.url });
  await search(page).fill("backup from:nobody-such");
  await page.getByRole("status").getByText('Nobody is called "nobody-such".').or(page.getByText('Nobody is called "nobody-such".')).first().waitFor();
  await page.getByText("No message fits all of this.").waitFor();
  await picture(page, "search-notes");
  await search(page).fill("backup from:jonas in:nowhere in:ops");
  await page.getByText('You are in no room called "nowhere".').waitFor();
  await found(page, ["The checksum", "Did the"]);
  await search(page).fill("on:yesterday");
  await page.getByText('"yesterday" is no day. Write it like 2026-11-01.').waitFor();
  await page.context().close();
});

test("U34 the best come first when they are asked for, more comes page by page, a hit leads to its place", async () => {
  await fill(mira, team, Array.from({ length: 60 }, (_, i) => `kettle number ${i}`));
  const page = await enter(jonas, "/search?q=kettle", { url: server.url });
  await page.getByText("The newest 50 messages").waitFor();
  assert.equal(await hits(page).count(), 50);
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByText("60 messages", { exact: true }).waitFor();
  const all = await hits(page).allInnerTexts();
  assert.deepEqual(all, Array.from({ length: 60 }, (_, i) => `kettle number ${59 - i}`));
  assert.equal(await page.getByRole("button", { name: "Older" }).count(), 0);

  await search(page).fill("backup");
  await found(page, ["No backup", "The checksum", "Did the", "Run", "The backup"]);
  await page.getByRole("combobox", { name: "Order" }).selectOption({ label: "best first" });
  await found(page, ["The checksum", "Did the", "The backup", "No backup", "Run"]);
  assert.equal(new URL(page.url()).searchParams.get("order"), "rank");
  await page.getByRole("combobox", { name: "Order" }).selectOption({ label: "newest first" });
  await found(page, ["No backup", "The checksum", "Did the", "Run", "The backup"]);

  await page.locator("a.hit").last().click();
  await roomShown(page, "ops");
  await stored(page, "The backup ended").waitFor();
  await until("the message is in view", () => stored(page, "The backup ended").isVisible());
  await page.goBack();
  await found(page, ["No backup", "The checksum", "Did the", "Run", "The backup"]);
  await page.context().close();
});

test("U34 a search is all there by keyboard, on a phone, in the dark", async () => {
  const page = await enter(jonas, `/room/${ops}`, { url: server.url, colorScheme: "dark" });
  await roomShown(page, "ops");
  await box(page).press("Control+Shift+F");
  await until("the box has the focus", () => search(page).evaluate((one) => one === document.activeElement));
  await page.keyboard.type("backup");
  await found(page, ["The checksum", "Did the", "Run", "The backup"]); // in the room one came from
  assert.equal(await chosen(page, "In"), "in ops");
  const stops = [];
  for (let i = 0; i < 9 && stops.at(-1) !== "A"; i++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.tagName));
    if (stops.at(-1) === "From") await page.keyboard.press("m"); // the first that begins so
  }
  assert.deepEqual(stops, ["Clear", "In", "From", "When", "BUTTON", "BUTTON", "BUTTON", "Order", "A"]);
  await picture(page, "search-dark");
  for (const [name, size] of Object.entries({ phone: SIZES.phone, least: SIZES.least })) {
    await page.setViewportSize(size);
    assert.ok((await overflow(page)) <= 0, `nothing is wider than ${name}`);
    await picture(page, `search-${name}-dark`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SIZES.phone);
  await picture(page, "search-phone");
  await page.context().close();
});
