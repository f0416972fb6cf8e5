// What stands in a card: the steps of a run, a growing answer, who is an agent; and the pages of the admin: lines, figures.
// At the end what every page keeps to: its policy, its own host, its weight.
//
// The gallery of web/src/gallery draws the recorded runs. It is bundled here and loaded in the page's own document, in the
// place of its script and under the server's own policy.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  connectedShown, endAll, enter, fill, message, openLine, openPage, openPlace, openWindow, picture, readAll, roomShown, stored,
  troubles, until, write,
} from "../support/browser.mjs";

const WEB = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "web");
const LAG_MS = 30;
/** A client waits a random time before it tries again, which may be next to nothing. */
const BACK = /Back (at once|after)/;

let server, mira, jonas, line, bundles;

before(async () => {
  [{ server, people: [mira, jonas] }, bundles] = await Promise.all([
    openPlace(["Jonas Lindqvist"], { args: ["--client.ping_interval", "1s"] }),
    bundle(),
  ]);
  line = await openLine(server.port);
});
after(endAll);

/** The gallery as a script, and the recorded lists as a module. */
async function bundle() {
  const { build } = createRequire(path.join(WEB, "package.json"))("esbuild");
  const make = async (contents) => {
    const options = { bundle: true, write: false, format: "esm", jsx: "automatic", jsxImportSource: "preact" };
    const made = await build({ ...options, absWorkingDir: WEB, stdin: { contents, resolveDir: WEB, loader: "tsx" } });
    return made.outputFiles[0].text;
  };
  const [gallery, runs] = await Promise.all([
    make(`import "./src/gallery/run_gallery";
      import { me } from "./src/state/app";
      Object.assign(window, { become: (user) => (me.value = { active: true, created: 0, ...user }) });`),
    make(`export * from "./src/gallery/recorded_runs";`),
  ]);
  return { gallery, ...(await import(`data:text/javascript;base64,${Buffer.from(runs).toString("base64")}`)) };
}

/** The gallery, seen by Mira, who is an admin. */
async function openGallery() {
  const context = await openWindow(undefined, { url: server.url });
  const page = await openPage(context);
  await page.route("**/gallery.js", (route) => route.fulfill({ contentType: "text/javascript", body: bundles.gallery }));
  await page.route("**/gallery", async (route) => {
    const answer = await route.fetch({ url: `${server.url}/` });
    const html = (await answer.text()).replace(/(<script[^>]* src=")[^"]+/, "$1/gallery.js");
    await route.fulfill({ response: answer, body: html });
  });
  await page.goto(`${server.url}/gallery`);
  await page.getByRole("heading", { name: "One run, every state" }).waitFor();
  return page;
}

const recorded = (page, name) => page.locator(`[data-recorded="${name}"] .run`);
const card = (page) => page.locator("#log .run[data-run]");
/** The step of a tool, by a word of its line. */
const step = (run, words) => run.locator(".step").filter({ has: run.page().locator("summary, .line", { hasText: words }) });

async function makeRoom(name, more = {}) {
  const { id } = await mira.call("room.create", { name, private: true, ...more });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  return id;
}

/** A page in a room of its own where @nook was asked and has answered. */
async function askNook(name) {
  const room = await makeRoom(name);
  await fill(jonas, room, ["The kettle is repaired"]);
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, name);
  await write(page, "@nook find kettle");
  await page.locator('#log .run[data-state="completed"]').waitFor();
  return page;
}

/** Folded, then opened by its line; what is inside is seen only then. */
async function unfold(one, inside) {
  assert.equal(await inside.isVisible(), false, "folded at first");
  await one.locator("summary").click();
  await inside.waitFor();
}

