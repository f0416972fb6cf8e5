// What can be done with a message, by tap: on a telephone there is no pointer to hover with.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SIZES, box, connectedShown, endAll, enter, openPlace, overflow, picture, roomShown, stored } from "../support/browser.mjs";

after(endAll);

test("U70 a tap on a message shows what can be done with it, large enough for a thumb; a tap elsewhere hides it", async () => {
  const { server, people: [mira] } = await openPlace();
  for (const [i, text] of ["The kettle is broken", "I have repaired it"].entries()) {
    await mira.call("message.send", { room: "1", text, key: `k${i}` });
  }
  const page = await enter(mira, "/room/1", { url: server.url, viewport: SIZES.phone, hasTouch: true, isMobile: true });
  await roomShown(page, "general");
  await connectedShown(page);
  const row = stored(page, "I have repaired it");
  const bar = row.getByRole("toolbar", { name: "Message actions" });
  await row.waitFor();
  assert.equal(await page.getByRole("toolbar").count(), 0, "nothing is shown before");
  await row.getByText("I have repaired it").tap();
  await bar.waitFor();
  for (const name of ["React", "Reply", "Copy link", "Who got it", "Edit", "Delete"]) {
    const { width, height } = await bar.getByRole("button", { name, exact: true }).boundingBox();
    assert.ok(width >= 44 && height >= 44, `${name}: ${width} x ${height}`);
  }
  assert.equal(await overflow(page), 0);
  await picture(page, "tap");
  await stored(page, "The kettle is broken").getByText("The kettle is broken").tap();
  await bar.waitFor({ state: "detached" });
  await row.getByText("I have repaired it").tap();
  await bar.getByRole("button", { name: "Edit", exact: true }).tap();
  const edit = page.locator(".edit");
  await edit.getByRole("textbox").fill("I have repaired it, it whistles");
  await edit.getByRole("button", { name: "Save" }).tap();
  await stored(page, "it whistles").waitFor();
  await stored(page, "it whistles").getByText("whistles").tap();
  await stored(page, "it whistles").getByRole("button", { name: "Reply" }).tap();
  await box(page).fill("Good");
  await page.getByRole("button", { name: /^Send/ }).tap();
  await page.locator("#log article").filter({ hasText: "Good" }).locator(".quote").waitFor();
  await page.context().close();
});
