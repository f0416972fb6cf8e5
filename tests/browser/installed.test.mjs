// The page as an app of its own: the manifest that lets it be installed, and the number on its icon.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cover, endAll, enter, fill, openPage, openPlace, openWindow, readAll, roomShown, until } from "../support/browser.mjs";

let server, mira, jonas, priya;

before(async () => {
  ({ server, people: [mira, jonas, priya] } = await openPlace(["Jonas Lindqvist", "Priya Nair"]));
});
after(endAll);

test("U71 the page can be installed: a manifest with its type, within the page's policy", async () => {
  const page = await enter(mira, "/room/1", { url: server.url });
  const cdp = await page.context().newCDPSession(page);
  const { url, errors, data } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.deepEqual([manifest.name, manifest.start_url, manifest.display], ["Snug", "/", "standalone"]);
  const answer = await fetch(url);
  assert.equal(answer.headers.get("content-type"), "application/manifest+json");
  assert.match(answer.headers.get("cache-control"), /immutable/);
  const touch = await page.locator('link[rel="apple-touch-icon"]').getAttribute("href");
  for (const { src, type } of [...manifest.icons, { src: touch, type: "image/png" }]) {
    const icon = await fetch(server.url + src);
    assert.deepEqual([icon.status, icon.headers.get("content-type")], [200, type]);
  }
  assert.deepEqual(manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`), ["192x192 any", "512x512 any", "any any", "any maskable"]);
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
  const bars = () => page.locator('meta[name="theme-color"]').evaluateAll((all) => all.map((bar) => bar.content));
  assert.deepEqual(await bars(), ["#f4f2ed", "#161513"]);
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("radio", { name: "Dark", exact: true }).check();
  assert.deepEqual(await bars(), ["#161513", "#161513"], "the bar follows the theme that is chosen");
  await page.context().close();
});

test("U71 the number on the icon is that of mentions, else of unread messages, and goes with the log-in", async () => {
  const read = () => readAll(priya, "1");
  const context = await openWindow(priya, { url: server.url });
  await context.addInitScript(() => {
    navigator.setAppBadge = async (count) => void (window.badge = count);
    navigator.clearAppBadge = async () => void (window.badge = 0);
  });
  const page = await openPage(context, "/room/1");
  await roomShown(page, "general");
  const badge = (count, of = page) => until(`the number is ${count}`, () => of.evaluate((now) => window.badge === now, count));
  await badge(0);
  await cover(page, true);
  await fill(jonas, "1", ["One", "Two"]);
  await badge(2);
  await fill(jonas, "1", [`@${priya.user.name} three`]);
  await badge(1);
  await read();
  await badge(0);
  await fill(jonas, "1", ["Four"]);
  await badge(1);
  const other = await openPage(context, "/search"); // where nothing is read by looking
  await badge(1, other);
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Log out", exact: true }).last().click();
  await page.waitForURL("**/login");
  await badge(0);
  await badge(0, other);
  await context.close();
});
