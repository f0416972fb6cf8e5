// A room is found by a part of its name, whether one is in it or not, without the mouse; and what an icon does is said.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, box, endAll, enter, openPlace, picture, roomShown } from "../support/browser.mjs";

let server, mira, jonas;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]));
  for (let i = 1; i <= 30; i++) await mira.call("room.create", { name: `${i % 2 ? "garden" : "workshop"} ${i}`, private: i % 3 === 0 });
  await jonas.call("room.create", { name: "garden of Jonas", topic: "Beans" });
});
after(endAll);

test("Ctrl+K finds rooms one is in and rooms one could join; Enter goes there", async () => {
  const page = await enter(mira, "/room/1", { url: server.url });
  await roomShown(page, "general");
  await page.keyboard.press("Control+k");
  const dialog = page.getByRole("dialog", { name: "Find a room or a person" });
  const mine = dialog.getByRole("list", { name: "Rooms you are in" });
  const others = dialog.getByRole("list", { name: "Rooms you can join" });
  await others.getByText("garden of Jonas").waitFor();
  assert.equal(await mine.count(), 0, "before a word only what is new");

  const typed = dialog.getByRole("searchbox");
  const place = (await typed.boundingBox()).y;
  await page.keyboard.type("garden 1");
  await mine.getByText("garden 1", { exact: true }).waitFor();
  const names = await mine.locator(".entry-text b").allInnerTexts();
  assert.deepEqual(names, ["garden 1", "garden 11", "garden 13", "garden 15", "garden 17", "garden 19"]);
  assert.equal((await typed.boundingBox()).y, place, "the box does not move while one types");
  await picture(page, "find-room-typed");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await roomShown(page, "garden 1");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("no such name");
  await dialog.getByText("No room that you are in or could join has this in its name, and nobody is called so.").waitFor();
  await page.keyboard.press("Enter");
  assert.ok(await dialog.isVisible(), "there is nowhere to go to");
  await dialog.getByRole("searchbox").fill("beans");
  await page.setViewportSize(SIZES.phone);
  await picture(page, "find-room-phone");
  await dialog.getByRole("button", { name: "Join garden of Jonas" }).click();
  await roomShown(page, "garden of Jonas");
  await page.context().close();
});

test("Ctrl+/ and the settings show every key, as it is set", async () => {
  const page = await enter(mira, "/room/1", { url: server.url });
  await roomShown(page, "general");
  await page.keyboard.press("Control+/");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await dialog.getByText("Find a room or a person, and go there").waitFor();
  const shown = await dialog.locator("kbd").allInnerTexts();
  for (const key of ["Ctrl K", "Ctrl Shift F", "Alt \u2191", "F6", "Enter", "Shift Enter", "\u2191", "Esc", "R", "E", "C", "Delete"]) {
    assert.ok(shown.includes(key), `${key} is among ${shown}`);
  }
  await picture(page, "keys");
  await page.setViewportSize(SIZES.phone);
  await picture(page, "keys-phone");
  await page.setViewportSize(SIZES.wide);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.locator("#composer textarea:focus").waitFor();

  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("dialog").getByLabel("Ctrl+Enter sends").check();
  await picture(page, "settings-keys");
  await page.getByRole("dialog").getByRole("button", { name: "All keys" }).click();
  await dialog.locator("kbd").getByText("Ctrl Enter").waitFor(); // as it is set
  await page.keyboard.press("Escape");
  await page.context().close();
});

test("who makes a second room of a name is told, and may", async () => {
  const page = await enter(mira, "/room/1", { url: server.url });
  await roomShown(page, "general");
  await page.getByRole("button", { name: "New room" }).click();
  const dialog = page.getByRole("dialog", { name: "New room" });
  const same = dialog.getByText("You are in a room of this name already.");
  await dialog.getByLabel("Name").fill("Garden 7");
  await same.waitFor();
  await picture(page, "room-of-same-name");
  await dialog.getByLabel("Name").fill("Garden 77");
  await same.waitFor({ state: "detached" });
  await dialog.getByLabel("Name").fill("garden 7");
  await same.waitFor();
  await page.keyboard.press("Enter");
  await roomShown(page, "garden 7");
  await page.context().close();
});

test("every icon that stands alone says under the pointer what it does, and no two look the same for different things", async () => {
  const page = await enter(mira, "/room/1", { url: server.url });
  await roomShown(page, "general");
  await box(page).fill("Something to point at");
  await page.keyboard.press("Enter");
  const message = page.locator("#log article[data-offset]").first();
  await message.hover();
  await message.getByRole("toolbar").waitFor();
  await page.locator("aside.details").waitFor();
  const alone = await page.locator(".tool").evaluateAll((all) =>
    all
      .filter((e) => e.checkVisibility() && !e.innerText.trim())
      .map((e) => ({ says: e.getAttribute("aria-label"), title: e.title, icon: e.querySelector("use").getAttribute("href"), near: e.closest("nav") !== null })),
  );
  assert.ok(alone.length >= 8, `${alone.length} icons`);
  assert.deepEqual(alone.filter((one) => !one.title).map((one) => one.says), []);
  const crosses = alone.filter((one) => one.icon === "#i-close").map((one) => one.says);
  assert.deepEqual(crosses.filter((says) => !/^(Close|Clear|Do not)/.test(says)), [], "a cross takes nothing away for good");
  const inList = alone.filter((one) => one.near).map((one) => one.icon);
  assert.equal(new Set(inList).size, inList.length, inList.join(" "));
  await page.context().close();
});