/** The table of the run card: what its head says, its icon, what can be done; for who started it. */
const TABLE = {
  queued: ["queued", "Waiting for another run", "clock", "Stop", "Started by you 1 ahead in this room"],
  thinking: ["thinking", "Thinking", "spinner", "Stop", "Started by you"],
  tool: ["tool", "Using 2 tools", "spinner", "Stop", "Started by you"],
  approval: ["approval", "Waiting for you", "clock", "Stop", "Started by Jonas Lindqvist"],
  tool_done: ["tool", "Reading the result", "spinner", "Stop", "Started by you"],
  answering: ["answering", "Writing", "spinner", "Stop", "Started by you"],
  completed_live: ["completed", "Done in 14 s", "check", "More", "Started by you 1,204 tokens No cost"],
  failed: ["failed", "Failed: the database did not answer", "alert", "Run again", "Started by you after 8 s"],
  stopped: ["stopped", "Stopped by Jonas Lindqvist", "stop", "Run again", "Started by you after 7 s"],
  resumed: ["tool", "Slow closes since Friday", "spinner", "Stop", "Started by you Went on while you were away"],
};

test("U74 U75 one card a run, in ten states: the head says what goes on and holds one action", async () => {
  const page = await openGallery();
  for (const [name, [state, words, icon, action, tail]] of Object.entries(TABLE)) {
    const one = recorded(page, name);
    assert.equal(await one.count(), 1, name);
    assert.equal(await one.getAttribute("data-state"), state, name);
    assert.equal(await one.getAttribute("aria-live"), "off", name);
    const head = one.locator("> .head");
    assert.equal(await head.locator(".what").innerText(), words, name);
    const sign = await head.evaluate((e) => e.querySelector(":scope > .icon use")?.getAttribute("href").slice(3) ?? e.firstElementChild.className);
    assert.equal(sign, icon, name);
    const buttons = head.getByRole("button");
    assert.equal(await buttons.count(), 1, `${name}: one action`);
    await head.getByRole("button", { name: action, exact: true }).waitFor();
    const told = (await one.locator(".tail > span").allInnerTexts()).join(" ").trim();
    assert.equal(told, tail, name);
  }
  const folded = recorded(page, "completed");
  assert.equal(await folded.evaluate((e) => e.tagName), "DETAILS", "met after its end, a run is one line");
  assert.equal(await folded.locator(".what").innerText(), "14 s, 3 steps, 1,204 tokens");
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `card-states-${colorScheme}`, { fullPage: true });
  }
  await page.context().close();
});

test("U76 tools are folded, and show what they were asked and what they gave", async () => {
  const page = await openGallery();
  const done = recorded(page, "completed_live");
  assert.equal(await done.locator("details[open]").count(), 0, "nothing is open by itself");
  const search = step(done, "search_messages");
  await search.locator("summary").getByText("Reports about 0.4.1").waitFor();
  await search.locator("summary").getByText("38 ms").waitFor();
  await unfold(search, search.getByText('query: "0.4.1", room: releases, limit: 50'));
  await search.getByText("11 messages from 4 people").waitFor();
  assert.equal(await search.getByRole("region", { name: "Result" }).count(), 0, "the whole of it only on request");
  await search.getByRole("button", { name: "Show result" }).click();
  assert.deepEqual(JSON.parse(await search.getByRole("region", { name: "Result" }).innerText()).messages, ["41", "44", "45", "51"]);
  await search.getByRole("button", { name: "Hide result" }).click();
  await search.getByRole("region", { name: "Result" }).waitFor({ state: "detached" });
  await step(recorded(page, "failed"), "server_metrics").getByText("108, not available: the database did not answer").waitFor();
  await page.context().close();
});

test("U76 two tools at once are two steps, each with its own result", async () => {
  const page = await openGallery();
  const both = recorded(page, "tool");
  await both.locator(".what").getByText("Using 2 tools").waitFor();
  assert.equal(await both.locator('.step[data-state="running"]').count(), 2);
  const half = recorded(page, "resumed");
  assert.equal(await step(half, "search_messages").getAttribute("data-state"), "done");
  assert.equal(await step(half, "server_metrics").getAttribute("data-state"), "running");
  const done = recorded(page, "completed_live");
  const [search, metrics] = [step(done, "search_messages"), step(done, "server_metrics")];
  await metrics.locator("summary").click();
  await metrics.getByText("4 closes, all of one client").waitFor();
  await metrics.getByText("name: closes, code: 3008").waitFor();
  assert.equal(await search.locator("details[open]").count(), 0, "one opens without the other");
  await page.context().close();
});

