// What one is called, changed on the page: others see it at once in all that was said, also who was away meanwhile.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAll, enter, openLine, openPlace, picture, roomShown } from "../support/browser.mjs";

let server, mira, jonas;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]));
});
after(endAll);

test("one's name is changed under Settings, and everybody sees it at once", async () => {
  await server.call("message.send", { room: "1", text: "said before", key: "j1" }, jonas.cookie);
  const direct = await server.call("room.direct", { user: "jonas" }, mira.cookie);
  const [page, theirs] = await Promise.all([
    enter(jonas, "/room/1", { url: server.url }),
    enter(mira, "/room/1", { url: server.url }),
  ]);
  await Promise.all([roomShown(page, "general"), roomShown(theirs, "general")]);
  const article = theirs.getByRole("article", { name: /^Jonas Lindqvist/ });
  await article.waitFor();

  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("button", { name: "Change name…" }).click();
  const dialog = page.getByRole("dialog", { name: "Change your name" });
  const name = dialog.getByLabel("Your name");
  assert.equal(await name.inputValue(), "Jonas Lindqvist");
  assert.ok(await name.evaluate((e) => e === document.activeElement), "one types at once");
  await picture(page, "called");
  await name.fill("   ");
  assert.ok(await dialog.getByRole("button", { name: "Change it" }).isDisabled());
  await name.fill("Jo Lindqvist");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Settings" }).getByText("Jo Lindqvist, logged in as jonas").waitFor();

  await theirs.getByRole("article", { name: /^Jo Lindqvist/ }).getByText("said before").waitFor();
  assert.equal(await article.count(), 0);
  await theirs.getByRole("link", { name: /^Jo Lindqvist/ }).waitFor(); // the conversation
  await theirs.getByRole("complementary", { name: "Details" }).getByText("Jo Lindqvist").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("article", { name: /^Jo Lindqvist/ }).waitFor();
  await Promise.all([page.context().close(), theirs.context().close()]);
  assert.equal((await server.call("room.list", {}, mira.cookie)).rooms.find((one) => one.id === direct.id).name, "Jo Lindqvist");
});

test("who was away sees it when the members are read again", async () => {
  const line = await openLine(server.port);
  const page = await enter(mira, "/room/1", { url: line.url });
  await roomShown(page, "general");
  await page.getByRole("article", { name: /^Jo Lindqvist/ }).waitFor();
  line.refuse();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await server.call("user.update", { display: "Jonas again" }, jonas.cookie);
  assert.equal(await page.getByRole("article", { name: /^Jonas again/ }).count(), 0, "nobody told this page");
  line.accept();
  await page.getByRole("article", { name: /^Jonas again/ }).waitFor();
  await page.context().close();
});
