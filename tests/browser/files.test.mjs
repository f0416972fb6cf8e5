// Files: attached by button, drag and paste, brought on after a cut line, a restart and a reload, sent when they are whole,
// and seen by the others without a jump. What the pages look like meanwhile is left to look at.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import {
  SIZES, box, connectedShown, endAll, enter, keys, message, openLine, openPage, openPlace, openWindow, overflow, picture, readAll,
  roomShown, stored, troubles, until, write,
} from "../support/browser.mjs";
import { bring, noise, png, sound } from "../support/files.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MIB = 1 << 20;

let server, mira, jonas, line;

before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"], { args: ["--files.size_limit", String(8 * MIB)] }));
  line = await openLine(server.port);
});
afterEach(freeLine);
after(endAll);

async function makeRoom(name) {
  const { id } = await mira.call("room.create", { name, private: true });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  return id;
}

/** A page in a room of its own: {page, room}. */
async function look(name, { who = mira, room, url = server.url, ...options } = {}) {
  const id = room ?? (await makeRoom(name));
  const page = await enter(who, `/room/${id}`, { url, ...options });
  await roomShown(page, name);
  return { page, room: id };
}

const field = (page) => page.locator('.composer input[type="file"]');
const chips = (page) => page.getByRole("list", { name: "Attached files" }).getByRole("listitem");
const chip = (page, name) => chips(page).filter({ hasText: name });
const inState = (page, name, state) => chip(page, name).and(page.locator(`[data-state="${state}"]`));
const whole = (page, name) => inState(page, name, "whole").waitFor();
const send = (page) => page.locator(".composer .send");
const status = (page) => page.locator(".status-line");
const says = (page, words) => status(page).getByText(words).waitFor();
const names = (page) => chips(page).locator(".file-name").evaluateAll((all) => all.map((e) => e.title));
const isFocused = (locator) => locator.evaluateAll((all) => all.includes(document.activeElement));
/** What is put back into the box is there with the next drawing. */
const inBox = (page, text) => until("the words to be back in the box", async () => (await box(page).inputValue()) === text);
const focused = (what, locator) => until(`${what} to have the focus`, () => isFocused(locator));
const file = (name, buffer, mimeType = "application/octet-stream") => ({ name, mimeType, buffer });
const text = (name, words = "one line\n") => file(name, Buffer.from(words), "text/plain");
const sunset = (x, y) => [250 - 130 * y, 150 - 60 * y + 30 * Math.sin(7 * x), 110 + 80 * y];
const sea = (x, y) => [30 + 60 * y, 90 + 60 * x, 130 + 60 * Math.sin(5 * y)];
const list = async (room) => (await jonas.call("message.list", { room })).messages;

/** The bytes of a file as somebody has them. */
async function bytesOf(who, { id, name }) {
  const answer = await fetch(`${server.url}/files/${id}/${encodeURIComponent(name)}`, { headers: { Cookie: who.cookie } });
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

/** Something with files, or a text, is dragged to a place of the page: "dragover", then "drop" or "dragleave". */
const drag = (page, to, type, { files = [], words = "" }) =>
  page.locator(to).evaluate(
    (element, [type, files, words]) => {
      const data = new DataTransfer();
      for (const [name, type, base64] of files) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
      if (words) data.setData("text/plain", words);
      const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
      element.dispatchEvent(event);
      return event.defaultPrevented;
    },
    [type, files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString("base64")]), words],
  );

const paste = (page, files, more = {}) =>
  box(page).evaluate(
    (element, [files, more]) => {
      const data = new DataTransfer();
      for (const [name, type, base64] of files) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
      for (const [type, words] of Object.entries(more)) data.setData(type, words);
      const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
      element.dispatchEvent(event);
      return event.defaultPrevented;
    },
    [files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString("base64")]), more],
  );

/** Counts what goes up the line, and holds it once that is more than `most`. */
function holdAfter(most) {
  let bytes = 0;
  line.onBytes = (way, piece) => {
    if (way !== "up") return;
    bytes += piece.length;
    if (bytes > most) line.hold("up");
  };
}

function freeLine() {
  line.onBytes = () => {};
  line.release();
}

/** Half a second of moving pictures, as this browser makes them. */
async function film(page) {
  const base64 = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const ended = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    for (let i = 0; i < 15; i++) {
      pen.fillStyle = `hsl(${200 + 4 * i} 40% 45%)`;
      pen.fillRect(0, 0, 320, 180);
      await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await ended;
    return btoa(String.fromCharCode(...new Uint8Array(await new Blob(parts).arrayBuffer())));
  });
  return Buffer.from(base64, "base64");
}