test("U76 U77 a run of @nook has its reasoning and its tool folded", async () => {
  const page = await askNook("folded");
  const run = card(page);
  assert.equal(await run.locator("details[open]").count(), 0);
  const [thought, tool] = [step(run, "Thought about it"), step(run, "search_messages")];
  await unfold(thought, thought.getByText("You are looking for something that was said."));
  await unfold(tool, tool.locator("dt", { hasText: "Asked" }));
  await tool.locator("dd").first().getByText("kettle").waitFor();
  await tool.locator("dt", { hasText: "Got" }).waitFor();
  assert.ok((await tool.locator("dd").nth(1).innerText()).trim().length > 0);
  await picture(page, "card-open");
  await page.context().close();
});

test("U77 reasoning is seen while it goes on, and folds when its step ends", async () => {
  const page = await openGallery();
  const words = "Two questions: reports about 0.4.1 in this room";
  await recorded(page, "thinking").getByText(words).waitFor();
  for (const name of ["tool", "answering", "completed_live", "failed", "stopped"]) {
    const run = recorded(page, name);
    const thought = step(run, "Thought about it");
    assert.equal(await thought.getByText(words).isVisible(), false, name);
    await thought.locator("summary .took").getByText("2.1 s").waitFor();
    await unfold(thought, thought.getByText(words));
  }
  await page.context().close();
});

test("U74 U81 a question to a person says what will happen, and has buttons for those alone who may answer", async () => {
  const page = await openGallery();
  const ask = recorded(page, "approval");
  const allow = ask.getByRole("button", { name: "Allow once" });
  const refuse = ask.getByRole("button", { name: "Don’t allow" });
  const said = async () => {
    await ask.getByText("Nook wants to invite Teo Alvarez to releases. He will see everything written here since 3 March.").waitFor();
    await ask.getByText(/^Ends in [45]:\d\d as “not allowed”$/).waitFor();
  };
  await ask.locator(".what").getByText("Waiting for you", { exact: true }).waitFor();
  await said();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY", "focus is not taken");
  await picture(page, "card-approval", { fullPage: true });
  await allow.click();
  await refuse.click();
  assert.deepEqual(await page.evaluate(() => window.decisions), [["e3", true], ["e3", false]]);

  await page.evaluate((user) => window.become(user), { ...bundles.JONAS });
  await allow.waitFor(); // he started it
  await page.evaluate((user) => window.become(user), { ...bundles.JONAS, id: "9", name: "priya", display: "Priya Nair" });
  await ask.locator(".what").getByText("Waiting for an admin", { exact: true }).waitFor();
  await said();
  assert.equal(await allow.count() + await refuse.count(), 0, "not hers to answer");
  assert.equal(await ask.getByRole("button", { name: "Stop", exact: true }).count(), 0);
  await page.context().close();
});

/** From now on every frame notes how far these have moved from where they stand. */
async function watchPlaces(page, selectors) {
  await page.evaluate((list) => {
    const top = (selector) => document.querySelector(selector)?.getBoundingClientRect().top ?? Infinity;
    const began = list.map(top);
    const seen = (window.places = { moved: 0, frames: 0 });
    (function look() {
      if (window.places !== seen) return;
      seen.frames += 1;
      list.forEach((selector, i) => (seen.moved = Math.max(seen.moved, Math.abs(top(selector) - began[i]))));
      requestAnimationFrame(look);
    })();
  }, selectors);
}

const places = (page) => page.evaluate(() => window.places);
const scroll = (page) =>
  page.locator("#log").evaluate((log) => ({ top: log.scrollTop, below: log.scrollHeight - log.clientHeight - log.scrollTop }));

async function scrollUp(page, px) {
  await page.locator("#log").evaluate((log, up) => (log.scrollTop = log.scrollHeight - log.clientHeight - up), px);
  await until("scrolled", async () => Math.abs((await scroll(page)).below - px) <= 1);
  await nextFrames(page);
}

const nextFrames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** A room with more in it than its log shows at once, read to its end. */
async function makeLongRoom(name) {
  const room = await makeRoom(name);
  await fill(jonas, room, Array.from({ length: 30 }, (_, i) => `Line ${i} of a long conversation about a kettle`));
  await readAll(mira, room);
  return room;
}

