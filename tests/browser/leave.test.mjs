// Leaving a room: at once where one can come back, asked about where one cannot.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, endAll, enter, openPlace, picture, roomShown } from "../support/browser.mjs";

let server, mira, jonas;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]));
});
after(endAll);

const mine = async () => (await mira.call("room.list")).rooms.map((room) => room.name);

test("a private room is left only after a question that says what it means; an open one at once", async () => {
  const { id } = await mira.call("room.create", { name: "planning", private: true });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  await mira.call("room.create", { name: "alone", private: true });
  await mira.call("room.create", { name: "kitchen" });
  const page = await enter(mira, `/room/${id}`, { url: server.url });
  await roomShown(page, "planning");
  const dialog = page.getByRole("dialog");
  const leave = page.locator("aside.details").getByRole("button", { name: /^Leave/ });

  await leave.click();
  await dialog.getByRole("heading", { name: "Leave planning?" }).waitFor();
  await dialog.getByText("you can come back only if somebody who is in it invites you").waitFor();
  await picture(page, "leave");
  await page.keyboard.press("Enter"); // what has the focus is the way back
  await dialog.waitFor({ state: "detached" });
  assert.ok((await mine()).includes("planning"));
  await leave.click();
  await dialog.getByRole("button", { name: "Leave the room" }).click();
  await roomShown(page, "general");
  assert.ok(!(await mine()).includes("planning"));

  await page.getByRole("link", { name: "alone" }).click();
  await roomShown(page, "alone");
  await leave.click();
  await dialog.getByText("you are the last one in it").waitFor();
  await page.setViewportSize(SIZES.phone);
  await picture(page, "leave-phone");
  await page.keyboard.press("Escape");
  await page.setViewportSize(SIZES.wide);

  await page.getByRole("link", { name: "kitchen" }).click();
  await roomShown(page, "kitchen");
  await leave.click();
  await roomShown(page, "general");
  assert.deepEqual(await mine(), ["general", "alone"]);
  await page.context().close();
});