/** Notes every shift of the layout that nobody caused. */
function watchShifts() {
  window.shifts = [];
  new PerformanceObserver((all) => {
    for (const { value, hadRecentInput, sources } of all.getEntries()) {
      if (!hadRecentInput) window.shifts.push(`${value.toFixed(4)} ${sources.map(({ node }) => `${node?.nodeName}.${node?.className ?? ""}`).join(" ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
}

const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
}

/** The page as it is, wide and narrow, in both themes, with what an eye would overlook. */
async function take(page, name) {
  for (const size of ["wide", "phone", "least"]) {
    await page.setViewportSize(SIZES[size]);
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await frames(page);
      await picture(page, `files-${name}-${SIZES[size].width}-${theme}`);
      if (size !== "least") assert.deepEqual(await findings(page), [], `${name} at ${SIZES[size].width} px, ${theme}`);
    }
    assert.ok((await overflow(page)) <= 0, `${name} scrolls sideways at ${SIZES[size].width} px`);
  }
  await page.setViewportSize(SIZES.wide);
  await page.emulateMedia({ colorScheme: "light" });
}

test("U29 by button, drag and paste: they go with the message, in the order chosen, as they are", async () => {
  const { page, room } = await look("three ways");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Attach files" }).click()]);
  assert.equal(chooser.isMultiple(), true);
  const notes = text("notes.txt");
  await chooser.setFiles([notes]);
  await whole(page, "notes.txt");
  await focused("the box", box(page));

  const at = await page.locator("#log").boundingBox();
  const dragged = { files: [file("harbour.png", png(900, 600, sunset), "image/png")] };
  assert.equal(await drag(page, "#log", "dragover", { words: "only words" }), false, "text that is dragged is left alone");
  assert.equal(await page.locator(".drop-mark").count(), 0);
  assert.equal(await drag(page, "#log", "dragover", dragged), true);
  await page.locator(".drop-mark").getByText("Drop files to attach them to three ways").waitFor();
  assert.deepEqual(await page.locator("#log").boundingBox(), at, "the mark moves nothing");
  await picture(page, "files-drop-mark");
  await drag(page, "nav.rooms", "dragover", dragged);
  await page.locator(".drop-mark").waitFor({ state: "detached" });
  assert.equal(await drag(page, "nav.rooms", "drop", dragged), true, "beside the room nothing happens, and the page is not left");
  assert.equal(await chips(page).count(), 1);
  await drag(page, "#log", "dragover", dragged);
  await drag(page, "#log", "drop", dragged);
  await whole(page, "harbour.png");
  assert.equal(await page.locator(".drop-mark").count(), 0);
  await chip(page, "harbour.png").locator("canvas").waitFor(); // a small picture of it

  assert.equal(await paste(page, [file("image.png", png(40, 30), "image/png")], { "text/plain": "a\tb", "text/html": "<b>a</b>" }), false);
  assert.equal(await paste(page, [file("image.png", png(40, 30), "image/png")]), true);
  await inState(page, "Pasted", "whole").waitFor();
  const all = await names(page);
  assert.match(all[2], /^Pasted picture \d\d\.\d\d\.png$/);
  assert.deepEqual(all.slice(0, 2), ["notes.txt", "harbour.png"]);

  await write(page, "Before and after");
  await stored(page, "Before and after").waitFor();
  assert.equal(await chips(page).count(), 0);
  const [{ files }] = await list(room);
  assert.deepEqual(files.map(({ name }) => name), all);
  assert.deepEqual(files.map(({ type }) => type), ["text/plain", "image/png", "image/png"]);
  assert.deepEqual([files[1].width, files[1].height], [900, 600]);
  assert.ok((await bytesOf(jonas, files[0])).equals(notes.buffer));
  await page.context().close();
});

test("U29 several, with progress; one is cancelled; what is too large or too many is said", async () => {
  const { page, room } = await look("several", { url: line.url });
  holdAfter(1.5 * MIB);
  await field(page).setInputFiles([file("one.bin", noise(2 * MIB, "one")), file("two.bin", noise(2 * MIB, "two")), file("three.bin", noise(MIB, "three"))]);
  await inState(page, "one.bin", "going").getByText(/^[1-9]\d? % of 2 MB$/).waitFor();
  await inState(page, "two.bin", "going").waitFor();
  await inState(page, "three.bin", "waiting").getByText("1 MB, waiting").waitFor(); // two at a time
  const bar = chip(page, "one.bin").getByRole("progressbar", { name: "Upload of one.bin" });
  assert.ok(Number(await bar.getAttribute("value")) > 0);
  await says(page, "Sending waits for 3 files.");
  await box(page).fill("The three logs of last night");
  await take(page, "uploading");
  await page.getByRole("button", { name: "Cancel the upload of two.bin" }).click();
  await focused("the next one", page.getByRole("button", { name: "Cancel the upload of three.bin" }));
  const places = () => chips(page).evaluateAll((all) => all.map((e) => JSON.stringify(e.getBoundingClientRect())));
  const before = await places();
  freeLine();
  await whole(page, "one.bin");
  await whole(page, "three.bin");
  assert.deepEqual(await places(), before, "what is whole takes the place that it had");
  await until("the server to have forgotten it", async () => {
    const { id } = await mira.call("file.begin", { name: "probe", size: 1, key: `probe-${Math.random()}` });
    await mira.call("file.drop", { id });
    return true;
  });
  await status(page).and(page.locator('[data-state="none"]')).waitFor();

  await field(page).setInputFiles([file("film.mov", noise(9 * MIB))]);
  await inState(page, "film.mov", "failed").getByText("is 9 MB; 8 MB is the most here.").waitFor();
  await says(page, "film.mov is 9 MB; 8 MB is the most here.");
  assert.equal(await status(page).getByRole("button").count(), 0, "again would be too large again");
  assert.equal(await send(page).isDisabled(), true);
  await take(page, "too-large");
  await box(page).press("Enter");
  assert.equal((await list(room)).length, 0);
  await page.getByRole("button", { name: "Remove film.mov" }).click();

  await field(page).setInputFiles(Array.from({ length: 9 }, (_, i) => text(`page ${i}.txt`)));
  await page.getByText("At most 10 files go with one message.").waitFor();
  assert.equal(await chips(page).count(), 10);
  await until("all are there", async () => (await chips(page).and(page.locator('[data-state="whole"]')).count()) === 10);
  await take(page, "ten");
  await box(page).press("Enter");
  await until("it is sent", async () => (await list(room)).length === 1);
  assert.deepEqual((await list(room))[0].files.map(({ name }) => name).slice(0, 2), ["one.bin", "three.bin"]);
  await page.context().close();
});

test("U29 a cut line in the middle: it goes on where the server is, and nothing is missing", async () => {
  const { page, room } = await look("cut", { url: line.url });
  const bytes = noise(4 * MIB, "cut");
  holdAfter(1.7 * MIB);
  await field(page).setInputFiles([file("long.bin", bytes)]);
  await inState(page, "long.bin", "going").getByText(/^[3-5]\d % of 4 MB$/).waitFor();
  line.refuse();
  freeLine();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await inState(page, "long.bin", "waiting").getByText(/% of 4 MB, waiting$/).waitFor();
  await send(page).click(); // goes by itself, after all
  let up = 0;
  line.onBytes = (way, piece) => (up += way === "up" ? piece.length : 0);
  line.accept();
  await until("it is sent", async () => (await list(room)).length === 1);
  assert.ok(up < 3.5 * MIB, `${up} bytes went up again: what was there was not sent twice`);
  const [{ files, text: words }] = await list(room);
  assert.equal(words, "");
  assert.ok((await bytesOf(jonas, files[0])).equals(bytes));
  line.onBytes = () => {};
  await page.context().close();
});

test("U29 a restart of the server in the middle: it goes on by itself", async () => {
  const own = await openPlace();
  const way = await openLine(own.server.port);
  const [ada] = own.people;
  const page = await enter(ada, "/room/1", { url: way.url });
  await roomShown(page, "general");
  const bytes = noise(4 * MIB, "restart");
  let up = 0;
  way.onBytes = (to, piece) => {
    up += to === "up" ? piece.length : 0;
    if (up > 1.7 * MIB) way.hold("up");
  };
  await field(page).setInputFiles([file("long.bin", bytes)]);
  await inState(page, "long.bin", "going").getByText(/^[3-5]\d % of 4 MB$/).waitFor();
  way.refuse();
  way.onBytes = () => {};
  way.release();
  await own.server.stop();
  await own.server.restart();
  way.accept();
  await whole(page, "long.bin");
  await box(page).press("Enter");
  await until("it is sent", async () => (await ada.call("message.list", { room: "1" })).messages.some((m) => m.files?.[0]?.size === bytes.length));
  await page.context().close();
});

test("U31 files belong to the draft of their room: they outlive another room and a reload", async () => {
  const room = await makeRoom("draft");
  const { page } = await look("draft", { room, url: line.url });
  await box(page).fill("Not sent yet");
  await field(page).setInputFiles([text("kept.txt")]);
  await whole(page, "kept.txt");
  await page.getByRole("link", { name: "general" }).click();
  await roomShown(page, "general");
  assert.equal(await chips(page).count(), 0);
  await page.locator("a.room-link", { hasText: "draft" }).getByRole("img", { name: /draft/i }).waitFor();
  await page.locator("a.room-link", { hasText: "draft" }).click();
  await whole(page, "kept.txt");

  holdAfter(MIB);
  await field(page).setInputFiles([file("half.bin", noise(3 * MIB, "half"))]);
  await inState(page, "half.bin", "going").getByText(/^\d+ % of 3 MB$/).waitFor();
  const asked = page.waitForEvent("dialog");
  await Promise.all([page.reload(), asked.then((dialog) => (assert.equal(dialog.type(), "beforeunload"), dialog.accept())), freeLine()]);
  await roomShown(page, "draft");
  await connectedShown(page);
  await whole(page, "kept.txt");
  await inState(page, "half.bin", "failed").getByText("Not finished: choose it again.").waitFor();
  assert.equal(await box(page).inputValue(), "Not sent yet");
  await page.getByRole("button", { name: "Remove half.bin" }).click();
  await box(page).press("Enter");
  await until("it is sent", async () => (await list(room)).length === 1);
  assert.deepEqual((await list(room))[0].files.map(({ name }) => name), ["kept.txt"]);
  await page.reload();
  await stored(page, "Not sent yet").waitFor();
  assert.equal(await chips(page).count(), 0);
  await page.context().close();
});

test("send when ready: the message goes by itself, also while another room is shown, and typing on takes that back", async () => {
  const room = await makeRoom("ready");
  const { page } = await look("general", { room: "1", url: line.url }); // is known then
  await page.locator("a.room-link", { hasText: "ready" }).click();
  await roomShown(page, "ready");
  holdAfter(MIB);
  await field(page).setInputFiles([file("slow.bin", noise(2 * MIB, "slow"))]);
  await inState(page, "slow.bin", "going").getByText(/^\d+ % of 2 MB$/).waitFor();
  await box(page).fill("Here it");
  await box(page).press("Enter");
  const waits = page.getByRole("button", { name: "Send when ready", pressed: true });
  await waits.waitFor();
  await says(page, "Goes out when the file is there.");
  await box(page).press("End");
  await page.keyboard.type(" is");
  await page.getByRole("button", { name: "Send when ready", pressed: false }).waitFor();
  await send(page).click();
  await waits.waitFor();
  await take(page, "when-ready");
  await page.getByRole("link", { name: "general" }).click();
  await roomShown(page, "general");
  await box(page).fill("Written meanwhile");
  freeLine();
  await until("it is sent", async () => (await list(room)).length === 1);
  assert.equal((await list(room))[0].text, "Here it is");
  assert.equal(await box(page).inputValue(), "Written meanwhile");
  await page.locator("a.room-link", { hasText: "ready" }).click();
  await stored(page, "Here it is").waitFor();
  assert.equal(await box(page).inputValue(), "");
  await page.context().close();
});

test("U13 a message with files that has to be sent again is one message", async () => {
  const { page, room } = await look("once", { url: line.url });
  await field(page).setInputFiles([file("harbour.png", png(600, 400, sunset), "image/png")]);
  await whole(page, "harbour.png");
  line.hold("down");
  await write(page, "Once");
  await until("the server has it", async () => (await list(room)).length === 1);
  await message(page, "Once").locator(".shot").waitFor(); // waits with its picture
  const pending = await keys(page);
  line.cut();
  line.release();
  await stored(page, "Once").waitFor();
  assert.deepEqual(await keys(page), pending);
  assert.equal((await list(room)).length, 1);
  assert.equal(await stored(page, "Once").locator(".shot").count(), 1);
  await page.context().close();
});

test("U30 U47 a picture is seen by the other one, in a place that it had before it came", async () => {
  const room = await makeRoom("places");
  for (let i = 0; i < 30; i++) await mira.call("message.send", { room, text: `Row ${i} of many`, key: `row-${i}` });
  await readAll(jonas, room);
  const context = await openWindow(jonas, { url: server.url });
  await context.addInitScript(watchShifts);
  const page = await openPage(context);
  let come;
  const held = new Promise((release) => (come = release));
  await page.route(/\/files\//, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${server.url}/room/${room}`);
  await connectedShown(page);
  await stored(page, "Row 29 of many").waitFor();
  const below = () => page.locator("#log").evaluate((e) => e.scrollHeight - e.clientHeight - e.scrollTop);
  await until("the end to be there", async () => (await below()) < 1);

  const [wide, tall, small] = await Promise.all([
    bring(server, mira, "wide.png", png(1600, 900, sunset)), bring(server, mira, "tall.png", png(300, 1500, sea)), bring(server, mira, "small.png", png(48, 36)),
  ]);
  for (const [i, one] of [wide, tall, small].entries()) await mira.call("message.send", { room, text: `Picture ${i}`, key: `p-${i}`, files: [one.id] });
  const shot = (name) => page.locator(".shot").filter({ has: page.getByAltText(name) });
  await shot("small.png").waitFor();
  await until("the end to be there", async () => (await below()) < 1);
  const size = async (name) => {
    const { width, height } = await shot(name).boundingBox();
    return [Math.round(width), Math.round(height)];
  };
  const sizes = [[640, 360], [72, 360], [48, 36]];
  for (const [i, name] of ["wide.png", "tall.png", "small.png"].entries()) assert.deepEqual(await size(name), sizes[i], name);
  assert.equal(await shot("wide.png").locator("img").getAttribute("loading"), "lazy");
  await page.evaluate(() => (window.shifts.length = 0)); // rows that come in lift those above them
  const tops = () => page.locator("#log article").evaluateAll((all) => all.map((e) => e.getBoundingClientRect().top));
  const before = await tops();
  come();
  await until("they came", () => page.locator(".shot img").evaluateAll((all) => all.filter((e) => e.complete && e.naturalWidth > 0).length >= 2));
  await frames(page);
  for (const [i, name] of ["wide.png", "tall.png", "small.png"].entries()) assert.deepEqual(await size(name), sizes[i], name);
  assert.deepEqual(await tops(), before, "no row has moved");
  assert.deepEqual(await page.evaluate(() => window.shifts), []);

  // opened anew, at the end, with all of them
  await page.reload();
  await stored(page, "Picture 2").waitFor();
  await until("they came", () => page.locator(".shot img").evaluateAll((all) => all.every((e) => e.complete)));
  await frames(page);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  await page.setViewportSize(SIZES.least);
  const [width, height] = await size("wide.png");
  assert.ok(Math.abs(width / height - 16 / 9) < 0.05 && width < 290, `${width} × ${height}`);
  assert.ok((await overflow(page)) <= 0);

  // one that does not come is a card, in the same place
  await page.setViewportSize(SIZES.wide);
  await page.route(/\/files\//, (route) => route.abort());
  await page.reload();
  await page.locator("a.file", { hasText: "wide.png" }).waitFor();
  const card = await page.locator("a.file", { hasText: "wide.png" }).boundingBox();
  assert.deepEqual([Math.round(card.width), Math.round(card.height)], [640, 360]);
  await context.close();
});

test("the viewer by keyboard: from the message to the picture, to the next one, and back", async () => {
  const room = await makeRoom("gallery");
  const files = [];
  for (const [name, w, h, paint] of [["harbour.png", 2400, 1600, sunset], ["sea.png", 500, 800, sea], ["stamp.png", 60, 60]]) files.push((await bring(server, jonas, name, png(w, h, paint))).id);
  const { id } = await jonas.call("message.send", { room, text: "From the pier", key: "pier", files });
  const { page } = await look("gallery", { room });
  await stored(page, "From the pier").waitFor();
  const { keyboard } = page;
  const row = page.locator(`article[data-id="${id}"]`);
  await row.focus();
  await keyboard.press("Tab");
  const first = row.getByRole("button", { name: "harbour.png" });
  await focused("the first picture", first);
  await keyboard.press("Enter");
  const viewer = page.getByRole("dialog", { name: "harbour.png" });
  await viewer.waitFor();
  await viewer.getByText("1 of 3, Jonas Lindqvist").waitFor();
  const shown = viewer.getByRole("img");
  await until("it is there", () => shown.evaluate((e) => e.complete));
  const inside = await shown.boundingBox();
  assert.ok(inside.width <= 1440 && inside.height <= 900 && Math.abs(inside.width / inside.height - 1.5) < 0.02, JSON.stringify(inside));
  await take(page, "viewer");
  const full = viewer.getByRole("button", { name: "harbour.png, full size" });
  await full.focus();
  await keyboard.press("Enter");
  await viewer.getByRole("button", { name: "harbour.png, full size", pressed: true }).waitFor();
  assert.equal((await shown.boundingBox()).width, 2400);
  await keyboard.press("Enter");
  await keyboard.press("ArrowRight");
  const next = page.getByRole("dialog", { name: "sea.png" });
  await next.getByText("2 of 3").waitFor();
  await keyboard.press("ArrowRight");
  await keyboard.press("ArrowRight"); // there is no fourth
  await page.getByRole("dialog", { name: "stamp.png" }).getByText("3 of 3").waitFor();
  const small = await page.getByRole("dialog").getByRole("img").boundingBox();
  assert.deepEqual([small.width, small.height], [60, 60], "a small one is not scaled up");
  await keyboard.press("ArrowLeft");
  await next.waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), next.getByRole("link", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "sea.png");
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await focused("the picture", first);
  await page.context().close();
});

test("every kind in a message, and nothing of them when it is deleted", async () => {
  const room = await makeRoom("kinds");
  const make = [
    ["harbour.png", png(900, 600, sunset)], ["sea.png", png(400, 600, sea)], ["stamp.png", png(90, 90)], ["bell.wav", sound()],
    ["build.log", Buffer.from("ok\n".repeat(200))], ["archive-of-the-old-machine-in-the-cellar.tar.gz", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0])],
    ["drawing.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')], ["picture.png", Buffer.from("no picture at all")],
  ];
  const files = [];
  const { page: studio } = await look("kinds", { room });
  make.splice(4, 0, ["kettle.webm", await film(studio)]);
  await studio.context().close();
  for (const [name, bytes] of make) files.push(await bring(server, jonas, name, bytes));
  const { id } = await jonas.call("message.send", { room, text: "What we have of the move", key: "kinds", files: files.map((one) => one.id) });
  await mira.call("reaction.add", { room, id, emoji: "🎉" });
  const { page } = await look("kinds", { room });
  const row = page.locator(`article[data-id="${id}"]`);
  await row.waitFor();
  assert.equal(await row.locator(".shot").count(), 3);
  assert.equal(await row.locator("audio[controls]").count(), 1);
  const cards = row.locator("a.file");
  assert.deepEqual(await cards.locator(".file-name").evaluateAll((all) => all.map((e) => e.title)), make.slice(5).map(([name]) => name), "what the server says it is decides");
  await until("they came", () => row.locator(".shot img").evaluateAll((all) => all.every((e) => e.complete && e.naturalWidth > 0)));
  for (const one of ["audio", "video"]) await until(`${one} to have come`, () => row.locator(one).evaluate((e) => e.readyState >= 1));
  const place = await row.locator("video").boundingBox();
  assert.deepEqual([place.width, place.height], [480, 270]);
  const [download] = await Promise.all([page.waitForEvent("download"), cards.first().click()]);
  assert.equal(download.suggestedFilename(), "build.log");
  await page.mouse.move(0, 0);
  await take(page, "kinds");
  await jonas.call("message.delete", { room, id });
  await row.getByText("Message deleted by its author").waitFor();
  assert.equal(await row.locator(".files, .file, img, audio, video").count(), 0);
  await page.context().close();
});

test("files alone are a message: quoted, found, asked about and edited as what they are", async () => {
  const room = await makeRoom("alone");
  const two = [await bring(server, jonas, "harbour-a.png", png(300, 200, sunset)), await bring(server, jonas, "harbour-b.png", png(300, 200, sea))];
  const { id } = await jonas.call("message.send", { room, text: "", key: "alone", files: two.map((one) => one.id) });
  const { page } = await look("alone", { room });
  const row = page.locator(`article[data-id="${id}"]`);
  await row.hover();
  await row.getByRole("button", { name: "Reply", exact: true }).click();
  await page.locator(".above").getByText("2 pictures").waitFor();
  await write(page, "The light!");
  await stored(page, "The light!").locator(".quote").getByText("2 pictures").waitFor();
  await field(page).setInputFiles([text("mine.txt"), text("empty.txt", "")]);
  await whole(page, "mine.txt");
  await whole(page, "empty.txt");
  await box(page).press("Enter");
  const mine = page.locator("#log article[data-offset]").filter({ has: page.locator("a.file") });
  await mine.waitFor();
  await box(page).press("ArrowUp");
  const edit = page.getByRole("textbox", { name: "Text of the message" });
  await edit.fill("With words now");
  await edit.press("Enter");
  await stored(page, "With words now").locator("a.file", { hasText: "mine.txt" }).waitFor();
  await stored(page, "With words now").locator("a.file", { hasText: "empty.txt" }).getByText("0 B").waitFor();
  await stored(page, "With words now").press("Delete");
  await page.getByRole("dialog").getByText("It is gone for everybody, with its files and from the search too").waitFor();
  await page.keyboard.press("Escape");
  await page.context().close();
});

test("U32 a text over the limit: nothing is cut, and it can go as a file, and come back", async () => {
  const { page, room } = await look("long words");
  const long = `${"A line of a log that is much too long.\n".repeat(500)}The end.`;
  await box(page).fill(long);
  await page.getByText(/characters over 16,000\. Nothing is cut\./).waitFor();
  assert.equal(await send(page).isDisabled(), true);
  await take(page, "over-limit");
  await page.getByRole("button", { name: "Attach it as a file" }).click();
  await whole(page, "message.txt");
  assert.equal(await box(page).inputValue(), "");
  await page.getByRole("button", { name: "Remove message.txt" }).click();
  await inBox(page, long);
  await focused("the box", box(page));
  await page.getByRole("button", { name: "Attach it as a file" }).click();
  await whole(page, "message.txt");
  await page.reload(); // the text is still there to come back
  await whole(page, "message.txt");
  await page.getByRole("button", { name: "Remove message.txt" }).click();
  await inBox(page, long);
  await page.getByRole("button", { name: "Attach it as a file" }).click();
  await whole(page, "message.txt");
  await write(page, "The whole log");
  await stored(page, "The whole log").waitFor();
  const [{ files }] = await list(room);
  assert.equal((await bytesOf(jonas, files[0])).toString(), long);
  await page.context().close();
});

test("U35 details list what was sent, newest first, with the way to the message and to the file", async () => {
  const room = await makeRoom("listed");
  const { page } = await look("listed", { room });
  const files = page.getByRole("region", { name: "Files" });
  await files.getByText("Files sent here will be listed here.").waitFor();
  const items = files.getByRole("listitem");
  const shows = (wanted) => until(`files ${wanted}`, async () => JSON.stringify(await items.locator(".file-name").evaluateAll((all) => all.map((e) => e.title))) === JSON.stringify(wanted));
  const post = async (who, name, bytes) => who.call("message.send", { room, text: `This is ${name}`, key: name, files: [(await bring(server, who, name, bytes)).id] });
  const first = await post(jonas, "harbour.png", png(300, 200, sunset));
  await shows(["harbour.png"]);
  await mira.call("message.send", { room, text: "Only words", key: "words" });
  await post(mira, "the-minutes-of-the-meeting-in-november.txt", Buffer.from("Nobody came.\n"));
  await shows(["the-minutes-of-the-meeting-in-november.txt", "harbour.png"]);
  await items.nth(1).getByText(/^Jonas Lindqvist, \d\d:\d\d, \d+ KB$/).waitFor();
  await page.reload();
  await shows(["the-minutes-of-the-meeting-in-november.txt", "harbour.png"]);
  await take(page, "details");
  await page.setViewportSize(SIZES.phone);
  await page.getByRole("button", { name: "Details", exact: true }).click();
  await items.nth(1).waitFor();
  await take(page, "details-page");
  await page.setViewportSize(SIZES.wide);

  await items.nth(1).getByRole("link", { name: "harbour.png", exact: true }).click();
  await page.waitForURL(`**/room/${room}/${first.offset}`);
  await page.locator(`article[data-id="${first.id}"][data-state="highlighted"]`).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), items.nth(1).getByRole("link", { name: "Download harbour.png" }).click()]);
  assert.equal(download.suggestedFilename(), "harbour.png");
  await jonas.call("message.delete", { room, id: first.id });
  await shows(["the-minutes-of-the-meeting-in-november.txt"]);

  const many = Array.from({ length: 24 }, (_, i) => `page ${i}.txt`);
  for (const name of many) await post(jonas, name, Buffer.from(name));
  await page.reload();
  await until("a page of them", async () => (await items.count()) === 20);
  await files.getByRole("button", { name: "Older files" }).click();
  await shows([...many.reverse(), "the-minutes-of-the-meeting-in-november.txt"]);
  assert.equal(await files.getByRole("button", { name: "Older files" }).count(), 0);
  await page.context().close();
});