test("U78 a growing answer moves nothing that is being read", async () => {
  const room = await makeLongRoom("growing");
  const context = await openWindow(mira, { url: server.url });
  const page = await openPage(context);
  let socket;
  await page.routeWebSocket(/connection\/websocket/, (one) => {
    one.connectToServer().onMessage((data) => {
      one.send(data);
      if (/"subscribe":\{/.test(data)) socket = one; // from now on the room's stream is heard
    });
  });
  await page.goto(`${server.url}/room/${room}`);
  await connectedShown(page);
  await stored(page, "Line 29").waitFor();
  await until("subscribed", () => socket);

  // the recorded events of a run, as the stream would tell them, behind what is there
  let { offset } = await mira.call("message.list", { room, limit: 1 });
  const push = (pub) => socket.send(JSON.stringify({ push: { channel: `room:${room}`, pub } }));
  const list = bundles.recorded("answering", Date.now());
  const { agent, run_id } = list[0].event;
  for (const { event, offset: at } of list) if (at) push({ data: { ...event, room }, offset: ++offset });
  let position = 0;
  const grow = (text) => {
    push({ data: { type: "agent_writing", run_id, agent, room, time: Date.now(), data: { position, text } } });
    position += text.length;
  };
  grow(Array.from({ length: 6 }, (_, i) => `Paragraph ${i} of an answer that is some words long.\n\n`).join(""));
  await card(page).getByText("Paragraph 5").waitFor();
  await until("at the end", async () => (await scroll(page)).below <= 1);

  await step(card(page), "search_messages").locator("summary").click();
  await scrollUp(page, 160);
  const before = await scroll(page);
  await watchPlaces(page, [".head", ".step:last-child", ".answer p"].map((part) => `#run-${run_id} ${part}`));
  for (let i = 6; i < 36; i++) {
    for (const piece of [`Paragraph ${i} of an `, "answer that is some words ", "long.\n\n"]) grow(piece);
    if (i % 3 === 0) await card(page).getByText(`Paragraph ${i} of an answer that is some words long.`).waitFor();
  }
  await card(page).getByText("Paragraph 35").waitFor();
  const { moved, frames } = await places(page);
  assert.ok(frames > 10, `${frames} frames were looked at`);
  assert.ok(moved <= 1, `what is read moved by ${moved} px`);
  assert.equal((await scroll(page)).top, before.top);
  assert.ok((await scroll(page)).below > before.below + 500, "the answer grew below");
  assert.equal(await card(page).locator(".step details[open]").count(), 1, "what was opened stays open");

  await page.locator("#log").evaluate((log) => (log.scrollTop = log.scrollHeight));
  await nextFrames(page);
  grow("One more, which is followed.\n\nAnd the last one.");
  await card(page).getByText("And the last one.").waitFor();
  await until("it follows from the end", async () => (await scroll(page)).below <= 1);
  await context.close();
});

test("U78 a whole run of @nook moves nothing for who reads further up", async () => {
  const room = await makeLongRoom("read above");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await stored(page, "Line 29").waitFor();
  await scrollUp(page, 130);
  await watchPlaces(page, ["#log article:nth-of-type(20)", "#log article:nth-of-type(24)"]);
  const before = await scroll(page);
  await fill(jonas, room, ["@nook find kettle"]);
  await page.locator('#log .run[data-state="completed"]').waitFor();
  await page.locator("#log").getByText("The newest 5 messages with these words").waitFor(); // in the card, or below it
  await nextFrames(page);
  const { moved } = await places(page);
  assert.ok(moved <= 1, `what is read moved by ${moved} px`);
  assert.equal((await scroll(page)).top, before.top);
  await page.context().close();
});

test("U78 who is at the end sees whole runs of @nook to their end, however quick they are", async () => {
  const room = await makeLongRoom("read at the end");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await stored(page, "Line 29").waitFor();
  const asked = ["find kettle", "who is here", "how is the server", "find line"];
  for (const [i, text] of asked.entries()) {
    await write(page, `@nook ${text}`);
    await page.locator('#log .run[data-state="completed"]').nth(i).waitFor();
    await page.locator("#log .run").nth(i).locator(".answer").waitFor();
    await nextFrames(page);
    await until("the end is seen", async () => (await scroll(page)).below <= 1, 2000);
  }
  await page.context().close();
});

/** How a face looks: its corner as a part of its width, and what is in it. */
const look = (face) =>
  face.evaluate((e) => {
    const { width, height } = e.getBoundingClientRect();
    const corner = getComputedStyle(e).borderTopLeftRadius;
    const round = corner.endsWith("%") ? parseFloat(corner) / 100 : parseFloat(corner) / width;
    return { width, height, round, letters: e.textContent.trim(), sign: e.querySelector("svg") !== null };
  });

test("U85 agents are told apart by shape and by word", async () => {
  const page = await askNook("shapes");
  const isPerson = ({ width, height, round, letters, sign }, name) =>
    assert.deepEqual([width === height, round >= 0.5, letters, sign], [true, true, name, false], "a circle with letters");
  const isAgent = ({ width, height, round, letters, sign }) => {
    assert.equal(width, height);
    assert.ok(round > 0.1 && round < 0.4, `a rounded square, not ${round}`);
    assert.deepEqual([letters, sign], ["", true], "its sign, no letters");
  };
  const said = message(page, "The kettle is repaired").first();
  const run = page.locator("#log article").filter({ has: page.locator(".run[data-run]") });
  isPerson(await look(said.locator(".face")), "JL");
  isAgent(await look(run.locator(".margin .face")));
  await run.locator(".by .tag").getByText("agent", { exact: true }).waitFor();
  assert.equal(await said.locator(".tag").count(), 0);

  await page.reload(); // now the answer is a message like any other
  const answer = message(page, /I found/);
  await page.locator("#log details.run").waitFor();
  await answer.waitFor();
  isAgent(await look(run.locator(".margin .face")));

  await page.getByRole("link", { name: "general" }).click();
  await roomShown(page, "general");
  const members = page.getByRole("complementary", { name: "Details" }).locator("li.person");
  const nook = members.filter({ hasText: "Nook" });
  isAgent(await look(nook.locator(".face")));
  await nook.locator(".tag").getByText("agent", { exact: true }).waitFor();
  isPerson(await look(members.filter({ hasText: "Jonas" }).locator(".face")), "JL");
  assert.equal(await members.filter({ hasText: "Jonas" }).locator(".tag").count(), 0);
  await page.context().close();
});

const rows = (page, table) => page.getByRole("region", { name: `Table of ${table} connections` }).locator("tbody tr");
/** The cells of a row by the words above them. */
const cells = (row) =>
  row.evaluate((tr) => {
    const heads = [...tr.closest("table").querySelectorAll("thead th")].map((th) => th.textContent);
    return Object.fromEntries([...tr.cells].map((td, i) => [heads[i], td.innerText.trim()]));
  });

test("U87 the connections page shows what is open, and why the rest has ended", async () => {
  // a line with a delay: what the page answers to a ping comes late
  line.onBytes = (way) => {
    if (way !== "down") return;
    line.hold("up");
    setTimeout(line.release, LAG_MS);
  };
  const [theirs, page] = [
    await enter(jonas, "/room/1", { url: line.url }),
    await enter(mira, "/admin/connections", { url: server.url }),
  ];
  await page.getByRole("heading", { level: 1, name: "Connections" }).waitFor();
  const open = rows(page, "open").filter({ hasText: "Jonas" });
  await open.waitFor();
  await open.locator("td:nth-child(5)").getByText(/^\d+ ms$/).waitFor();
  const shown = await cells(open);
  assert.match(shown.Client, /^Chrom\w+, Linux/);
  assert.equal(shown.Address, "127.0.0.1");
  assert.match(shown["Open for"], /^[\d.]+ s$/);
  assert.ok(parseInt(shown["Round trip"], 10) >= LAG_MS - 5, `the line's own delay is in ${shown["Round trip"]}`);
  assert.match(shown.Rooms, /^[1-9]$/);
  assert.match(shown["Waiting, highest"], /^\d+ (B|KiB)$/);
  await rows(page, "open").filter({ hasText: "this tab" }).getByText("Mira Okafor").waitFor();
  await page.getByText(/^\d+ connections, 2 people$/).waitFor();

  const closed = (words) => rows(page, "closed").filter({ hasText: "Jonas" }).filter({ hasText: words });
  line.cut();
  await closed("Line dropped without a word").filter({ hasText: BACK }).first().waitFor();
  const cut = await cells(closed("Line dropped without a word").first());
  assert.match(cut.Why, /1006/);
  assert.match(cut.Afterwards, /^Back (at once|after [\d.]+ (ms|s))(, nothing missed)?$/);
  await connectedShown(theirs);
  line.onBytes = () => {};

  await server.kill();
  await theirs.locator('.link-state[data-state="reconnecting"]').waitFor();
  await server.restart();
  await connectedShown(theirs);
  await connectedShown(page);
  await closed("Server stopped").filter({ hasText: BACK }).first().waitFor();
  const killed = await cells(closed("Server stopped").first());
  assert.match(killed.Why, /3001/);
  assert.equal(killed.By, "server");
  assert.match(killed.Afterwards, /^Back (at once|after [\d.]+ (ms|s))/);
  await rows(page, "closed").filter({ hasText: "Mira" }).filter({ hasText: "Server stopped" }).first().waitFor();
  await picture(page, "connections");

  await theirs.goto(`${line.url}/admin/connections`);
  await theirs.getByRole("heading", { level: 1, name: "Your connections" }).waitFor();
  for (const table of ["open", "closed"]) {
    await rows(theirs, table).first().waitFor();
    const who = await rows(theirs, table).locator(".name").allInnerTexts();
    assert.ok(who.length > 0 && who.every((name) => name === "Jonas Lindqvist"), `${table}: ${who}`);
  }
  assert.equal(await theirs.getByText("Mira Okafor").count(), 0);
  assert.equal(await theirs.getByRole("link", { name: "Metrics" }).count(), 0);
  await theirs.goto(`${line.url}/admin/metrics`);
  await theirs.getByText("Only admins see the figures of the server.").waitFor();
  await Promise.all([theirs.context().close(), page.context().close()]);
});

const TITLES = ["Connections", "Messages a minute", "Send to acknowledgement", "Commit to disk", "Memory in use", "Largest outbox"];

/** How many points of a canvas have the colour of lines that show values. */
const inkOf = (figure) =>
  figure.locator("canvas").evaluate((canvas) => {
    const probe = document.createElement("canvas").getContext("2d");
    const token = document.createElement("i");
    document.body.append(token);
    token.className = "face agent"; // its sign has this colour
    probe.fillStyle = getComputedStyle(token).color;
    token.remove();
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12) drawn += 1;
    }
    return drawn;
  });

