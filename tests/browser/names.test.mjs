// Names as people have them: long ones. What stands beside a name stays in sight, and what is cut can be read whole.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, box, endAll, enter, openPlace, picture, roomShown } from "../support/browser.mjs";

const PERSON = "Ana Sofía Ferreira-Lindström von und zu Hohenzollern-Sigmaringen";
const ROOM = "Everything about the summer fair, its tents and who brings them";
const TOPIC = "A topic that says so much about the room that no window is wide enough to show it in one line, not even a very wide one";
let server, mira, ana;

before(async () => {
  ({ server, people: [mira, ana] } = await openPlace([PERSON]));
});
after(endAll);

async function makeRoom(name, topic = "") {
  const { id } = await mira.call("room.create", { name, topic, private: true });
  await mira.call("room.invite", { room: id, user: ana.user.id });
  return id;
}

/** How much of an element's text is cut at its side, and what its tooltip says. */
const cut = (one) => one.evaluate((e) => ({ px: e.scrollWidth - e.clientWidth, title: e.title }));

test("a long name pushes nothing out of the details", async () => {
  const page = await enter(mira, `/room/${await makeRoom(ROOM)}`, { url: server.url });
  await roomShown(page, ROOM);
  for (const [name, viewport] of Object.entries({ wide: SIZES.wide, phone: SIZES.phone })) {
    await page.setViewportSize(viewport);
    const details = page.locator("aside.details");
    if (name === "phone") {
      await details.waitFor({ state: "hidden" }); // it is no pane there
      await page.getByRole("button", { name: "Details", exact: true }).click();
    }
    const inner = details.locator(".inner");
    await inner.getByText(PERSON).waitFor();
    assert.equal(await inner.evaluate((e) => e.scrollWidth - e.clientWidth), 0, `${name}: nothing lies beside the pane`);
    const edge = viewport.width;
    for (const part of [inner.getByRole("button", { name: "Change" }), inner.getByText("2 of 3 here"), inner.getByText("you", { exact: true }), inner.getByRole("button", { name: "Leave" })]) {
      const at = await part.boundingBox();
      assert.ok(at.x + at.width <= edge, `${name}: ${await part.textContent()} ends at ${at.x + at.width} of ${edge}`);
    }
    await picture(page, `names-details-${name}`);
  }
  const { px, title } = await cut(page.locator(".details .name").filter({ hasText: PERSON }));
  assert.ok(px > 0 && title.startsWith(PERSON), "what is cut is said whole");
  await page.context().close();
});

test("of somebody with a long name all stands in sight in the table of people, on a phone too", async () => {
  const page = await enter(mira, "/admin/people", { url: server.url, viewport: SIZES.phone });
  const row = page.locator("tbody tr").filter({ hasText: PERSON });
  await row.waitFor();
  const table = page.getByRole("region", { name: "Table of people" });
  assert.equal(await table.evaluate((e) => e.scrollWidth - e.clientWidth), 0, "nothing lies beside the table");
  assert.ok(await row.getByText(`@${ana.user.name}`).first().isVisible());
  const erase = await row.getByRole("button", { name: "Erase" }).boundingBox();
  assert.ok(erase.x + erase.width < SIZES.phone.width);
  await picture(page, "names-people-phone");
  await page.context().close();
});

test("the name of a room comes before its topic, and is said whole where it is cut", async () => {
  const short = await makeRoom("support-tier-2", TOPIC);
  const long = await makeRoom(`${ROOM}, again`, TOPIC);
  const page = await enter(mira, `/room/${short}`, { url: server.url });
  await roomShown(page, "support-tier-2");
  assert.deepEqual(await cut(page.locator("h1#room-name > span")), { px: 0, title: "support-tier-2" });
  const topic = await cut(page.locator(".topic"));
  assert.ok(topic.px > 0 && topic.title === TOPIC, "the topic is cut for it");
  await picture(page, "names-topic");

  const label = page.locator(`a.room-link[data-room="${long}"] .label`);
  const listed = await cut(label);
  assert.ok(listed.px > 0, "the list is narrower than this name");
  assert.equal(listed.title, `${ROOM}, again`);
  await page.setViewportSize(SIZES.phone);
  await page.goto(`${server.url}/room/${long}`);
  await page.locator("#log").waitFor();
  const head = await cut(page.locator("h1#room-name > span"));
  assert.ok(head.px > 0, "so is the head of a phone");
  assert.equal(head.title, `${ROOM}, again`);
  assert.ok((await box(page).boundingBox()).height < 50, "an empty box is one line high, whatever the room is called");
  await picture(page, "names-phone");
  await page.context().close();
});
