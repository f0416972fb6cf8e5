// What a message does on its way: shown at once, confirmed after; how it fails; how the log keeps its place; what a
// text may contain.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  box, connectedShown, cover, endAll, enter, fill, keys, message, openLine, openPage, openPlace, openWindow, picture, readAll,
  roomShown, stored, texts, until, write,
} from "../support/browser.mjs";

let server, mira, jonas, priya, line;

before(async () => {
  ({ server, people: [mira, jonas, priya] } = await openPlace(["Jonas Lindqvist", "Priya Nair"]));
  line = await openLine(server.port);
});
after(endAll);

/** A room of these three with a name of its own. */
async function makeRoom(name, owner = mira, others = [jonas, priya]) {
  const { id } = await owner.call("room.create", { name, private: true });
  for (const other of others) await owner.call("room.invite", { room: id, user: other.user.id });
  return id;
}

/** What the server has of a room, as keys in its order. */
async function listed(room) {
  return (await mira.call("message.list", { room, limit: 200 })).messages.map((m) => m.key);
}

test("U10 a message is shown at once and confirmed after, in the same row", async () => {
  const room = await makeRoom("shown");
  const page = await enter(mira, `/room/${room}`, { url: line.url });
  await roomShown(page, "shown");
  line.hold("up");
  await write(page, "Before the server knows");
  const row = message(page, "Before the server knows");
  await row.waitFor({ timeout: 1000 });
  assert.equal(await row.getAttribute("data-state"), "pending");
  assert.equal(await row.getAttribute("data-offset"), null, "not on disk yet");
  assert.equal(await box(page).inputValue(), "", "the box is free for the next one");
  await row.evaluate((element) => (element.mark = "the same"));
  line.release();
  await stored(page, "Before the server knows").waitFor();
  assert.equal(await row.getAttribute("data-state"), "sent");
  assert.equal(await row.evaluate((element) => element.mark), "the same", "nothing was drawn anew");
  assert.deepEqual(await keys(page), await listed(room));
  await page.context().close();
});

test("U11 the clock stands in the margin only after 300 ms", async () => {
  const room = await makeRoom("clock");
  const page = await enter(mira, `/room/${room}`, { url: line.url });
  await roomShown(page, "clock");
  await write(page, "One before, so that this is no first row");
  await stored(page, "One before").waitFor();
  await page.evaluate(() => {
    const seen = (window.seen = {});
    const clockShown = (row) => {
      const sign = row.querySelector('.margin .state[role="img"]');
      return !!sign && getComputedStyle(sign).visibility === "visible" && Number(getComputedStyle(sign).opacity) > 0;
    };
    (function look() {
      for (const row of document.querySelectorAll("#log article[data-key]")) {
        const one = (seen[row.dataset.key] ??= { shown: performance.now() });
        if (row.dataset.state === "pending" && clockShown(row)) one.clock ??= performance.now() - one.shown;
        if (row.dataset.state === "sent") one.sent ??= performance.now() - one.shown;
      }
      requestAnimationFrame(look);
    })();
  });
  const seenOf = async (text) => {
    const key = await message(page, text).getAttribute("data-key");
    return page.evaluate((k) => window.seen[k], key);
  };

  line.hold("up");
  await write(page, "Slow on its way");
  const slow = await until("the clock", async () => ((await seenOf("Slow on its way"))?.clock ? seenOf("Slow on its way") : null));
  assert.ok(slow.clock >= 250, `the clock came after ${slow.clock} ms`);
  assert.ok(slow.clock < 1500, `the clock came after ${slow.clock} ms`);
  await message(page, "Slow on its way").getByRole("img", { name: "Waiting to be sent" }).waitFor();
  line.release();
  await stored(page, "Slow on its way").waitFor();

  await write(page, "Fast enough");
  await stored(page, "Fast enough").waitFor();
  const fast = await until("seen", async () => ((await seenOf("Fast enough"))?.sent !== undefined ? seenOf("Fast enough") : null));
  if (fast.sent < 250) assert.equal(fast.clock, undefined, "a fast send never shows one");
  await page.context().close();
});

