// An announcement of an admin shows on every page that is open, is said once, and goes when it is closed.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SIZES, box, connectedShown, endAll, enter, openPlace, overflow, picture } from "../support/browser.mjs";

after(endAll);

const card = (page) => page.getByRole("complementary", { name: "Announcement" });

test("S27 what an admin tells everybody is shown on every page, said, and closed by hand", async () => {
  const { server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]);
  const wide = await enter(jonas, "/", { url: server.url });
  const phone = await enter(mira, "/", { url: server.url, viewport: SIZES.least });
  for (const page of [wide, phone]) await connectedShown(page);
  await box(wide).fill("half a sentence");
  const text = "The server restarts at six.\nFinish your <b>sentences</b>, please.";
  const reached = await mira.call("place.announce", { text });
  assert.deepEqual(reached, { users: 2, connections: 2 });
  for (const page of [wide, phone]) {
    await card(page).waitFor();
    assert.match(await card(page).textContent(), /Mira Okafor to everybody, \d\d?:\d\d.*restarts at six\.\nFinish your <b>sentences<\/b>, please\./s);
    assert.match(await page.locator("#say").textContent(), /^Mira Okafor to everybody: The server restarts at six\./);
    assert.equal(await overflow(page), 0);
  }
  await picture(wide, "announced-wide");
  await picture(phone, "announced-phone");
  assert.equal(await box(wide).inputValue(), "half a sentence", "what one is writing stays");
  await card(wide).getByRole("button", { name: "Close the announcement" }).click();
  await card(wide).waitFor({ state: "detached" });
  await phone.reload();
  await connectedShown(phone);
  assert.equal(await card(phone).count(), 0, "it was for who was there");
});
