// Reactions: chips below a message, live for everybody; the picker by mouse, keyboard and thumb; nothing jumps, and
// what the server does not take is taken back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  box, connectedShown, endAll, enter, fill, openLine, openPage, openPlace, openWindow, overflow, picture, readAll, roomShown, SIZES,
  stored, until,
} from "../support/browser.mjs";

let server, mira, jonas, priya, line;

before(async () => {
  ({ server, people: [mira, jonas, priya] } = await openPlace(["Jonas Lindqvist", "Priya Nair"]));
  line = await openLine(server.port);
});
after(endAll);

/** A room of these three with these messages of Jonas: {room, ids}. */
async function makeRoom(name, texts) {
  const { id: room } = await mira.call("room.create", { name, private: true });
  for (const other of [jonas, priya]) await mira.call("room.invite", { room, user: other.user.id });
  const ids = [];
  for (const [i, text] of texts.entries()) ids.push((await jonas.call("message.send", { room, text, key: `${name}-${i}` })).id);
  return { room, ids };
}

/** The window of somebody in a room whose last message is there. */
async function look(who, room, name, last, options = {}) {
  const page = await enter(who, `/room/${room}`, { url: server.url, ...options });
  await roomShown(page, name);
  await stored(page, last).first().waitFor();
  return page;
}

const row = (page, id) => page.locator(`article[data-id="${id}"]`);
const chips = (page, id) => row(page, id).locator(".reaction[aria-pressed]");
/** What the chips of a message say, and which are pressed. */
const told = (page, id) => chips(page, id).evaluateAll((all) => all.map((e) => `${e.getAttribute("aria-label")}${e.ariaPressed === "true" ? " *" : ""}`));
const shows = (page, id, wanted) => until(`chips ${JSON.stringify(wanted)}`, async () => JSON.stringify(await told(page, id)) === JSON.stringify(wanted));
const picker = (page) => page.getByRole("dialog", { name: "React" });
const field = (page) => page.getByRole("textbox", { name: "Find an emoji" });
const isFocused = (locator) => locator.evaluate((e) => e === document.activeElement);
const focused = (what, locator) => until(`${what} to have the focus`, () => isFocused(locator));
const react = (who, room, id, emoji) => who.call("reaction.add", { room, id, emoji });

/** 18 of them. */
const MANY = "👍 ❤️ 😂 🎉 👀 ✅ 🙏 🚀 🔥 💯 ✨ ⭐ 💡 🐛 ☕ 🍕 🎯 🏁".split(" ");

async function openPicker(page, id) {
  await row(page, id).hover();
  await row(page, id).getByRole("button", { name: "React", exact: true }).click();
  await picker(page).waitFor();
}

test("U23 a reaction is seen at once by everybody, repeated and taken away by one click, and is there after a reload", async () => {
  const { room, ids: [first, last] } = await makeRoom("chips", ["The kettle works again", "Tea at four?"]);
  const [page, other] = [await look(mira, room, "chips", "Tea at four?"), await look(priya, room, "chips", "Tea at four?")];
  await openPicker(page, last);
  await picture(page, "react-picker");
  await picker(page).getByRole("button", { name: "thumbs up" }).click();
  await picker(page).waitFor({ state: "detached" });
  await shows(page, last, ["👍 1, you among them. you *"]);
  await shows(other, last, ["👍 1. Mira Okafor"]);
  await chips(other, last).click();
  await shows(other, last, ["👍 2, you among them. Mira Okafor, you *"]);
  await shows(page, last, ["👍 2, you among them. you, Priya Nair *"]);
  assert.equal(await chips(page, last).getAttribute("title"), "you, Priya Nair");

  // the last chip adds another one
  await row(other, last).getByRole("button", { name: "Add a reaction" }).click();
  await field(other).fill("tea");
  await picker(other).getByRole("button", { name: "tea", exact: true }).click();
  await shows(page, last, ["👍 2, you among them. you, Priya Nair *", "🍵 1. Priya Nair"]);
  await react(jonas, room, first, "🎉");
  await shows(page, first, ["🎉 1. Jonas Lindqvist"]);
  await react(mira, room, first, "🎉"); // one's own, from somewhere else
  await shows(page, first, ["🎉 2, you among them. Jonas Lindqvist, you *"]);
  await picture(page, "react-chips");

  await chips(page, last).first().click();
  for (const [window, wanted] of [[page, ["👍 1. Priya Nair", "🍵 1. Priya Nair"]], [other, ["👍 1, you among them. you *", "🍵 1, you among them. you *"]]]) {
    await shows(window, last, wanted);
    await window.reload();
    await stored(window, "Tea at four?").waitFor();
    await shows(window, last, wanted);
  }
  const { messages } = await jonas.call("message.list", { room });
  assert.deepEqual(messages[1].reactions, [{ emoji: "👍", users: [priya.user.id] }, { emoji: "🍵", users: [priya.user.id] }]);

  // nobody has told the page, which is new, of who left: they are counted
  await priya.call("room.leave", { room });
  await shows(page, last, ["👍 1", "🍵 1"]);
  await jonas.call("message.delete", { room, id: last });
  await row(page, last).getByText("Message deleted by its author").waitFor();
  assert.equal(await row(page, last).locator(".reactions").count(), 0, "nothing is left below what was deleted");
  for (const window of [page, other]) await window.context().close();
});