/** Between page and server: answers a send that `refuse` names itself, with an error, and passes the rest on. */
async function refuseSends(page, refuse) {
  await page.routeWebSocket(/connection\/websocket/, (socket) => {
    const far = socket.connectToServer();
    socket.onMessage((data) => {
      const rest = [];
      for (const text of String(data).split("\n")) {
        const command = JSON.parse(text || "{}");
        const error = command.rpc?.method === "message.send" && refuse(command.rpc.data);
        if (error) socket.send(JSON.stringify({ id: command.id, error }));
        else rest.push(text);
      }
      if (rest.length) far.send(rest.join("\n"));
    });
  });
}

test("U12 a refused message keeps its text and offers what helps", async () => {
  const room = await makeRoom("failures");
  const context = await openWindow(mira, { url: server.url, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await openPage(context);
  let busy = true;
  await refuseSends(page, ({ text }) => {
    if (text.includes("bad")) return { code: 107, message: "Texts must not be bad." };
    if (text.includes("alien")) return { code: 103, message: "permission denied" };
    return text.includes("busy") && busy && { code: 100, message: "internal server error", temporary: true };
  });
  await page.goto(`${server.url}/room/${room}`);
  await connectedShown(page);

  await write(page, "something bad");
  const bad = message(page, "something bad");
  await bad.getByText("Not sent: Texts must not be bad.").waitFor();
  await bad.getByRole("img", { name: "Not sent" }).waitFor();
  assert.equal(await bad.getAttribute("data-state"), "failed");
  await bad.getByRole("button", { name: "Edit" }).click();
  await until("the text to be back in the box", async () => (await box(page).inputValue()) === "something bad");
  await bad.waitFor({ state: "detached" });

  await write(page, "alien words");
  const alien = message(page, "alien words");
  await alien.getByText("Not sent: you may not write in this room any more.").waitFor();
  await alien.getByRole("button", { name: "Copy text" }).click();
  await until("copied", async () => (await page.evaluate(() => navigator.clipboard.readText())) === "alien words");
  assert.equal(await alien.getByRole("button", { name: "Try again" }).count(), 0, "trying again would not help");
  await alien.getByRole("button", { name: "Discard" }).click();
  await alien.waitFor({ state: "detached" });

  await write(page, "a busy moment");
  const slow = message(page, "a busy moment");
  await slow.getByText("Not sent yet: the server is busy.").waitFor();
  await picture(page, "message-failed");
  busy = false;
  await slow.getByRole("button", { name: "Try again" }).click();
  await stored(page, "a busy moment").waitFor();
  assert.equal((await listed(room)).length, 1, "what was refused is nowhere else");
  await context.close();
});

test("U12 too many at once go out by themselves", async () => {
  const hasty = await openPlace([], { args: ["--limits.sends.burst", "2", "--limits.sends.per_s", "0.5"] });
  const [who] = hasty.people;
  const page = await enter(who, "/room/1", { url: hasty.server.url });
  await roomShown(page, "general");
  for (const text of ["one", "two", "three"]) await write(page, text);
  await message(page, "three").getByText(/^Too many at once\. Goes out by itself in \d+ s\.$/).waitFor();
  await stored(page, "three").waitFor();
  const own = (await who.call("message.list", { room: "1" })).messages.filter((m) => m.author.id === who.user.id);
  assert.deepEqual(own.map((m) => m.text), ["one", "two", "three"]);
  await page.context().close();
});

test("U12 a message that waits for a room one has lost is not lost itself", async () => {
  const room = await makeRoom("lost");
  const page = await enter(jonas, `/room/${room}`, { url: line.url });
  await roomShown(page, "lost");
  line.refuse();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await write(page, "Written too late");
  await jonas.call("room.leave", { room });
  line.accept();
  await connectedShown(page);
  const row = page.locator('[data-state="failed"]').filter({ hasText: "Written too late" });
  await row.getByRole("button", { name: "Copy text" }).waitFor();
  await row.getByRole("button", { name: "Discard" }).click();
  await row.waitFor({ state: "detached" });
  await page.context().close();
});

test("U13 every retry has the same key, and there is one row", async () => {
  const room = await makeRoom("retries");
  const context = await openWindow(mira, { url: line.url });
  const page = await openPage(context);
  const sent = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      for (const text of String(payload).split("\n").filter(Boolean)) {
        const { rpc } = JSON.parse(text);
        if (rpc?.method === "message.send") sent.push(rpc.data);
      }
    }),
  );
  await page.goto(`${line.url}/room/${room}`);
  await connectedShown(page);
  await roomShown(page, "retries");
  for (let i = 1; i <= 3; i++) {
    line.hold("down");
    await write(page, `Try number ${i}`);
    await until("it is on disk", async () => (await listed(room)).length === i);
    line.cut(); // its acknowledgement is lost with the line
    line.release();
    await stored(page, `Try number ${i}`).waitFor();
  }
  await connectedShown(page);
  await until("all is said", async () => (await page.locator("#log article[data-state=pending]").count()) === 0);
  const again = sent.filter(({ text }) => text === "Try number 1");
  assert.ok(again.length >= 1);
  for (const { text } of sent) assert.equal(new Set(sent.filter((s) => s.text === text).map((s) => s.key)).size, 1);
  assert.deepEqual(await keys(page), await listed(room));
  assert.equal((await listed(room)).length, 3);
  await context.close();
});