/** Notes by how many pixels each text of a canvas was cut at its side, the last time it was drawn. */
function noteWords() {
  window.drawn = new Map();
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const { actualBoundingBoxLeft: left, actualBoundingBoxRight: right } = this.measureText(text);
    window.drawn.set(text, Math.max(0, Math.round(Math.max(left - x, x + right - this.canvas.width))));
    fillText.call(this, text, x, y);
  };
}

test("U88 three zeros come first, then six charts, each also as a table", async () => {
  const sampled = () => mira.call("metrics.query", { names: ["rss_bytes", "connections"], since: Date.now() - 3_600_000, step_s: 10 });
  await until("a sample", async () => (await sampled()).times.length > 0, 30_000);
  const context = await openWindow(mira, { url: server.url });
  await context.addInitScript(noteWords);
  const page = await openPage(context, "/admin/metrics");
  await connectedShown(page);
  await page.getByRole("button", { name: "1 hour", pressed: true }).waitFor(); // all that this server has lived
  const first = page.locator(".figures .figure");
  await first.nth(2).getByRole("img", { name: "kept" }).waitFor();
  for (const [i, words] of ["Messages lost", "Messages doubled", "Closes with 1011"].entries()) {
    assert.equal(await first.nth(i).locator("dt").innerText(), words);
    assert.equal((await first.nth(i).locator("dd").innerText()).trim(), "0");
    await first.nth(i).getByRole("img", { name: "kept" }).waitFor();
  }
  const charts = page.locator("figure.chart");
  assert.deepEqual(await charts.locator("figcaption b").allInnerTexts(), TITLES);
  const above = async (a, b) => (await a.boundingBox()).y < (await b.boundingBox()).y;
  assert.ok(await above(first.first(), charts.first()), "the promises come first");
  for (const title of ["Connections", "Memory in use"]) {
    const chart = charts.filter({ has: page.locator("figcaption b", { hasText: title }) });
    await chart.getByRole("img", { name: new RegExp(`^${title} over 1 hour: .* now \\d`) }).waitFor();
    await until(`${title} is drawn`, async () => (await inkOf(chart)) > 10);
  }
  await until("both lines are named", () => page.evaluate(() => window.drawn.has("99 of 100") && window.drawn.has("half")));
  assert.deepEqual(await page.evaluate(() => [...window.drawn].filter(([, cut]) => cut > 0)), [], "no word is cut at the edge of its chart");
  await picture(page, "metrics");
  await page.getByRole("button", { name: "24 hours" }).click();
  await page.getByRole("button", { name: "24 hours", pressed: true }).waitFor();
  await charts.first().getByRole("img", { name: /over 24 hours/ }).waitFor();
  await nextFrames(page);
  assert.deepEqual(await page.evaluate(() => [...window.drawn].filter(([, cut]) => cut > 0)), [], "nor in a day that has hardly begun");
  await page.getByRole("button", { name: "1 hour" }).click();

  await page.getByRole("button", { name: "Show as tables" }).click();
  for (const title of TITLES) {
    const table = page.getByRole("region", { name: title, exact: true }).locator("table");
    await table.locator("tbody tr").first().waitFor();
    const lines = await table.locator("thead th").count();
    assert.equal(await table.locator("tbody tr").first().locator("td").count(), lines, title);
  }
  const memory = page.getByRole("region", { name: "Memory in use" }).locator("tbody td.r");
  for (const words of await memory.allInnerTexts()) assert.match(words, /^(\d+\.\d MB|—)$/);
  const stored = (await sampled()).series.rss_bytes.filter((n) => n !== null).map((n) => `${(n / 1e6).toFixed(1)} MB`);
  assert.ok((await memory.allInnerTexts()).some((words) => stored.includes(words)), "what is stored is what is shown");
  await picture(page, "metrics-tables");
  await page.getByRole("button", { name: "Show as charts" }).click();
  await charts.nth(5).waitFor();
  await page.context().close();
});

