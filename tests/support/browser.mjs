// browser: Chromium for a test file, people in it, and a line between page and server that can be held and cut.
//
// One browser a file; each person has a context of their own, as if at a machine of their own. Every page is watched:
// whatever it asks of another host, every breach of its security policy, every error of a script is noted, and
// endAll() fails if there was one. Pictures go to SNUG_TEST_OUT/browser.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { until } from "./chat.mjs";
import { startPlace } from "./place.mjs";

export const WAIT_MS = 15_000;
export const OUT = path.join(process.env.SNUG_TEST_OUT ?? path.join(os.tmpdir(), "snug-test-output"), "browser");
mkdirSync(OUT, { recursive: true });

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser;
const servers = new Set();
const lines = new Set();
export const troubles = [];

/** The browser of this file. */
export function openBrowser() {
  browser ??= chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: FLAGS });
  return browser;
}

/** For after(): ends what a file started, and fails if a page was in trouble. */
export async function endAll() {
  await (await browser)?.close(); // also one that is still starting, because a server did not
  browser = undefined;
  for (const line of lines) line.close();
  for (const server of servers) if (server.child.exitCode === null && !server.child.signalCode) await server.stop();
  assert.deepEqual(troubles, [], "no page had an error, broke its policy or asked another host");
}

/** A place that is set up: the server, its admin, and the browser. people: display names of those who join. */
export async function openPlace(people = [], { admin = "Mira Okafor", place = "Lantern", ...options } = {}) {
  const [server] = await Promise.all([startPlace(options), openBrowser()]);
  servers.add(server);
  const first = await server.setup({ display: admin, place });
  const made = [first];
  for (const display of people) made.push(await server.join(display));
  for (const one of made) one.call = (method, params) => server.call(method, params, one.cookie);
  return { server, people: made };
}

/** A server that nobody has set up. */
export async function openEmptyPlace(options = {}) {
  const [server] = await Promise.all([startPlace(options), openBrowser()]);
  servers.add(server);
  return server;
}

export const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, least: { width: 320, height: 640 } };

/** A window of its own. who: somebody of openPlace, or nothing; options: Playwright's, and url (the server's or a line's). */
export async function openWindow(who, { url, ...options } = {}) {
  const context = await (await openBrowser()).newContext({ viewport: SIZES.wide, ...options });
  context.setDefaultTimeout(WAIT_MS);
  context.base = url;
  if (who) await logIn(context, who);
  return context;
}

/** Puts the session of a person into a context. */
export async function logIn(context, who) {
  const [name, value] = who.cookie.split("=");
  await context.addCookies([{ name, value, url: context.base, httpOnly: true, sameSite: "Lax" }]);
}

/** A page of a context, watched; at a path, if one is given. */
export async function openPage(context, at) {
  const page = await context.newPage();
  watch(page, context.base);
  if (at !== undefined) await page.goto(context.base + at);
  return page;
}

/** A window and its page at once, when the line stands: [page, context]. */
export async function enter(who, at, options) {
  const context = await openWindow(who, options);
  const page = await openPage(context, at);
  await connectedShown(page);
  return page;
}

const EXPECTED = [
  /WebSocket connection to .* failed/, // cut lines are what many tests are about
  /net::ERR_/,
  /status of (400|401|403|409|429|503)/, // refusals are answered so
];