/** Where the log stands. */
const scroll = (page) =>
  page.locator("#log").evaluate((log) => ({ top: log.scrollTop, below: log.scrollHeight - log.clientHeight - log.scrollTop }));

/** Scrolls so that the end lies this far below. */
async function scrollUp(page, px) {
  await page.locator("#log").evaluate((log, up) => (log.scrollTop = log.scrollHeight - log.clientHeight - up), px);
  await until("scrolled", async () => Math.abs((await scroll(page)).below - px) <= 1);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

test("U14 follows the end only within 100 px of it", async () => {
  const room = await makeRoom("long");
  await fill(jonas, room, Array.from({ length: 35 }, (_, i) => `Line ${i} of a long conversation`));
  await readAll(mira, room);
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "long");
  await stored(page, "Line 34").waitFor();
  await until("at the end", async () => (await scroll(page)).below <= 1);

  await scrollUp(page, 95);
  await fill(priya, room, ["This one is followed"]);
  await stored(page, "This one is followed").waitFor();
  await until("at the end again", async () => (await scroll(page)).below <= 1);

  await scrollUp(page, 105);
  const before = await scroll(page);
  const read = page.locator("#log article").nth(20);
  const place = (await read.boundingBox()).y;
  await fill(priya, room, ["This one waits below", "And this one"]);
  await stored(page, "And this one").waitFor();
  await page.getByRole("button", { name: /^2 new/ }).waitFor();
  assert.equal((await scroll(page)).top, before.top, "the page stays where it is read");
  assert.equal((await read.boundingBox()).y, place);
  await page.context().close();
});

test("U15 the pill counts and names what is new below, and jumps there", async () => {
  const room = await makeRoom("pill");
  await fill(jonas, room, Array.from({ length: 35 }, (_, i) => `Line ${i} of a long conversation`));
  await readAll(mira, room);
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await stored(page, "Line 34").waitFor();
  await scrollUp(page, 150);
  await fill(jonas, room, ["First of the new"]);
  await page.getByRole("button", { name: "1 new, from Jonas" }).waitFor();
  await fill(priya, room, ["Second of the new", "Third of the new"]);
  const pill = page.getByRole("button", { name: "3 new, from Jonas and Priya" });
  await pill.waitFor();
  await picture(page, "pill");
  await pill.click();
  await until("at the end", async () => (await scroll(page)).below <= 1);
  await page.getByRole("button", { name: /new, from/ }).waitFor({ state: "detached" });
  await page.context().close();
});

const unread = async (who, room) => (await who.call("room.list")).rooms.find((r) => r.id === room).unread;

