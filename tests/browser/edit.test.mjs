// Editing one's own messages: in their place, by mouse and by keyboard; what others see of it; what is kept when it cannot be saved.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  box, connectedShown, endAll, enter, fill, openLine, openPage, openPlace, openWindow, overflow, picture, roomShown, SIZES, stored, until,
} from "../support/browser.mjs";

let server, mira, jonas, priya, line;

before(async () => {
  ({ server, people: [mira, jonas, priya] } = await openPlace(["Jonas Lindqvist", "Priya Nair"]));
  line = await openLine(server.port);
});
after(endAll);

/** A room of these three with a name of its own. */
async function makeRoom(name) {
  const { id } = await mira.call("room.create", { name, private: true });
  for (const other of [jonas, priya]) await mira.call("room.invite", { room: id, user: other.user.id });
  return id;
}

/** The window of somebody in a room whose last message is there. */
async function look(who, room, name, last, options = {}) {
  const page = await enter(who, `/room/${room}`, { url: server.url, ...options });
  await roomShown(page, name);
  await stored(page, last).first().waitFor();
  return page;
}

const row = (page, id) => page.locator(`article[data-id="${id}"]`);
const editBox = (page) => page.getByRole("textbox", { name: "Text of the message" });
const isFocused = (locator) => locator.evaluate((e) => e === document.activeElement);

test("a message is edited in its place, for everybody at once, with its mark and in quotes, and stays so", async () => {
  const room = await makeRoom("edits");
  await jonas.call("message.send", { room, text: "First of a group", key: "e0" });
  const sent = await jonas.call("message.send", { room, text: "We meet at nien", key: "e1" });
  await mira.call("message.send", { room, text: "Fine", key: "e2", reply_to: sent.id });
  const first = await jonas.call("message.send", { room, text: "A head of its wn", key: "e3" });
  await priya.call("message.send", { room, text: "Last", key: "e4" });
  const [author, other] = [await look(jonas, room, "edits", "Last"), await look(priya, room, "edits", "Last")];
  await row(other, sent.id).hover();
  await other.getByRole("toolbar", { name: "Message actions" }).waitFor();
  assert.equal(await other.getByRole("button", { name: "Edit", exact: true }).count(), 0, "not whose it is");
  const heights = () => other.locator("#log article").evaluateAll((rows) => rows.map((r) => Math.round(r.getBoundingClientRect().height)));
  const before = await heights();

  await row(author, sent.id).hover();
  await author.getByRole("button", { name: "Edit", exact: true }).click();
  assert.equal(await editBox(author).inputValue(), "We meet at nien");
  assert.ok(await isFocused(editBox(author)), "it has the focus");
  await picture(author, "edit-box");
  await editBox(author).fill("We meet at nine");
  await editBox(author).press("Enter");
  for (const page of [author, other]) {
    await row(page, sent.id).getByText("We meet at nine").waitFor();
    await page.locator(".quote", { hasText: "We meet at nine" }).waitFor();
    assert.equal(await page.getByText("nien").count(), 0, "the old text is nowhere");
    const mark = row(page, sent.id).locator(".edited");
    assert.match(await mark.getAttribute("title"), /^Edited [A-Z]\w+day, \d+ [A-Z]\w+ \d{4}, \d\d:\d\d:\d\d$/);
    assert.match(await row(page, sent.id).getAttribute("aria-label"), /^Jonas Lindqvist, \d\d:\d\d, edited$/);
  }
  assert.ok(await isFocused(row(author, sent.id)), "the focus is at the message again");
  assert.deepEqual(await heights(), before, "nothing moved for the others");

  await author.keyboard.press("e");
  await editBox(author).fill("We meet at nine");
  await editBox(author).press("Shift+Enter");
  await editBox(author).pressSequentially("or ten");
  await author.getByRole("button", { name: "Save", exact: true }).click();
  await row(other, sent.id).getByText("or ten").waitFor();
  await row(author, first.id).focus();
  await author.keyboard.press("e");
  await editBox(author).fill("A head of its own");
  await editBox(author).press("Enter");
  await row(other, first.id).locator("header .edited").waitFor();
  await picture(other, "edited");
  await other.reload();
  await row(other, sent.id).getByText("or ten").waitFor();
  await row(other, sent.id).locator(".edited").waitFor();
  for (const page of [author, other]) await page.context().close();
});

