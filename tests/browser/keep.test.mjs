// How long the place keeps messages: set by an admin with the keyboard alone, asked about before anything goes, and seen by others.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAll, enter, fill, openLine, openPlace, overflow, picture, roomShown, SIZES, stored, texts, until } from "../support/browser.mjs";

let server, mira, jonas;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"], { config: { retention: { age: "400d" } } }));
});
after(endAll);

/** A room of both with that many messages. */
async function makeRoom(name, count) {
  const { id } = await mira.call("room.create", { name, private: true });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  await fill(jonas, id, Array.from({ length: count }, (_, i) => `Number ${i} of ${name}`));
  return id;
}

async function openMessages(options = {}) {
  const page = await enter(mira, "/admin/messages", { url: server.url, ...options });
  await page.getByRole("heading", { level: 1, name: "Messages" }).waitFor();
  await page.getByRole("combobox", { name: "Messages are kept" }).waitFor();
  return page;
}

const control = (page, name) => page.getByRole("combobox", { name });
const save = (page) => page.getByRole("button", { name: "Save" });
const said = (page, words) => page.getByRole("status").getByText(words, { exact: true });
const choices = (select) => select.locator("option").allInnerTexts();
const details = (page) => page.getByRole("complementary", { name: /^Details of/ });
const reset = () => mira.call("place.update", { keep_days: 0, keep_messages: 0, keep_bytes: 0 });

test("a closer bound is asked about with the number of messages, and holds at once for everybody", async () => {
  const room = await makeRoom("releases", 130);
  const [page, other] = [await openMessages(), await enter(jonas, `/room/${room}`, { url: server.url })];
  await roomShown(other, "releases");
  await stored(other, "Number 129 of releases").waitFor();
  await details(other).getByText("This place keeps messages for 400 days.").waitFor();

  await said(page, "Now: Messages older than 400 days are deleted.").waitFor();
  assert.deepEqual(await choices(control(page, "Messages are kept")), [
    "for 400 days, as the server is set up", "for a day", "for 7 days", "for 30 days", "for 90 days", "for 180 days", "for a year",
  ]);
  assert.deepEqual((await choices(control(page, "Of each room"))).slice(0, 3), ["all messages", "the newest 100", "the newest 1,000"]);
  assert.deepEqual((await choices(control(page, "The database may grow"))).slice(0, 3), ["as far as the disk has room", "to 100 MB", "to 1 GB"]);
  assert.equal(await save(page).isDisabled(), true, "nothing has changed");

  await control(page, "Of each room").focus();
  await page.keyboard.press("ArrowDown");
  const then = "Messages older than 400 days are deleted. Each room keeps its newest 100 messages.";
  await said(page, `Once saved: ${then}`).waitFor();
  for (const key of ["Tab", "Tab", "Enter"]) await page.keyboard.press(key);
  const dialog = page.getByRole("dialog", { name: "Delete 30 messages?" });
  await dialog.getByText(`From now on: ${then}`).waitFor();
  await dialog.getByText("30 messages are over that, and go at once, for everybody and from the search too. They cannot be brought back.").waitFor();
  const leave = dialog.getByRole("button", { name: "Leave it" });
  assert.ok(await leave.evaluate((e) => e === document.activeElement), "Enter alone deletes nothing");
  await picture(page, "keep-less");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await save(page).evaluate((e) => e === document.activeElement), "the focus is back");
  assert.equal((await jonas.call("place.get")).keep.set.messages, 0);

  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await said(page, `Now: ${then}`).waitFor();
  assert.equal(await save(page).isDisabled(), true);
  await details(other).getByText("This place keeps messages for 400 days. This place keeps the newest 100 messages of each room.").waitFor();
  await until("they are gone", async () => (await jonas.call("message.list", { room, limit: 200 })).messages.length === 100);
  await other.reload();
  await stored(other, "Number 129 of releases").waitFor();
  await other.locator("#log").press("Home");
  await other.getByRole("heading", { name: "Older messages are not kept" }).waitFor();
  await other.getByText("This place keeps messages for 400 days. This place keeps the newest 100 messages of each room.").first().waitFor();
  await reset();
  await said(page, "Now: Messages older than 400 days are deleted.").waitFor();
  for (const one of [page, other]) await one.context().close();
});

