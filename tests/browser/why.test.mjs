// An admin sees for each member whether a message reached them, and how that is known.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SIZES, connectedShown, endAll, enter, openPlace, overflow, picture, roomShown, stored, until } from "../support/browser.mjs";

after(endAll);

const dialogOf = (page) => page.getByRole("dialog", { name: "Who got this message?" });

test("who got a message is told to an admin, member by member, with what proves it, and to nobody else", async () => {
  const people = ["Jonas Lindqvist", "Priya Raman", "Zoe Zimmer"];
  const { server, people: [mira, jonas, priya, zoe] } = await openPlace(people);
  const { id: room } = await mira.call("room.create", { name: "kettle", private: true });
  for (const one of [jonas, priya, zoe]) await mira.call("room.invite", { room, user: one.user.id });
  const reader = await enter(jonas, `/room/${room}`, { url: server.url });
  await roomShown(reader, "kettle");
  await connectedShown(reader);
  await mira.call("message.send", { room, text: "The kettle is repaired", key: "k1" });
  await stored(reader, "The kettle is repaired").waitFor();
  await until("jonas has read it", async () => (await jonas.call("room.list")).rooms.find((one) => one.id === room).unread === 0);
  const elsewhere = await enter(priya, "/room/1", { url: server.url });
  await connectedShown(elsewhere);

  const admin = await enter(mira, `/room/${room}`, { url: server.url });
  const row = stored(admin, "The kettle is repaired");
  await row.hover();
  await row.getByRole("button", { name: "Who got it" }).click();
  const dialog = dialogOf(admin);
  const heights = () => dialog.locator(".entry").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
  await dialog.locator(".entry").nth(2).waitFor();
  const before = await heights();
  await dialog.locator('.entries[aria-busy="false"]').waitFor();
  assert.deepEqual(await heights(), before, "nothing moves when the answers come");
  const entry = (who) => dialog.locator(`.entry[data-key="${who.user.id}"]`);
  await entry(jonas).and(admin.locator('[data-verdict="read"][data-kind="has"]')).waitFor();
  await entry(jonas).getByText("has read the room up to there, or further.").waitFor();
  await entry(jonas).getByText("How that is known").click();
  await entry(jonas).getByText("Their read mark is behind it.").waitFor();
  await entry(priya).and(admin.locator('[data-verdict="open"][data-kind="likely"]')).waitFor();
  await entry(zoe).and(admin.locator('[data-verdict="away"][data-kind="not"]')).waitFor();
  assert.equal(await entry(zoe).getByRole("img", { name: "Does not have it" }).count(), 1);
  assert.equal(await dialog.locator(".entry").count(), 3, "neither its author nor agents");
  await picture(admin, "why");
  await admin.setViewportSize(SIZES.phone);
  await admin.emulateMedia({ colorScheme: "dark" });
  assert.equal(await overflow(admin), 0);
  await picture(admin, "why-phone-dark");
  await admin.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  const theirs = stored(reader, "The kettle is repaired");
  await theirs.hover();
  await theirs.getByRole("toolbar", { name: "Message actions" }).waitFor();
  assert.equal(await theirs.getByRole("button", { name: "Who got it" }).count(), 0);
  for (const page of [reader, elsewhere, admin]) await page.context().close();
});