test("Escape and Cancel leave it as it is; Up in an empty box edits the newest of one's own", async () => {
  const room = await makeRoom("keys");
  await fill(jonas, room, ["Mine, the older", "Mine, the newer"]);
  await fill(mira, room, ["Not mine"]);
  const page = await look(jonas, room, "keys", "Not mine");
  await box(page).focus();
  await box(page).press("ArrowUp");
  assert.equal(await editBox(page).inputValue(), "Mine, the newer");
  assert.ok(await isFocused(editBox(page)));
  await editBox(page).fill("Something else");
  await editBox(page).press("Escape");
  await stored(page, "Mine, the newer").waitFor();
  assert.equal(await editBox(page).count(), 0);
  assert.ok(await isFocused(box(page)), "back in the box it came from");

  await box(page).press("ArrowUp");
  assert.equal(await editBox(page).inputValue(), "Mine, the newer", "what was cancelled is forgotten");
  await page.getByRole("button", { name: "Cancel" }).click();
  await box(page).fill("a draft");
  await box(page).press("ArrowUp");
  assert.equal(await editBox(page).count(), 0, "in a box with words Up is a key like others");
  await box(page).fill("");
  await box(page).press("ArrowUp");
  await editBox(page).fill("   ");
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled(), "a message has words");
  await editBox(page).press("Enter");
  await editBox(page).fill("Mine, edited by Up");
  await editBox(page).press("Enter");
  await stored(page, "Mine, edited by Up").waitFor();
  await until("the focus to be back", () => isFocused(box(page)));
  const { messages } = await jonas.call("message.list", { room });
  assert.deepEqual(messages.map((m) => [m.text, "edited" in m]), [["Mine, the older", false], ["Mine, edited by Up", true], ["Not mine", false]]);
  await page.context().close();
});

test("what cannot be saved says so at the box, and nothing typed is lost", async () => {
  const room = await makeRoom("trouble");
  const sent = await jonas.call("message.send", { room, text: "As it was", key: "t1" });
  const context = await openWindow(jonas, { url: line.url });
  const page = await openPage(context);
  let refuse = true;
  await page.routeWebSocket(/connection\/websocket/, (socket) => {
    const far = socket.connectToServer();
    socket.onMessage((data) => {
      const rest = String(data).split("\n").filter((text) => {
        const command = JSON.parse(text || "{}");
        if (command.rpc?.method !== "message.edit" || !refuse) return true;
        socket.send(JSON.stringify({ id: command.id, error: { code: 100, message: "internal server error", temporary: true } }));
        return false;
      });
      if (rest.length) far.send(rest.join("\n"));
    });
  });
  await page.goto(`${line.url}/room/${room}`);
  await connectedShown(page);
  await stored(page, "As it was").waitFor();
  await box(page).press("ArrowUp");
  await editBox(page).fill("As it is");
  await editBox(page).press("Enter");
  const form = page.getByRole("form", { name: "Edit message" });
  await form.getByRole("alert").getByText("Not saved. The server is busy. Try again.").waitFor();
  assert.equal(await editBox(page).inputValue(), "As it is");
  await picture(page, "edit-trouble");

  await editBox(page).fill("x".repeat(16_001));
  await form.getByText("1 characters over 16,000.").waitFor();
  assert.ok(await form.getByRole("button", { name: "Save" }).isDisabled());
  await editBox(page).fill("As it is");

  // The line breaks: Save says it, the text stays, another room and back too; then it goes through.
  refuse = false;
  line.refuse();
  const save = form.getByRole("button", { name: "Save when connected" });
  await save.waitFor();
  assert.ok(await save.isDisabled());
  await editBox(page).press("Enter");
  await form.getByText("Not connected. Your text stays here until you are back.").waitFor();
  assert.equal(await editBox(page).inputValue(), "As it is");
  await picture(page, "edit-offline");
  line.accept();
  await connectedShown(page);
  await page.getByRole("link", { name: /general/ }).first().click();
  await roomShown(page, "general");
  await page.getByRole("link", { name: /trouble/ }).first().click();
  await roomShown(page, "trouble");
  assert.equal(await editBox(page).inputValue(), "As it is");
  await mira.call("message.delete", { room, id: sent.id }); // the owner of the room takes it away meanwhile
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByRole("alert").getByText("Not saved. The message was deleted.").waitFor();
  assert.equal(await editBox(page).inputValue(), "As it is");
  await page.getByRole("button", { name: "Cancel" }).click();
  await row(page, sent.id).getByText("Message deleted by an owner of the room").waitFor();
  await context.close();
});