test("U16 the new line stands before the first unread, and reading clears it, not focus", async () => {
  const room = await makeRoom("new line");
  await fill(jonas, room, Array.from({ length: 30 }, (_, i) => `Known ${i}`));
  await readAll(mira, room);
  await fill(jonas, room, Array.from({ length: 30 }, (_, i) => `Unknown ${i}`));
  assert.equal(await unread(mira, room), 30);

  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "new line");
  const line = page.getByRole("separator", { name: "New messages" });
  await line.waitFor();
  const after = await line.evaluate((e) => e.nextElementSibling.querySelector(".text").textContent.trim());
  assert.equal(after, "Unknown 0");
  const at = await line.boundingBox();
  const log = await page.locator("#log").boundingBox();
  assert.ok(at.y > log.y && at.y < log.y + log.height / 2, "it is in sight, in the upper half");

  await page.evaluate(() => {
    window.dispatchEvent(new Event("blur"));
    window.dispatchEvent(new Event("focus"));
  });
  await box(page).click();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await unread(mira, room), 30, "a focus reads nothing");
  assert.equal(await line.count(), 1);

  await page.locator("#log").evaluate((e) => (e.scrollTop = e.scrollHeight));
  await until("read", async () => (await unread(mira, room)) === 0);
  assert.equal(await line.count(), 1, "the line does not jump while one reads");

  await page.getByRole("link", { name: "general" }).click();
  await roomShown(page, "general");
  await page.locator('a.room-link:has-text("new line")').click();
  await roomShown(page, "new line");
  await stored(page, "Unknown 29").waitFor();
  assert.equal(await line.count(), 0, "all was read");
  await page.context().close();
});

test("U16 what is read as it comes is not counted, not even for a moment", async () => {
  const room = await makeRoom("read at once");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "read at once");
  const link = page.locator('a.room-link:has-text("read at once")');
  await link.evaluate((e) => {
    window.counted = [];
    new MutationObserver(() => e.querySelector(".count") && window.counted.push(e.textContent)).observe(e, { childList: true, subtree: true });
  });
  await fill(jonas, room, Array.from({ length: 8 }, (_, i) => `@mira number ${i}`));
  await stored(page, "number 7").waitFor();
  await until("read", async () => (await unread(mira, room)) === 0);
  assert.deepEqual(await page.evaluate(() => window.counted), []);
  await page.context().close();
});

test("U16 what comes while the window is covered is not read until it is seen", async () => {
  const room = await makeRoom("covered");
  await fill(jonas, room, ["Known"]);
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await stored(page, "Known").waitFor();
  await until("read", async () => (await unread(mira, room)) === 0);
  await cover(page, true);
  await fill(jonas, room, ["Nobody sees this yet"]);
  await stored(page, "Nobody sees this yet").waitFor();
  await page.getByRole("separator", { name: "New messages" }).waitFor();
  assert.equal(await unread(mira, room), 1);
  await cover(page, false);
  await until("read", async () => (await unread(mira, room)) === 0);
  assert.equal(await page.getByRole("separator", { name: "New messages" }).count(), 1);
  await page.context().close();
});

const RICH = [
  "**Bold**, _slanted_, ~~gone~~ and `code`",
  "",
  "- one",
  "- two",
  "",
  "> quoted",
  "",
  "| a | b |",
  "|---|---|",
  "| 1 | 2 |",
  "",
  "[a link](https://example.org/a?b=c) and [a trap](javascript:window.trapped=1)",
  "<script>window.trapped=2</script><img src=x onerror=window.trapped=3><b onclick=window.trapped=4>raw</b>",
  "![picture](https://example.org/p.png)",
].join("\n");

test("U20 Markdown is drawn, and HTML in it is the text it is", async () => {
  const room = await makeRoom("rich");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "rich");
  await write(page, RICH);
  const row = stored(page, "Bold");
  await row.waitFor();
  for (const tag of ["strong", "em", "del", "code", "ul > li", "blockquote", "table td"])
    assert.ok(await row.locator(`.text ${tag}`).count(), tag);
  const link = row.getByRole("link", { name: "a link" });
  assert.equal(await link.getAttribute("href"), "https://example.org/a?b=c");
  assert.match(await link.getAttribute("rel"), /noopener/);
  assert.equal(await row.locator('a[href^="javascript"]').count(), 0);
  assert.equal(await row.locator("script, .text img, [onclick], [onerror]").count(), 0);
  await row.getByText("<script>window.trapped=2</script>", { exact: false }).waitFor();
  assert.equal(await page.evaluate(() => window.trapped), undefined);
  await row.getByRole("link", { name: "picture" }).waitFor(); // a picture of another host is a link: nothing is asked there
  await picture(page, "markdown");
  await page.context().close();
});