test("what takes no message is saved without a question; what another admin sets comes by itself", async () => {
  const room = await makeRoom("brief", 2);
  const page = await openMessages();
  await control(page, "Messages are kept").selectOption("for 30 days");
  await save(page).click();
  await said(page, "Now: Messages older than 30 days are deleted.").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await control(page, "The database may grow").selectOption("to 1 GB");
  await mira.call("place.update", { keep_days: 90 });
  await said(page, "Once saved: Messages older than 90 days are deleted. While the database is over 1 GB, the oldest messages of all rooms are deleted.").waitFor();
  await save(page).click();
  await said(page, "Now: Messages older than 90 days are deleted. While the database is over 1 GB, the oldest messages of all rooms are deleted.").waitFor();
  assert.deepEqual((await jonas.call("place.get")).keep.set, { age_ms: 90 * 86_400_000, messages: 0, size_bytes: 1e9 });

  await page.goto(`${server.url}/room/${room}`);
  await roomShown(page, "brief");
  await details(page).getByText("This place keeps messages for 90 days. The oldest messages of all rooms go while there are more than 1 GB.").waitFor();
  await details(page).getByRole("button", { name: "Change brief" }).click();
  const dialog = page.getByRole("dialog", { name: "Change brief" });
  await dialog.getByText(/^This place keeps messages for 90 days, no longer\. What is older/).waitFor();
  const select = dialog.getByRole("combobox", { name: "Messages are kept" });
  assert.deepEqual(await choices(select), ["as long as this place keeps them: 90 days", "for a day", "for a week", "for 30 days", "for 90 days"]);
  await select.selectOption("for a week");
  await picture(page, "keep-room");
  await dialog.getByRole("button", { name: "Save" }).click();
  await details(page).getByText(/^The owners of this room keep its messages for 7 days\./).waitFor();
  assert.equal((await texts(page)).length, 2);
  await reset();
  await page.context().close();
});

test("a page that was away learns what has changed meanwhile", async () => {
  const line = await openLine(server.port);
  const page = await enter(jonas, "/room/1", { url: line.url });
  await roomShown(page, "general");
  await details(page).getByText("This place keeps messages for 400 days.").waitFor();
  line.refuse();
  await until("it is away", async () => (await page.locator('.link-state[data-state="connected"]').count()) === 0);
  await mira.call("place.update", { keep_days: 365 });
  line.accept();
  await details(page).getByText("This place keeps messages for a year.").waitFor();
  await reset();
  await page.context().close();
  line.close();
});

test("what the server refuses is said, and members only look", async () => {
  const page = await openMessages();
  const value = await control(page, "Messages are kept").evaluate((e) => {
    e.append(new Option("for 500 days", "500")); // as a page of before a restart with a closer configuration
    e.value = "500";
    e.dispatchEvent(new Event("change", { bubbles: true }));
    return e.value;
  });
  assert.equal(value, "500");
  await save(page).click();
  await page.getByRole("alert").getByText("keep_days must be a whole number from 0 to 400: the server's configuration keeps no more.").waitFor();
  const other = await enter(jonas, "/admin/messages", { url: server.url });
  await other.getByText("Only admins set how long messages are kept.").waitFor();
  assert.equal(await other.getByRole("link", { name: "Messages" }).count(), 0);
  for (const one of [page, other]) await one.context().close();
});

for (const theme of ["light", "dark"]) {
  test(`pictures of it, ${theme}`, async () => {
    const room = await makeRoom(`of ${theme}`, 130);
    for (const size of ["wide", "phone"]) {
      const page = await openMessages({ viewport: SIZES[size], colorScheme: theme });
      assert.ok((await overflow(page)) <= 0);
      await picture(page, `keep-${size}-${theme}`);
      await control(page, "Messages are kept").selectOption("for 30 days");
      await control(page, "Of each room").selectOption("the newest 100");
      await page.getByRole("status").getByText(/^Once saved: /).waitFor();
      await picture(page, `keep-changed-${size}-${theme}`);
      await save(page).click();
      await page.getByRole("dialog", { name: /^Delete \d+ messages\?$/ }).waitFor();
      assert.ok((await overflow(page)) <= 0);
      await picture(page, `keep-dialog-${size}-${theme}`);
      await page.keyboard.press("Escape");
      await page.goto(`${server.url}/room/${room}`);
      await roomShown(page, `of ${theme}`);
      if (size === "phone") await page.getByRole("button", { name: "Details", exact: true }).click();
      await details(page).getByText("This place keeps messages for 400 days.").waitFor();
      await picture(page, `keep-details-${size}-${theme}`);
      await page.context().close();
    }
  });
}
