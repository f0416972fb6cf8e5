// The page as an app of its own: the manifest that lets it be installed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAll, enter, openPlace } from "../support/browser.mjs";

let server, mira;

before(async () => {
  ({ server, people: [mira] } = await openPlace());
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
  for (const { src } of manifest.icons) {
    const icon = await fetch(server.url + src);
    assert.deepEqual([icon.status, icon.headers.get("content-type")], [200, "image/svg+xml"]);
  }
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
  const bars = () => page.locator('meta[name="theme-color"]').evaluateAll((all) => all.map((bar) => bar.content));
  assert.deepEqual(await bars(), ["#f4f2ed", "#161513"]);
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("radio", { name: "Dark", exact: true }).check();
  assert.deepEqual(await bars(), ["#161513", "#161513"], "the bar follows the theme that is chosen");
  await page.context().close();
});