test("files are found: by their names, and with the filter", async () => {
  const room = await makeRoom("search");
  const one = await bring(server, jonas, "kettle-manual.pdf", Buffer.from("%PDF-1.4 none"));
  await jonas.call("message.send", { room, text: "", key: "manual", files: [one.id] });
  await jonas.call("message.send", { room, text: "The kettle again", key: "kettle" });
  const page = await enter(mira, `/search?room=${room}`, { url: server.url });
  await page.getByRole("searchbox").fill("kettle");
  await page.locator(".hit").nth(1).waitFor();
  await page.getByRole("button", { name: "with files" }).click();
  await until("only one is left", async () => (await page.locator(".hit").count()) === 1);
  await page.locator(".hit").getByText("kettle-manual.pdf").waitFor();
  await take(page, "search");
  await page.context().close();
});

test("what the server does not take is said where it is, and goes once it does", async () => {
  const { page, room } = await look("refused");
  await page.route(/\/files\/\d+\?offset/, (route) =>
    route.fulfill({ status: 507, contentType: "application/json", body: JSON.stringify({ error: { code: 108, message: "The disk of the server is full." } }) }));
  await field(page).setInputFiles([text("notes.txt")]);
  await inState(page, "notes.txt", "failed").getByText("The server’s disk is full: reading works, sending waits.").waitFor();
  await says(page, "notes.txt was not uploaded.");
  assert.match(troubles.pop() ?? "", /status of 507/);
  await take(page, "disk-full");
  await page.unroute(/\/files\/\d+\?offset/);
  await status(page).getByRole("button", { name: "Try again" }).click();
  await whole(page, "notes.txt");

  // a message that is refused gives back its words and its files
  const gone = await bring(server, mira, "gone.txt", Buffer.from("gone"));
  await page.evaluate(
    ([user, room, file]) => localStorage.setItem(`snug.out.${user}.lost`, JSON.stringify({
      key: "lost", room, text: "With a file that is gone", reply_to: "", files: [file], created: Date.now(), state: "waiting", code: 0, message: "", tries: 0, retry_at: 0,
    })),
    [mira.user.id, room, gone],
  );
  await mira.call("file.drop", { id: gone.id });
  await page.reload();
  const row = message(page, "With a file that is gone");
  await row.getByText(/^Not sent: /).waitFor();
  assert.equal((await list(room)).length, 0);
  await row.getByRole("button", { name: "Edit" }).click();
  await inBox(page, "With a file that is gone");
  await inState(page, "gone.txt", "failed").getByText("It is not there any more: choose it again.").waitFor();
  await until("the browser to have said so", () => troubles.some((one) => /status of 404/.test(one)));
  troubles.splice(0, troubles.length, ...troubles.filter((one) => !/status of 404/.test(one)));
  await page.getByRole("button", { name: "Remove gone.txt" }).click();
  await box(page).press("Enter");
  await stored(page, "With a file that is gone").locator("a.file", { hasText: "notes.txt" }).waitFor();
  await page.context().close();
});

test("U63 by thumb: what can be pressed is large enough", async () => {
  const room = await makeRoom("thumbs");
  const one = await bring(server, jonas, "minutes.txt", Buffer.from("Nobody came.\n"));
  await jonas.call("message.send", { room, text: "", key: "minutes", files: [one.id] });
  const { page } = await look("thumbs", { room, hasTouch: true, isMobile: true, viewport: SIZES.phone });
  await field(page).setInputFiles([text("notes.txt")]);
  await whole(page, "notes.txt");
  const large = async (locator, what) => {
    const { width, height } = await locator.boundingBox();
    assert.ok(width >= 44 && height >= 44, `${what}: ${width} × ${height}`);
  };
  await large(page.getByRole("button", { name: "Attach files" }), "the clip");
  await large(page.getByRole("button", { name: "Remove notes.txt" }), "remove");
  await large(page.locator("#log a.file"), "the card");
  await picture(page, "files-touch");
  await page.getByRole("button", { name: "Details", exact: true }).tap();
  await large(page.getByRole("link", { name: "Download minutes.txt" }), "download");
  await page.context().close();
});