test("U54 by keyboard alone: + opens the picker, arrows and words find, Enter takes, Escape gives the focus back", async () => {
  const { room, ids: [first, last] } = await makeRoom("keys", ["One", "Two"]);
  const page = await look(mira, room, "keys", "Two");
  const { keyboard } = page;
  await row(page, last).focus();
  await keyboard.press("+");
  await focused("the field", field(page));
  await keyboard.press("Escape");
  await picker(page).waitFor({ state: "detached" });
  await focused("the message", row(page, last));

  await keyboard.press("+");
  await field(page).waitFor();
  await keyboard.press("ArrowDown");
  await focused("the first", picker(page).getByRole("button", { name: "thumbs up" }));
  await keyboard.press("ArrowRight");
  await focused("the next", picker(page).getByRole("button", { name: "heart", exact: true }));
  await keyboard.press("ArrowDown");
  await focused("the one below", picker(page).getByRole("button", { name: "big smile" }));
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowUp");
  await focused("the field", field(page));
  await keyboard.type("xyzzy");
  await picker(page).getByText("No emoji has this word.").waitFor();
  await keyboard.press("Enter");
  await field(page).fill("rocket");
  await keyboard.press("Enter");
  await picker(page).waitFor({ state: "detached" });
  await shows(page, last, ["🚀 1, you among them. you *"]);
  await focused("the message", row(page, last));

  // to the chip with Tab, and away with Space: the focus stays at the message
  await keyboard.press("Tab");
  await focused("the chip", chips(page, last));
  await keyboard.press("Space");
  await shows(page, last, []);
  await focused("the message", row(page, last));
  await react(jonas, room, first, "👀");
  await shows(page, first, ["👀 1. Jonas Lindqvist"]);
  await keyboard.press("ArrowUp");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await shows(page, first, ["👀 2, you among them. Jonas Lindqvist, you *"]);
  await focused("the chip", chips(page, first));
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await picker(page).getByRole("button", { name: "eyes", pressed: true }).waitFor();
  await keyboard.press("Escape");
  await focused("the last chip", row(page, first).getByRole("button", { name: "Add a reaction" }));
  await page.context().close();
});