/** What the HTML of a page must not have in it. */
function onlyFiles(html, where) {
  const tags = [...html.replace(/<!--.*?-->/gs, "").matchAll(/<([a-z]+)\b([^>]*)>/gi)].map(([, name, rest]) => ({ name: name.toLowerCase(), rest }));
  assert.ok(tags.length > 5, `${where} is a page`);
  for (const { name, rest } of tags) {
    assert.notEqual(name, "style", `${where}: inline style`);
    assert.doesNotMatch(rest, /\s(style|on[a-z]+)\s*=/i, `${where}: <${name}${rest}>`);
    if (name === "script") assert.match(rest, /\ssrc="\/assets\//, `${where}: inline script`);
    assert.doesNotMatch(rest, /(src|href)="(https?:)?\/\//i, `${where}: another host`);
  }
  assert.doesNotMatch(html, /javascript:/i);
}

function strict(policy, where) {
  const rules = new Map(policy.split(";").map((one) => one.trim().split(/\s+/)).map(([name, ...values]) => [name, values.join(" ")]));
  const wanted = { "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'", "base-uri": "'none'",
    "frame-ancestors": "'none'", "form-action": "'self'" };
  for (const [name, value] of Object.entries(wanted)) assert.equal(rules.get(name), value, `${where}: ${name}`);
  assert.doesNotMatch(policy, /unsafe|\*|https?:|blob:/, where);
}

test("U91 no page asks another host, and all keep to a strict policy", async () => {
  const room = await makeRoom("all kinds", { topic: "of things" });
  await fill(jonas, room, ["```js\nconst a = 1;\n```", "**bold** <b style='color:red' onclick='x()'>raw</b> ![x](http://127.0.0.2/x.png) https://example.org/"]);
  const inside = ["/", "/room/1", `/room/${room}`, "/search?q=bold", "/admin/connections", "/admin/metrics"];
  const doors = ["/login", "/join#nothing", "/setup"];
  const asked = [];
  const broken = [];
  for (const [who, paths] of [[mira, inside], [undefined, doors]]) {
    const context = await openWindow(who, { url: server.url });
    await context.exposeBinding("broken", (_, words) => broken.push(words));
    await context.addInitScript(() =>
      addEventListener("securitypolicyviolation", (e) => window.broken(`${e.violatedDirective} ${e.blockedURI} on ${location.pathname}`)),
    );
    const page = await openPage(context);
    page.on("request", (request) => asked.push(request.url()));
    page.on("websocket", (socket) => asked.push(socket.url()));
    for (const at of paths) {
      const answer = await page.goto(server.url + at);
      strict(answer.headers()["content-security-policy"], at);
      onlyFiles((await answer.body()).toString(), at);
      if (who) await connectedShown(page);
      else await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
    }
    await context.close();
  }
  const hosts = new Set(asked.filter((url) => !/^(data|blob):/.test(url)).map((url) => new URL(url).host));
  assert.deepEqual([...hosts], [server.host]);
  assert.ok(asked.some((url) => url.startsWith("ws:")), "sockets are counted too");
  assert.deepEqual(broken, []);
  assert.deepEqual(troubles, []);
});

test("U91 the policy is kept by the browser: nothing inline, nothing from elsewhere", async () => {
  const context = await openWindow(undefined, { url: server.url });
  const page = await context.newPage(); // not watched: it breaks the policy on purpose
  await page.goto(`${server.url}/login`);
  const seen = await page.evaluate(async () => {
    const broken = [];
    addEventListener("securitypolicyviolation", (e) => broken.push(e.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    const styled = document.createElement("p");
    document.body.append(script, styled);
    styled.setAttribute("style", "position: fixed");
    const fetched = await fetch("http://127.0.0.2:9/").then(() => true, () => false);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return { ran: window.ran === true, styled: getComputedStyle(styled).position, fetched, broken: broken.sort() };
  });
  assert.deepEqual(seen, { ran: false, styled: "static", fetched: false, broken: ["connect-src", "script-src-elem", "style-src-attr"] });
  await context.close();
});

test("U93 the first page weighs at most 150 kB as it comes over the line", async (t) => {
  for (const [who, at] of [[undefined, "/login"], [mira, "/room/1"]]) {
    const context = await openWindow(who, { url: server.url });
    const page = await openPage(context);
    const cdp = await context.newCDPSession(page);
    const files = new Map();
    await cdp.send("Network.enable");
    await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
    cdp.on("Network.responseReceived", ({ requestId, response }) => {
      const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]));
      files.set(requestId, { url: response.url, type: response.mimeType, encoding: headers["content-encoding"], bytes: NaN });
    });
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (files.has(requestId)) files.get(requestId).bytes = encodedDataLength;
    });
    await page.goto(server.url + at);
    if (who) await roomShown(page, "general");
    await page.waitForLoadState("networkidle");
    await until("all is measured", () => [...files.values()].every(({ bytes }) => bytes > 0));
    const list = [...files.values()].filter(({ url }) => url.startsWith("http"));
    const total = list.reduce((sum, { bytes }) => sum + bytes, 0);
    t.diagnostic(`${at}: ${total} bytes in ${list.length} answers`);
    for (const { url, type, encoding } of list) {
      if (/\/assets\/|html/.test(url + type)) assert.match(encoding ?? "", /^(gzip|br)$/, `${url} is compressed`);
    }
    assert.ok(list.some(({ type }) => type === "text/html") && list.some(({ type }) => /javascript/.test(type)), "the page is in it");
    assert.ok(total > 30_000, `only ${total} bytes: not measured right`);
    assert.ok(total <= 150_000, `${total} bytes: ${list.map(({ url, bytes }) => `${url} ${bytes}`).join(", ")}`);
    await context.close();
  }
});