function watch(page, base) {
  const { host } = new URL(base);
  const note = (what) => troubles.push(`${new URL(page.url()).pathname}: ${what}`);
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.host !== host) note(`asked ${url.host}`);
  });
  page.on("websocket", (socket) => {
    if (new URL(socket.url()).host !== host) note(`socket to ${socket.url()}`);
  });
  page.on("pageerror", (error) => note(`error: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    if (!EXPECTED.some((pattern) => pattern.test(message.text()))) note(`console: ${message.text()}`);
  });
}

/** Polls in this process; Playwright's own waiting is used for what is in the page. */
export { until };

/** Until the sign beside the name says that the line stands. */
export function connectedShown(page, ms = WAIT_MS) {
  return page.locator('.link-state[data-state="connected"]').first().waitFor({ state: "attached", timeout: ms });
}

/** Until the open room shows its messages. */
export async function roomShown(page, name) {
  await page.getByRole("heading", { level: 1 }).getByText(name, { exact: true }).waitFor();
  await page.locator('#log[aria-busy="false"]').waitFor();
}

export const box = (page) => page.getByRole("textbox", { name: /^Message to/ });
/** Messages that show this text; those that are on disk have a data-offset. */
export const message = (page, text) => page.locator("#log article.message").filter({ hasText: text });
export const stored = (page, text) => page.locator("#log article.message[data-offset]").filter({ hasText: text });

/** Writes and sends with Enter. */
export async function write(page, text) {
  await box(page).fill(text);
  await box(page).press("Enter");
}

/** The texts of all messages of the log, in their order. */
export function texts(page) {
  return page.locator("#log article.message[data-row] .text").allInnerTexts();
}

/** The keys of all messages of the log, in their order. */
export function keys(page) {
  return page.locator("#log article[data-key]").evaluateAll((rows) => rows.map((row) => row.dataset.key));
}

/** A picture among what the tests leave to look at. */
export function picture(page, name, options = {}) {
  return page.screenshot({ path: path.join(OUT, `${name}.png`), animations: "disabled", caret: "hide", ...options });
}

/** How far a page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Tells the page that its window is covered, or is not. */
export const cover = (page, hidden) =>
  page.evaluate((now) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => now });
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (now ? "hidden" : "visible") });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

let filled = 0;
/** Messages from somebody who is in no browser, one after the other. */
export async function fill(who, room, list) {
  for (const text of list) await who.call("message.send", { room, text, key: `fill-${++filled}` });
}

/** Reads a room to its end. */
export async function readAll(who, room) {
  await who.call("read.mark", { room, offset: (await who.call("message.list", { room, limit: 1 })).offset });
}

/**
 * A line between page and server, with its own address. hold() keeps all bytes of the one way ("up": from the page,
 * "down": to it) until release(); cut() ends what is open, refuse() also what comes until accept().
 */
export async function openLine(port) {
  const pairs = new Set();
  const line = { port: 0, url: "", opened: 0, refused: 0, target: port };
  const held = { up: false, down: false };
  let closed = false;
  /** Told of each piece that goes through, (way, bytes). */
  line.onBytes = () => {};

  const server = net.createServer({ noDelay: true }, (page) => {
    if (closed) {
      line.refused += 1;
      page.resetAndDestroy();
      return;
    }
    line.opened += 1;
    const far = net.connect({ port: line.target, host: "127.0.0.1", noDelay: true });
    const pair = { ways: [], end: () => [page, far].forEach((side) => side.destroy()) };
    pairs.add(pair);
    for (const [from, to, way] of [
      [page, far, "up"],
      [far, page, "down"],
    ]) {
      const waiting = [];
      const pass = () => {
        while (waiting.length && !held[way]) to.write(waiting.shift());
      };
      pair.ways.push(pass);
      from.on("data", (bytes) => {
        waiting.push(bytes);
        line.onBytes(way, bytes);
        pass();
      });
      from.on("error", () => pair.end());
      from.on("close", () => {
        pairs.delete(pair);
        to.end();
      });
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  line.port = server.address().port;
  line.url = `http://127.0.0.1:${line.port}`;
  line.hold = (way) => (held[way] = true);
  line.release = () => {
    held.up = held.down = false;
    for (const pair of pairs) for (const pass of pair.ways) pass();
  };
  line.cut = () => {
    for (const pair of [...pairs]) pair.end();
  };
  line.refuse = () => {
    closed = true;
    line.cut();
  };
  line.accept = () => (closed = false);
  line.close = () => {
    server.close();
    line.cut();
  };
  lines.add(line);
  return line;
}