test("who is at the end stays there, who reads further up stays where they are, and nothing shifts", async () => {
  const { room, ids } = await makeRoom("places", Array.from({ length: 60 }, (_, i) => `Row ${i} of many`));
  await readAll(priya, room);
  const context = await openWindow(priya, { url: server.url });
  await context.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (!hadRecentInput) window.shifts.push(`${value.toFixed(4)} ${sources.map(({ node }) => `${node?.nodeName}.${node?.className ?? ""}`).join(" ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  const page = await openPage(context, `/room/${room}`);
  await connectedShown(page);
  await roomShown(page, "places");
  await stored(page, "Row 59 of many").waitFor();
  const below = () => page.locator("#log").evaluate((e) => e.scrollHeight - e.clientHeight - e.scrollTop);
  await until("the end to be there", async () => (await below()) < 1);
  await react(jonas, room, ids[59], "👍");
  await shows(page, ids[59], ["👍 1. Jonas Lindqvist"]);
  assert.ok((await below()) < 1, "still at the end, with the chips in sight");
  await react(jonas, room, ids[50], "👍");
  await shows(page, ids[50], ["👍 1. Jonas Lindqvist"]);
  assert.ok((await below()) < 1);

  const middle = row(page, ids[40]);
  await middle.evaluate((e) => e.scrollIntoView({ block: "center" }));
  const top = () => middle.evaluate((e) => e.getBoundingClientRect().top);
  const at = await top();
  for (const i of [20, 21, 59]) await react(mira, room, ids[i], "🎉");
  await shows(page, ids[20], ["🎉 1. Mira Okafor"]);
  await shows(page, ids[21], ["🎉 1. Mira Okafor"]);
  await shows(page, ids[59], ["👍 1. Jonas Lindqvist", "🎉 1. Mira Okafor"]);
  await until("it to be where it was", async () => Math.abs((await top()) - at) < 1);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);

  // reactions are nothing unread
  await page.getByRole("link", { name: /general/ }).first().click();
  await roomShown(page, "general");
  await react(jonas, room, ids[58], "👀");
  await react(mira, room, ids[59], "👀");
  const listed = (await priya.call("room.list")).rooms.find((r) => r.id === room);
  assert.deepEqual([listed.unread, listed.mentions], [0, 0]);
  const link = page.getByRole("link", { name: /places/ }).first();
  assert.equal(await link.getByRole("img", { name: /unread|mention/ }).count(), 0, "no count beside the room");
  await link.click();
  await shows(page, ids[58], ["👀 1. Jonas Lindqvist"]);
  await context.close();
});

test("what comes while the line is down is there after it, and one's own message is told of", async () => {
  const { room, ids: [first, last] } = await makeRoom("breaks", ["Mine", "Mine too"]);
  const page = await look(jonas, room, "breaks", "Mine too", { url: line.url });
  await react(priya, room, first, "👍");
  await shows(page, first, ["👍 1. Priya Nair"]);
  await page.locator("#say").getByText("Priya Nair reacted with 👍 to your message").waitFor({ state: "attached" });

  line.refuse();
  await page.locator('.link-state:not([data-state="connected"])').first().waitFor({ state: "attached" });
  await react(mira, room, last, "🎉");
  await priya.call("reaction.remove", { room, id: first, emoji: "👍" });
  await chips(page, first).click(); // nobody is there to take it
  await row(page, first).getByRole("alert").getByText("Your reaction was not saved. The server does not answer. Try again.").waitFor();
  await shows(page, first, ["👍 1. Priya Nair"]);
  line.accept();
  await connectedShown(page);
  await shows(page, first, []);
  await shows(page, last, ["🎉 1. Mira Okafor"]);
  await page.context().close();
});

test("what the server does not take is taken back, with its reason at the message", async () => {
  const { room, ids: [first, last] } = await makeRoom("refusals", ["Stays", "Goes"]);
  const context = await openWindow(mira, { url: server.url });
  const page = await openPage(context);
  let hold = false;
  const held = [];
  await page.routeWebSocket(/connection\/websocket/, (socket) => {
    const far = socket.connectToServer();
    socket.onMessage((data) => {
      const rest = String(data).split("\n").filter((text) => {
        const command = JSON.parse(text || "{}");
        if (!hold || !command.rpc?.method.startsWith("reaction.")) return true;
        held.push(() => socket.send(JSON.stringify({ id: command.id, error: { code: 100, message: "internal server error", temporary: true } })));
        return false;
      });
      if (rest.length) far.send(rest.join("\n"));
    });
  });
  await page.goto(`${server.url}/room/${room}`);
  await connectedShown(page);
  await stored(page, "Goes").waitFor();
  await react(jonas, room, first, "👍");
  await shows(page, first, ["👍 1. Jonas Lindqvist"]);

  // shown before there is an answer; each of two that fail leads back to where it began
  hold = true;
  await chips(page, first).click();
  await shows(page, first, ["👍 2, you among them. Jonas Lindqvist, you *"]);
  await until("the call", () => held.length === 1);
  held[0]();
  const alert = row(page, first).getByRole("alert");
  await alert.getByText("Your reaction was not saved. The server is busy. Try again.").waitFor();
  await shows(page, first, ["👍 1. Jonas Lindqvist"]);
  await picture(page, "react-refused");
  await chips(page, first).click();
  await chips(page, first).click();
  await until("both calls", () => held.length === 3);
  await shows(page, first, ["👍 1. Jonas Lindqvist"]);
  held[1]();
  held[2]();
  await alert.waitFor();
  await shows(page, first, ["👍 1. Jonas Lindqvist"]);
  hold = false;
  await chips(page, first).click();
  await alert.waitFor({ state: "detached" });
  await shows(page, first, ["👍 2, you among them. Jonas Lindqvist, you *"]);

  // one more than a message can have: the server's own sentence
  for (const emoji of MANY.slice(1)) await react(jonas, room, first, emoji);
  for (const emoji of ["🏆", "🎁"]) await react(jonas, room, first, emoji);
  await openPicker(page, first);
  await picker(page).getByRole("button", { name: "duck" }).click();
  await alert.getByText(/^Your reaction was not saved\. A message has at most 20 different emojis/).waitFor();
  assert.equal(await chips(page, first).count(), 20);

  // the message goes while an emoji is chosen for it
  await openPicker(page, last);
  await jonas.call("message.delete", { room, id: last });
  await row(page, last).getByText("Message deleted by its author").waitFor();
  await picker(page).getByRole("button", { name: "rocket" }).click();
  await row(page, last).getByRole("alert").getByText("Your reaction was not saved. The message was deleted.").waitFor();
  assert.equal(await chips(page, last).count(), 0);
  await context.close();
});

/** How far the log is wider than it shows. */
const logOverflow = (page) => page.locator("#log").evaluate((e) => e.scrollWidth - e.clientWidth);

/** The picker lies inside of the window, and so do all its emojis from side to side. */
async function assertInside(page, { width, height }) {
  const at = await picker(page).boundingBox();
  assert.ok(at.x >= 0 && at.y >= 0 && at.x + at.width <= width && at.y + at.height <= height, JSON.stringify(at));
  const least = await picker(page).locator(".emoji-grid button").evaluateAll((all) => all.reduce((rect, e) => {
    const { left, right, width: w, height: h } = e.getBoundingClientRect();
    return [Math.min(rect[0], left), Math.max(rect[1], right), Math.min(rect[2], w), Math.min(rect[3], h)];
  }, [Infinity, 0, Infinity, Infinity]));
  assert.ok(least[0] >= at.x && least[1] <= at.x + at.width && least[2] >= 24 && least[3] >= 36, least.join(" "));
}

for (const theme of ["light", "dark"]) {
  test(`chips and picker on a phone, by thumb, and in ${theme}`, async () => {
    const { room, ids } = await makeRoom(`looks ${theme}`, ["A message of some words that is long enough to need two lines on a phone", "```\ncode\n```", "And a short one"]);
    for (const emoji of MANY) await react(jonas, room, ids[0], emoji);
    for (const who of [jonas, mira, priya]) await react(who, room, ids[2], "❤️");
    await react(mira, room, ids[0], "🔥");
    await fill(mira, room, [`@${jonas.user.name} look`]);
    for (const [name, viewport] of Object.entries(SIZES)) {
      const touch = name === "wide" ? {} : { hasTouch: true, isMobile: true };
      const context = await openWindow(mira, { url: server.url, viewport, ...touch });
      await context.addCookies([{ name: "snug_theme", value: theme, url: server.url }]);
      const page = await openPage(context, `/room/${room}`);
      await connectedShown(page);
      await stored(page, "look").waitFor();
      await chips(page, ids[2]).waitFor();
      assert.equal(await chips(page, ids[0]).count(), MANY.length);
      assert.equal(await overflow(page), 0);
      assert.equal(await logOverflow(page), 0, "the chips wrap");
      await picture(page, `react-${theme}-${name}`);
      if (name === "wide") {
        for (const id of [ids[0], ids[2]]) {
          await openPicker(page, id);
          await assertInside(page, viewport);
          await picture(page, `react-picker-${theme}-${name}`);
          await page.keyboard.press("Escape");
        }
      } else {
        await row(page, ids[2]).getByText("And a short one").tap();
        await row(page, ids[2]).getByText("❤️ Jonas Lindqvist, you, Priya Nair").waitFor();
        const button = row(page, ids[2]).getByRole("toolbar").getByRole("button", { name: "React" });
        const { width, height } = await button.boundingBox();
        assert.ok(width >= 44 && height >= 44, `${width} x ${height}`);
        await picture(page, `react-tapped-${theme}-${name}`);
        await stored(page, "look").getByText("look").tap(); // one's own has the most buttons
        await stored(page, "look").getByRole("button", { name: "Delete" }).waitFor();
        assert.equal(await logOverflow(page), 0);
        await row(page, ids[2]).getByText("And a short one").tap();
        await button.tap();
        await picker(page).waitFor();
        assert.ok(!(await isFocused(field(page))), "no keyboard comes up");
        await assertInside(page, viewport);
        await picture(page, `react-picker-${theme}-${name}`);
        assert.equal(await overflow(page), 0);
        await page.touchscreen.tap(viewport.width / 2, 60); // beside it
        await picker(page).waitFor({ state: "detached" });
      }
      await context.close();
    }
  });
}
