// One's own rooms: favourites stand by themselves, a muted one waits with what names one alone; on another page of the same person too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, endAll, enter, openLine, openPlace, picture, roomShown } from "../support/browser.mjs";

let server, mira, jonas;
const rooms = {};

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"]));
  for (const name of ["releases", "noise"]) {
    rooms[name] = (await server.call("room.create", { name, private: true }, mira.cookie)).id;
    await server.call("room.invite", { room: rooms[name], user: "jonas" }, mira.cookie);
  }
});
after(endAll);

const say = (room, text, key) => server.call("message.send", { room: rooms[room], text, key }, jonas.cookie);
const section = (page, name) => page.getByRole("navigation", { name: "Rooms" }).getByRole("region", { name });
const own = (page, name) => page.getByRole("complementary", { name: /^Details/ }).getByRole("button", { name });

test("a favourite stands by itself, a muted room is told of when it names one", async () => {
  const page = await enter(mira, `/room/${rooms.releases}`, { url: server.url });
  const second = await enter(mira, "/room/1", { url: server.url });
  await Promise.all([roomShown(page, "releases"), roomShown(second, "general")]);

  await own(page, "Favourite").click();
  await section(page, "Favourites").getByRole("link", { name: "releases" }).waitFor();
  assert.equal(await own(page, "Favourite").getAttribute("aria-pressed"), "true");
  await section(second, "Favourites").getByRole("link", { name: "releases" }).waitFor();

  await page.goto(`${server.url}/room/${rooms.noise}`);
  await roomShown(page, "noise");
  await own(page, "Mute").focus();
  await page.keyboard.press("Enter");
  const row = page.getByRole("link", { name: /noise/ });
  await row.getByRole("img", { name: "Muted" }).waitFor();
  await second.getByRole("link", { name: /noise/ }).getByRole("img", { name: "Muted" }).waitFor();
  await picture(page, "prefer");

  await say("noise", "on and on", "n1");
  await say("releases", "2.4 is out", "r1");
  await section(second, "Unread").getByRole("link", { name: /releases/ }).waitFor();
  assert.equal(await section(second, "Unread").getByRole("link", { name: /noise/ }).count(), 0);
  assert.match(await second.title(), /^\(1\)/);
  await page.goto(`${server.url}/room/1`);
  await roomShown(page, "general");
  await say("noise", "@mira look at this", "n2");
  await section(second, "Unread").getByRole("link", { name: /noise/ }).getByRole("img", { name: /^1 mention/ }).waitFor();
  await section(page, "Unread").getByRole("link", { name: /noise/ }).waitFor();
  await picture(second, "prefer-unread");
  await Promise.all([page.context().close(), second.context().close()]);

  const again = await enter(mira, `/room/${rooms.noise}`, { url: server.url });
  await roomShown(again, "noise");
  await own(again, "Mute").waitFor();
  assert.equal(await own(again, "Mute").getAttribute("aria-pressed"), "true", "it lasts");
  assert.equal((await server.call("room.list", {}, jonas.cookie)).rooms.some((room) => room.muted || room.favourite), false, "it is hers");
  await again.context().close();
});

test("what did not come through is taken back, and said", async () => {
  const line = await openLine(server.port);
  const page = await enter(jonas, `/room/${rooms.releases}`, { url: line.url, viewport: SIZES.phone });
  await roomShown(page, "releases");
  await page.getByRole("button", { name: /^(Details|Members)/ }).first().click();
  await own(page, "Mute").waitFor();
  line.refuse();
  await page.getByRole("status").getByText(/Connect/).first().waitFor();
  await own(page, "Mute").click();
  await page.getByRole("complementary").getByRole("alert").waitFor();
  assert.equal(await own(page, "Mute").getAttribute("aria-pressed"), "false");
  await picture(page, "prefer-phone");
  line.accept();
  await page.context().close();
});
