// A line that breaks: the sign at once, words later, a way to hurry, writing all the while, and in the end nothing
// missing and nothing twice. Every page here counts how often its layout shifted by itself: never.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  SIZES, box, connectedShown, endAll, fill, keys, message, openLine, openPage, openPlace, openWindow, picture, roomShown, stored,
  until, write,
} from "../support/browser.mjs";

let server, mira, jonas, line;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"], {
    args: ["--client.recovery_max_publication_limit", "30"],
  }));
  line = await openLine(server.port);
});
after(endAll);

async function makeRoom(name) {
  const { id } = await mira.call("room.create", { name, private: true });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  return id;
}

const listed = async (room) => (await mira.call("message.list", { room, limit: 200 })).messages.map((m) => m.key);

/** Noted by the page itself: when its signs changed (ms since the page began), what its voices said, what shifted. */
function witness() {
  const seen = (window.seen = { signs: [], words: [], said: [], warned: [], shifts: [] });
  Math.random = () => 0.99; // the delays before the next try are then 0.5, 1, 2, 4 s
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      // a log that does not fill its height stands at its foot: a new row at the end lifts what is above it
      const moved = sources.filter(({ node }) => !node?.matches?.("#log > .column"));
      const what = moved.map(({ node }) => `${node?.nodeName}.${node?.className ?? ""}`);
      if (moved.length && !hadRecentInput) seen.shifts.push(`${value.toFixed(4)} ${what.join(" ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
  const push = (list, value) => {
    if (value && list.at(-1)?.value !== value) list.push({ value, at: performance.now() });
  };
  new MutationObserver(() => {
    push(seen.signs, document.querySelector(".link-state")?.dataset.state);
    push(seen.words, document.querySelector(".status-line")?.dataset.state);
    push(seen.said, document.querySelector("#say")?.textContent.trim());
    push(seen.warned, document.querySelector("#warn")?.textContent.trim());
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

/** A page on the line, in a room of its own. */
async function enter(name, who = mira) {
  const room = await makeRoom(name);
  const context = await openWindow(who, { url: line.url });
  await context.addInitScript(witness);
  const page = await openPage(context, `/room/${room}`);
  await roomShown(page, name);
  await connectedShown(page);
  return { page, room };
}

const seen = (page) => page.evaluate(() => window.seen);
const now = (page) => page.evaluate(() => performance.now());
const firstAfter = (list, value, at) => list.find((one) => one.value === value && one.at >= at);
const status = (page) => page.locator(".status-line");

/** U47, at the end of each test. */
async function nothingShifted(page) {
  assert.deepEqual((await seen(page)).shifts, [], "the layout never shifts by itself");
}

test("U36 U37 U38 the sign at once, words after 2 s, a countdown with Try now, and gone by itself", async () => {
  const { page } = await enter("broken line");
  const began = await now(page);
  line.refuse();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await page.getByText("Connecting again…").waitFor();
  await status(page).and(page.locator('[data-state="reconnecting"]')).waitFor();
  const { signs, words } = await seen(page);
  const sign = firstAfter(signs, "reconnecting", began);
  const word = firstAfter(words, "reconnecting", began);
  assert.ok(sign.at - began < 500, `the sign came after ${sign.at - began} ms`);
  assert.ok(word.at - sign.at >= 1900, `the words came ${word.at - sign.at} ms after the sign`);
  assert.ok(word.at - sign.at < 3500, `the words came ${word.at - sign.at} ms after the sign`);

  await status(page).getByText(/^Connecting again in [34] s\. You can keep writing\.$/).waitFor();
  await status(page).getByText(/^Connecting again in [12] s\./).waitFor(); // it counts
  await status(page).getByText(/^Connecting again in [5-8] s\./).waitFor(); // the next, longer pause
  await picture(page, "reconnecting");
  line.accept();
  const asked = await now(page);
  await page.getByRole("button", { name: "Try now" }).click();
  await connectedShown(page);
  const up = firstAfter((await seen(page)).signs, "connected", asked);
  assert.ok(up.at - asked < 2000, "it does not wait for the countdown");
  await status(page).and(page.locator('[data-state="none"]')).waitFor();
  assert.equal(await page.getByRole("button", { name: "Try now" }).count(), 0, "nothing is left to click away");
  await nothingShifted(page);
  await page.context().close();
});

test("U37 the way to hurry is whole on a phone too, and the message box keeps its height", async () => {
  const { page } = await enter("broken line on a phone");
  await page.setViewportSize(SIZES.phone);
  const height = async () => (await box(page).boundingBox()).height;
  const before = await height();
  line.refuse();
  const hurry = page.getByRole("button", { name: "Try now" });
  await hurry.waitFor();
  const [button, edge] = [await hurry.boundingBox(), await status(page).boundingBox()];
  assert.ok(button.x + button.width <= edge.x + edge.width, `it ends at ${button.x + button.width} of ${edge.x + edge.width}`);
  assert.equal(await height(), before);
  await picture(page, "reconnecting-phone");
  line.accept();
  await hurry.click();
  await connectedShown(page);
  await page.context().close();
});

test("U38 a short break goes without a word and without a hand", async () => {
  const { page } = await enter("short break");
  await box(page).fill("In the middle of a word");
  const began = await now(page);
  line.cut();
  await until("it broke", async () => firstAfter((await seen(page)).signs, "reconnecting", began));
  await connectedShown(page);
  const { words } = await seen(page);
  assert.equal(firstAfter(words, "reconnecting", began), undefined, "it was over before it was worth words");
  assert.equal(await box(page).inputValue(), "In the middle of a word");
  assert.equal(await box(page).evaluate((e) => e === document.activeElement), true, "the writer was not disturbed");
  await nothingShifted(page);
  await page.context().close();
});

test("U39 one writes and sends while offline", async () => {
  const { page, room } = await enter("offline");
  await page.context().setOffline(true);
  line.refuse();
  await page.locator('.link-state[data-state="offline"]').waitFor();
  await status(page).getByText("No network. You can keep writing; it goes out when you are back.").waitFor();
  await write(page, "First in the tunnel");
  await write(page, "Second in the tunnel");
  const row = message(page, "Second in the tunnel");
  await row.getByRole("img", { name: "Waiting to be sent" }).waitFor();
  await status(page).getByText("2 messages will go out in order.").waitFor();
  assert.equal(await box(page).isEnabled(), true);
  await picture(page, "offline");
  assert.equal((await listed(room)).length, 0);
  line.accept();
  await page.context().setOffline(false);
  await stored(page, "Second in the tunnel").waitFor();
  assert.deepEqual(await keys(page), await listed(room));
  await nothingShifted(page);
  await page.context().close();
});

test("U40 the queue goes out in order and survives a reload", async () => {
  const { page, room } = await enter("queue");
  let sockets = true; // pages still come through while sockets do not
  await page.routeWebSocket(/connection\/websocket/, (socket) => (sockets ? socket.connectToServer() : socket.close()));
  await page.reload();
  await roomShown(page, "queue");
  await connectedShown(page);
  sockets = false;
  line.cut();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  const list = Array.from({ length: 6 }, (_, i) => `Waiting number ${i}`);
  for (const text of list) await write(page, text);
  await message(page, list.at(-1)).waitFor();
  const waiting = await keys(page);
  await page.reload();
  await page.getByText(/Connecting/).first().waitFor();
  assert.equal((await listed(room)).length, 0, "nothing went out");
  sockets = true;
  await stored(page, list.at(-1)).waitFor();
  assert.deepEqual(await listed(room), waiting, "in the order written, with the keys they had before the reload");
  assert.deepEqual(await keys(page), waiting);
  await page.context().close();
});

test("U41 nothing is missing and nothing doubled after a break", async () => {
  const { page, room } = await enter("break");
  await fill(jonas, room, ["Before the break"]);
  await stored(page, "Before the break").waitFor();
  line.refuse();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await write(page, "Mine, written meanwhile");
  await fill(jonas, room, Array.from({ length: 12 }, (_, i) => `Meanwhile ${i}`));
  line.accept();
  await stored(page, "Meanwhile 11").waitFor();
  await stored(page, "Mine, written meanwhile").waitFor();
  await status(page).getByText("Back. 12 messages came in meanwhile.").waitFor();
  assert.deepEqual(await keys(page), await listed(room));
  await status(page).and(page.locator('[data-state="none"]')).waitFor(); // and this goes by itself, too
  await nothingShifted(page);
  await page.context().close();
});

test("U41 nothing is missing after a break that is too long to be recovered at once", async () => {
  const { page, room } = await enter("long break");
  await fill(jonas, room, ["Before the break"]);
  await stored(page, "Before the break").waitFor();
  line.refuse();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await fill(jonas, room, Array.from({ length: 60 }, (_, i) => `Meanwhile ${i}`)); // 30 at most are recovered
  line.accept();
  await stored(page, "Meanwhile 59").waitFor({ state: "attached" });
  await until("all are there", async () => (await keys(page)).length === 61);
  assert.deepEqual(await keys(page), await listed(room));
  await page.context().close();
});

test("U41 nothing is missing when the line breaks again and again in the middle of a conversation", async () => {
  const { page, room } = await enter("many breaks");
  let bytes = 0;
  line.onBytes = (way, piece) => {
    bytes += way === "down" ? piece.length : 0;
    if (bytes > 3000) {
      bytes = 0;
      line.cut();
    }
  };
  for (let i = 0; i < 5; i++) {
    await write(page, `Mine ${i}`);
    await fill(jonas, room, Array.from({ length: 5 }, (_, n) => `Theirs ${i}.${n}`));
  }
  line.onBytes = () => {};
  await stored(page, "Theirs 4.4").waitFor();
  await stored(page, "Mine 4").waitFor();
  await until("all are there", async () => (await keys(page)).length >= 30);
  assert.deepEqual(await keys(page), await listed(room));
  await page.context().close();
});

test("U47 nothing shifts while a room opens, is written in, answered and left", async () => {
  const { page, room } = await enter("steady");
  await write(page, "A first message");
  await fill(jonas, room, ["An answer", "```c\nint main(void);\n```", "> and a quote"]);
  await jonas.call("typing.start", { room });
  await status(page).getByText("Jonas is writing").or(status(page).getByText("Jonas Lindqvist is writing")).waitFor();
  await stored(page, "and a quote").waitFor();
  line.hold("up");
  await write(page, "A slow one");
  await message(page, "A slow one").getByRole("img", { name: "Waiting to be sent" }).waitFor();
  line.release();
  await stored(page, "A slow one").waitFor();
  await page.getByRole("link", { name: "general" }).click();
  await roomShown(page, "general");
  await nothingShifted(page);
  await page.reload();
  await roomShown(page, "general");
  await connectedShown(page);
  await nothingShifted(page);
  await page.context().close();
});

test("U47 nothing shifts while a room opens in which agents have answered", async () => {
  const room = await makeRoom("answered");
  await jonas.call("message.send", { room, text: "The kettle is repaired", key: "kettle" });
  for (const [i, text] of ["find kettle", "who is here", "how is the server"].entries()) {
    await jonas.call("message.send", { room, text: `@nook ${text}`, key: `ask-${i}` });
    await until("it answered", async () => (await mira.call("message.list", { room })).messages.filter((m) => m.run_id).length === i + 1);
  }
  const context = await openWindow(mira, { url: line.url });
  await context.addInitScript(() => {
    window.tops = new Map(); // where each row stood in each frame in which it was drawn
    const note = () => {
      for (const row of document.querySelectorAll("#log article")) {
        const all = window.tops.get(row.id) ?? window.tops.set(row.id, new Set()).get(row.id);
        all.add(Math.round(row.getBoundingClientRect().top));
      }
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  const page = await openPage(context, `/room/${room}`);
  await roomShown(page, "answered");
  await page.locator("#log .run").getByText(/2 steps/).nth(2).waitFor(); // all that there is to load
  const moved = await page.evaluate(() => [...window.tops].filter(([, all]) => all.size > 1).map(([id, all]) => `${id}: ${[...all].join(" ")}`));
  assert.deepEqual(moved, [], "each row stands where it was drawn first");
  await context.close();
});

test("U59 the two hidden voices say what happens to the line, and warn of what was not sent", async () => {
  const { page, room } = await enter("voices");
  assert.equal(await page.locator("#say").getAttribute("role"), "status");
  assert.equal(await page.locator("#warn").getAttribute("role"), "alert");
  line.refuse();
  const said = async (words) => until(`said: ${words}`, async () => (await seen(page)).said.some(({ value }) => value === words));
  await said("The connection is lost. Connecting again.");
  await write(page, "Will be refused");
  await jonas.call("message.send", { room, text: "Meanwhile", key: "meanwhile" });
  line.accept();
  await page.getByRole("button", { name: "Try now" }).click();
  await said("Back. 1 message came in meanwhile.");
  await stored(page, "Will be refused").waitFor();
  assert.deepEqual((await seen(page)).warned, [], "nothing to warn of yet");

  line.refuse();
  await said("The connection is lost. Connecting again.");
  await write(page, "Too late");
  await mira.call("room.leave", { room });
  line.accept();
  await until("warned", async () => (await seen(page)).warned.some(({ value }) => value.startsWith("Not sent: you may not write")));
  const { said: all } = await seen(page);
  assert.ok(!all.some(({ value }) => /Meanwhile|in \d+ s/.test(value)), "neither messages nor seconds are said by it");
  await page.context().close();
});

test("S33 what the server says of itself stands in the status line, at 390 px too, and goes with its reason", async () => {
  const { page } = await enter("levels");
  server.child.kill("SIGUSR1"); // it drains: who is here stays
  await status(page).getByText("The server will stop soon. You can keep writing.").waitFor();
  await write(page, "Written meanwhile");
  await stored(page, "Written meanwhile").waitFor();
  assert.equal(await status(page).evaluate((line) => line.getBoundingClientRect().height), 24);
  await picture(page, "draining");
  server.child.kill("SIGUSR2");
  await status(page).and(page.locator('[data-state="none"]')).waitFor();
  const { said } = await seen(page);
  assert.equal(said.filter(({ value }) => value === "The server will stop soon. You can keep writing.").length, 1, "said once");
  await nothingShifted(page);

  server.child.kill("SIGUSR1");
  await status(page).and(page.locator('[data-state="draining"]')).waitFor();
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  const cut = await status(page).evaluate((line) => line.scrollWidth > line.clientWidth);
  assert.equal(cut, false, "every word is seen");
  await picture(page, "draining-narrow-dark");
  server.child.kill("SIGUSR2");
  await status(page).and(page.locator('[data-state="none"]')).waitFor();
  await page.context().close();
});