test("a name that nobody in the room has is no mention, until somebody with it comes in", async () => {
  const room = await makeRoom("names in texts");
  const ana = await server.join("Ana Lima");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "names in texts");
  await write(page, `Ask @${jonas.user.name}, @${ana.user.name} or @nobody-here`);
  await stored(page, "Ask").waitFor();
  const at = (name) => page.locator(`#log .at[data-name="${name}"]`);
  const look = (name) => at(name).evaluate((e) => ({ ground: getComputedStyle(e).backgroundColor, title: e.title }));
  const PLAIN = { ground: "rgba(0, 0, 0, 0)", title: "Not in this room" };
  await until("the members are known", async () => (await look("nobody-here")).title !== "");
  assert.deepEqual(await look("nobody-here"), PLAIN);
  assert.deepEqual(await look(ana.user.name), PLAIN);
  const known = await look(jonas.user.name);
  assert.notEqual(known.ground, PLAIN.ground);
  assert.equal(known.title, "");
  await picture(page, "mention-of-nobody");
  await mira.call("room.invite", { room, user: ana.user.id });
  await until("she is in", async () => (await look(ana.user.name)).title === "");
  assert.deepEqual(await look(ana.user.name), known);
  await page.context().close();
});

test("U21 code names its language, is copied, and folds over 20 lines", async () => {
  const room = await makeRoom("code");
  const context = await openWindow(mira, { url: server.url, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await openPage(context, `/room/${room}`);
  await roomShown(page, "code");
  const code = (n) => Array.from({ length: n }, (_, i) => `int x${i} = ${i}; /* line ${i} */`).join("\n");
  await fill(jonas, room, [`Twenty:\n\`\`\`c\n${code(20)}\n\`\`\``, `More:\n\`\`\`c\n${code(25)}\n\`\`\``]);
  const short = stored(page, "Twenty:").locator("figure.code");
  const long = stored(page, "More:").locator("figure.code");
  await long.waitFor();
  assert.equal(await short.locator("figcaption > span").innerText(), "C");
  assert.equal(await short.getByRole("button", { name: /Show all/ }).count(), 0);
  await long.locator("code span").first().waitFor(); // coloured, once its part of the page is there
  const height = async (figure) => (await figure.locator("pre").boundingBox()).height;
  assert.ok((await height(long)) <= (await height(short)) + 1, "folded, it is no higher than 20 lines");
  await long.getByRole("button", { name: "Show all 25 lines" }).click();
  await long.getByRole("button", { name: "Show less" }).waitFor();
  assert.ok((await height(long)) > (await height(short)) * 1.2);
  await long.getByRole("button", { name: "Copy" }).click();
  await long.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code(25));
  await context.close();
});

test("U31 each room keeps its draft over a reload", async () => {
  const one = await makeRoom("draft one");
  const two = await makeRoom("draft two");
  const page = await enter(mira, `/room/${one}`, { url: server.url });
  await roomShown(page, "draft one");
  await box(page).fill("Half a sentence for one");
  await page.locator('a.room-link:has-text("draft two")').click();
  await roomShown(page, "draft two");
  assert.equal(await box(page).inputValue(), "");
  await box(page).fill("Half a sentence for two");
  await page.reload();
  await roomShown(page, "draft two");
  assert.equal(await box(page).inputValue(), "Half a sentence for two");
  const other = page.locator('a.room-link:has-text("draft one")');
  await other.getByRole("img", { name: "Draft" }).waitFor();
  await other.click();
  await roomShown(page, "draft one");
  assert.equal(await box(page).inputValue(), "Half a sentence for one");
  await write(page, "A whole sentence");
  await stored(page, "A whole sentence").waitFor();
  await page.reload();
  await roomShown(page, "draft one");
  assert.equal(await box(page).inputValue(), "", "what was sent is no draft");
  await page.context().close();
});

/** Lets the page see other times for messages whose text names them: "@-26h" was 26 hours ago. */
async function shiftTimes(page) {
  await page.routeWebSocket(/connection\/websocket/, (socket) => {
    const far = socket.connectToServer();
    far.onMessage((data) => {
      const shift = (text) =>
        text.replace(/("text":"[^"]*#-(\d+)m[^"]*","time":)(\d+)/g, (_, head, min, time) => head + (Number(time) - Number(min) * 60_000));
      socket.send(String(data).split("\n").map(shift).join("\n"));
    });
  });
}

test("U5 messages are grouped, days have a line, and the exact time is there on hover and focus", async () => {
  const room = await makeRoom("groups");
  for (const [who, text] of [
    [jonas, "Old #-3000m"],
    [jonas, "Before the pause #-9m"],
    [jonas, "Long after #-3m"],
    [jonas, "Right behind #-3m"],
    [priya, "Somebody else #-2m"],
  ])
    await fill(who, room, [text]);
  const context = await openWindow(mira, { url: server.url });
  const page = await openPage(context);
  await shiftTimes(page);
  await page.goto(`${server.url}/room/${room}`);
  await stored(page, "Somebody else").waitFor();
  const drawn = await page.locator("#log .day, #log article[data-row]").evaluateAll((rows) =>
    rows.map((row) => (row.matches(".day") ? "day" : `${row.querySelector("header.by") ? "head " : ""}${row.querySelector(".text").textContent.split(" #")[0].trim()}`)),
  );
  assert.deepEqual(drawn, ["day", "head Old", "day", "head Before the pause", "head Long after", "Right behind", "head Somebody else"]);
  const days = await page.locator("#log .day").allInnerTexts();
  assert.equal(days.at(-1).trim(), "Today");
  assert.notEqual(days[0].trim(), "Today");

  const row = stored(page, "Right behind");
  const time = row.locator("time.exact");
  const exact = await time.getAttribute("data-exact");
  assert.match(exact, /^[A-Z]\w+day, \d+ [A-Z]\w+ \d{4}, \d\d:\d\d:\d\d$/);
  const shown = () =>
    time.evaluate((e) => {
      const { display, content } = getComputedStyle(e, "::after");
      return display !== "none" && content.includes(e.dataset.exact);
    });
  assert.equal(await shown(), false);
  await row.hover();
  await time.hover();
  await until("shown on hover", shown);
  await page.mouse.move(5, 5);
  await until("hidden again", async () => !(await shown()));
  await page.locator("#log").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  assert.equal(await row.evaluate((e) => e === document.activeElement), true);
  await until("shown on focus", shown);
  await context.close();
});

test("a message is deleted by its author or an owner, for everybody at once, and stays so", async () => {
  const room = await makeRoom("deleted");
  const sent = await jonas.call("message.send", { room, text: "A word too much", key: "d1" });
  await jonas.call("message.send", { room, text: "Fine", key: "d2", reply_to: sent.id });
  await mira.call("message.send", { room, text: "By the owner", key: "d3" });
  const of = async (who) => {
    const page = await enter(who, `/room/${room}`, { url: server.url });
    await roomShown(page, "deleted");
    await stored(page, "By the owner").waitFor();
    return page;
  };
  const [author, other] = [await of(jonas), await of(priya)];
  const row = (page) => page.locator(`article[data-id="${sent.id}"]`);
  await row(other).hover();
  await other.getByRole("toolbar", { name: "Message actions" }).waitFor();
  assert.equal(await other.getByRole("button", { name: "Delete", exact: true }).count(), 0, "not whose it is");
  await row(author).hover();
  await author.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = author.getByRole("dialog", { name: "Delete this message?" });
  await dialog.getByText("A word too much").waitFor();
  await picture(author, "delete");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await row(author).getByText("A word too much").waitFor();
  await row(author).focus();
  await author.keyboard.press("Delete");
  await dialog.getByRole("button", { name: "Delete it" }).click();
  for (const page of [author, other]) {
    await row(page).getByText("Message deleted by its author").waitFor();
    assert.equal(await page.getByText("A word too much").count(), 0, "the quote above the answer is gone too");
  }
  await picture(other, "deleted");
  await other.reload();
  await row(other).getByText("Message deleted by its author").waitFor();
  const owner = await of(mira);
  await owner.locator("article", { hasText: "Fine" }).first().hover();
  await owner.getByRole("button", { name: "Delete", exact: true }).click();
  await owner.getByRole("button", { name: "Delete it" }).click();
  await other.getByText("Message deleted by an owner of the room").waitFor();
  for (const page of [author, other, owner]) await page.context().close();
});