test("who reads further up stays where they are while messages above and below are edited", async () => {
  const room = await makeRoom("places");
  const ids = [];
  for (let i = 0; i < 60; i++) ids.push((await jonas.call("message.send", { room, text: `Row ${i} of many`, key: `p${i}` })).id);
  const page = await look(priya, room, "places", "Row 59 of many");
  const middle = row(page, ids[40]);
  await middle.evaluate((e) => e.scrollIntoView({ block: "center" }));
  const top = () => middle.evaluate((e) => e.getBoundingClientRect().top);
  const at = await top();
  const edit = (i, text) => jonas.call("message.edit", { room, id: ids[i], text });
  await edit(5, "Longer\n\nthan\n\nbefore, above");
  await edit(58, "Longer\n\nthan\n\nbefore, below");
  await row(page, ids[5]).getByText("before, above").waitFor();
  await row(page, ids[58]).getByText("before, below").waitFor();
  await until("it to be where it was", async () => Math.abs((await top()) - at) < 1);
  await page.context().close();
});

test("who is named by an edit has it counted, and read when it is seen", async () => {
  const room = await makeRoom("named");
  const sent = await jonas.call("message.send", { room, text: "For nobody", key: "n1" });
  const page = await look(priya, room, "named", "For nobody");
  const link = page.getByRole("link", { name: /named/ }).first();
  await until("it to be read", async () => (await priya.call("room.list")).rooms.find((r) => r.id === room).unread === 0);
  await page.getByRole("link", { name: /general/ }).first().click();
  await roomShown(page, "general");
  await jonas.call("message.edit", { room, id: sent.id, text: `For @${priya.user.name}` });
  await link.getByRole("img", { name: "1 mention, 0 unread" }).waitFor();
  await link.click();
  await row(page, sent.id).locator(".at").waitFor();
  assert.equal(await row(page, sent.id).getAttribute("data-mention"), "");
  await link.getByRole("img", { name: /mention/ }).waitFor({ state: "detached" });
  await until("it to be read", async () => (await priya.call("room.list")).rooms.find((r) => r.id === room).mentions === 0);
  await page.context().close();
});

test("a name is completed while a message is edited, and the search says that it was", async () => {
  const room = await makeRoom("completed");
  await jonas.call("message.send", { room, text: "Somebody waters the fern", key: "c1" });
  const page = await look(jonas, room, "completed", "waters the fern");
  await box(page).press("ArrowUp");
  await editBox(page).press("Home");
  await editBox(page).pressSequentially("@p");
  const people = page.getByRole("listbox", { name: "People" });
  await people.getByRole("option", { name: /Priya Nair/ }).waitFor();
  assert.equal(await people.getByRole("option").count(), 1);
  assert.equal(await editBox(page).getAttribute("aria-activedescendant"), await people.getByRole("option").getAttribute("id"));
  await picture(page, "edit-complete");
  await editBox(page).press("Escape");
  await people.waitFor({ state: "detached" });
  assert.equal(await editBox(page).inputValue(), "@pSomebody waters the fern", "Escape closed the list, not the box");
  await editBox(page).press("Backspace");
  await editBox(page).pressSequentially("p");
  await people.waitFor();
  await editBox(page).press("Enter");
  assert.equal(await editBox(page).inputValue(), `@${priya.user.name} Somebody waters the fern`);
  await editBox(page).press("Enter");
  await stored(page, "waters the fern").locator(".at", { hasText: "Priya" }).waitFor();
  await page.goto(`${server.url}/search?q=fern`);
  await page.locator("a.hit .edited").waitFor();
  assert.match(await page.locator("a.hit").innerText(), /completed, today \d\d:\d\d, edited/);
  await picture(page, "edit-found");
  await page.context().close();
});

for (const theme of ["light", "dark"]) {
  test(`the box and the mark on a phone and in ${theme}`, async () => {
    const room = await makeRoom(`looks ${theme}`);
    await fill(jonas, room, ["A message of some words that is long enough to need two lines on a phone", "And a short one", "```\ncode\n```"]);
    const { messages } = await jonas.call("message.list", { room });
    for (const m of messages) await jonas.call("message.edit", { room, id: m.id, text: `${m.text} `.replace("two lines", "**two** lines").replace("short", "shorter").replace("code", "more code") });
    for (const [name, viewport] of Object.entries({ wide: SIZES.wide, phone: SIZES.phone, least: SIZES.least })) {
      const context = await openWindow(jonas, { url: server.url, viewport });
      await context.addCookies([{ name: "snug_theme", value: theme, url: server.url }]);
      const page = await openPage(context, `/room/${room}`);
      await stored(page, "more code").waitFor();
      assert.equal(await page.locator("#log .edited").count(), 3);
      await picture(page, `edited-${theme}-${name}`);
      await box(page).focus();
      await box(page).press("ArrowUp");
      await editBox(page).waitFor();
      assert.equal(await overflow(page), 0);
      await picture(page, `edit-${theme}-${name}`);
      await context.close();
    }
  });
}
