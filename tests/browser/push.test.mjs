// Notifications while the page is closed, as the settings offer them. Headless Chromium has no push service: its PushManager is
// taken by one of the page's own, at a push service of the test's own. The service worker is the real one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, connectedShown, cover, endAll, openPage, openPlace, openWindow, overflow, picture, roomShown, until } from "../support/browser.mjs";
import { startPushService } from "../support/push_service.mjs";

let server, mira, jonas, service;

before(async () => {
  service = await startPushService();
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"], { config: { push: { private_addresses: true } } }));
});
after(async () => {
  await endAll();
  assert.deepEqual(service.faults, []);
});

/** In the page, before its scripts: a push manager that keeps what it gave in localStorage, as a browser does. */
function fakes({ subscription, broken }) {
  const bytes = (letters) => Uint8Array.from(atob(letters.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
  const made = () => {
    const key = localStorage.getItem("test.key");
    if (!key) return null;
    const { endpoint, p256dh, auth } = subscription;
    return {
      endpoint,
      options: { applicationServerKey: bytes(key) },
      toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
      unsubscribe: async () => {
        localStorage.removeItem("test.key");
        return true;
      },
    };
  };
  Object.assign(PushManager.prototype, {
    getSubscription: async () => made(),
    subscribe: async ({ applicationServerKey, userVisibleOnly }) => {
      if (broken) throw new Error(broken);
      if (!userVisibleOnly) throw new Error("browsers want to see each");
      localStorage.setItem("test.key", applicationServerKey);
      return made();
    },
  });
}

/** A browser of somebody that can be told. */
async function openTold(who, { subscription = service.browser().subscription, broken = "", url = server.url, ...options } = {}) {
  const context = await openWindow(who, { url, permissions: ["notifications"], ...options });
  await context.addInitScript(fakes, { subscription, broken });
  return context;
}

const part = (page) => page.getByRole("region", { name: "When Snug is closed" });
const button = (page, name) => part(page).getByRole("button", { name });

async function openSettings(page) {
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("dialog").locator('.entries[aria-busy="false"]').waitFor();
  await page.locator('[aria-labelledby="settings-push"][aria-busy="false"]').waitFor();
  await part(page).scrollIntoViewIfNeeded();
}

async function openAt(context, path = "/room/1") {
  const page = await openPage(context, path);
  await connectedShown(page);
  return page;
}

test("U72 switched on, tested, told while the page is closed, switched off", async () => {
  const browser = service.browser();
  const context = await openTold(mira, { subscription: browser.subscription });
  const page = await openAt(context);
  await openSettings(page);
  await part(page).getByText("Off. Switched on, this browser tells you").waitFor();
  await picture(page, "push-off");
  await button(page, "Switch on").click();
  await part(page).getByText("On, for as long as you are logged in").waitFor();
  const [listed] = (await mira.call("push.get")).subscriptions;
  assert.deepEqual([listed.service, listed.this], [service.origin, true]);
  await button(page, "Send a test").click();
  await part(page).getByText("The push service has it. It comes in a moment.").waitFor();
  assert.deepEqual(browser.payloads().map(({ body }) => body), ["Notifications work."]);
  await picture(page, "push-on");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "push-on-dark");

  await page.close();
  await until("Mira to be away", async () => (await jonas.call("room.members", { room: "1" })).members.find(({ user }) => user.id === mira.user.id).here === false);
  await jonas.call("message.send", { room: "1", text: `@${mira.user.name} are you there?`, key: "away" });
  await until("it to be pushed", () => browser.payloads().length === 2);
  assert.equal(browser.payloads()[1].title, "Jonas Lindqvist mentioned you in general");

  const again = await openAt(context);
  await openSettings(again);
  await button(again, "Switch off").click();
  await part(again).getByText("Off. Switched on").waitFor();
  assert.deepEqual((await mira.call("push.get")).subscriptions, []);
  assert.equal(await again.evaluate(() => localStorage.getItem("test.key")), null, "the browser has none either");
  await context.close();
});

test("what goes wrong is said, and it stays as it is", async () => {
  const context = await openTold(mira, { broken: "Registration failed: no connection", viewport: SIZES.phone, colorScheme: "dark" });
  const page = await openAt(context, "/");
  await openSettings(page);
  await button(page, "Switch on").click();
  await part(page).getByRole("alert").getByText("The browser's push service does not take it: Registration failed").waitFor();
  await part(page).getByText("Off. Switched on").waitFor();
  assert.equal(await overflow(page), 0);
  await picture(page, "push-failed-narrow-dark");
  await context.close();

  const other = await openTold(mira, { viewport: SIZES.phone });
  const narrow = await openAt(other, "/");
  await openSettings(narrow);
  await button(narrow, "Switch on").click();
  await part(narrow).getByText("On, for as long as you are logged in").waitFor();
  for (const [status, words] of [[500, "refused it (500)"], [410, "does not know this browser any more"]]) {
    service.answer = () => status;
    await button(narrow, "Send a test").click();
    await part(narrow).getByRole("alert").filter({ hasText: words }).waitFor();
  }
  service.answer = () => 201;
  assert.equal(await overflow(narrow), 0);
  await picture(narrow, "push-gone-narrow");
  await other.close();
});

test("where there is none the settings say why in one sentence", async () => {
  for (const [unmake, words] of [
    [() => Object.defineProperty(window, "isSecureContext", { value: false }), "This needs an encrypted address (https), too."],
    [() => delete window.PushManager, "This browser tells nothing of a page that is closed."],
    [() => {
      delete window.PushManager;
      navigator.standalone = false;
    }, "Add Snug to the home screen first"],
    [() => delete window.Notification, "This browser tells nothing of a page that is closed."],
    [() => Object.defineProperty(Notification, "permission", { get: () => "denied" }), "The browser blocks notifications of this page: allow them"],
  ]) {
    const context = await openTold(mira);
    await context.addInitScript(unmake);
    const page = await openAt(context);
    await openSettings(page);
    await part(page).getByText(words).waitFor();
    assert.equal(await part(page).getByRole("button").count(), 0, words);
    await context.close();
  }
  const { server: quiet, people: [ada] } = await openPlace([], { config: { push: { enabled: false } } });
  const context = await openTold(ada, { url: quiet.url });
  const page = await openAt(context);
  await openSettings(page);
  await part(page).getByText("switched off on this server").waitFor();
  assert.equal(await part(page).getByRole("button").count(), 0);
  await context.close();
});

test("the server is told again at each start; a log-out ends it, and nobody else inherits it", async () => {
  const browser = service.browser();
  const context = await openTold(mira, { subscription: browser.subscription });
  const page = await openAt(context);
  await openSettings(page);
  await button(page, "Switch on").click();
  await part(page).getByText("On, for as long as you are logged in").waitFor();
  const subscriptions = async (who) => (await who.call("push.get")).subscriptions;
  await mira.call("push.unsubscribe", { endpoint: browser.subscription.endpoint });
  await page.reload();
  await until("told again", async () => (await subscriptions(mira)).length === 1);

  const key = await page.evaluate(() => localStorage.getItem("test.key"));
  await page.evaluate(() => localStorage.setItem("test.key", btoa("\u0004" + "x".repeat(64)).replace(/=+$/, "")));
  await page.reload();
  await until("subscribed for the key of this server", () => page.evaluate((wanted) => localStorage.getItem("test.key") === wanted, key));

  await context.clearCookies(); // the session ended elsewhere; somebody else logs in here
  const [name, value] = jonas.cookie.split("=");
  await context.addCookies([{ name, value, url: server.url }]);
  await page.reload();
  await connectedShown(page);
  await until("the browser to give it up", () => page.evaluate(() => localStorage.getItem("test.key") === null));
  assert.deepEqual(await subscriptions(jonas), []);

  await openSettings(page);
  await button(page, "Switch on").click();
  await part(page).getByText("On, for as long as you are logged in").waitFor();
  assert.deepEqual(await subscriptions(mira), [], "an address is one person's");
  const fresh = await server.post("session.login", { name: jonas.user.name, password: "correct horse battery" });
  await page.getByRole("dialog").getByRole("button", { name: "Log out", exact: true }).last().click();
  await page.waitForURL("**/login");
  assert.equal(await page.evaluate(() => localStorage.getItem("test.key")), null);
  jonas.cookie = fresh.cookie;
  assert.deepEqual(await subscriptions(jonas), []);
  await context.close();
});

test("the service worker shows what comes, not of a room that is looked at, and a click leads there", async () => {
  const answer = await fetch(`${server.url}/sw.js`);
  assert.deepEqual([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")], [200, "text/javascript; charset=utf-8", "no-cache"]);
  const { id: room } = await mira.call("room.create", { name: "pushed" });
  const context = await openTold(mira);
  const page = await openAt(context);
  await openSettings(page);
  await button(page, "Switch on").click();
  await part(page).getByText("On, for as long as you are logged in").waitFor();
  await page.keyboard.press("Escape");

  const cdp = await context.newCDPSession(page);
  const registered = new Promise((told) => cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations[0] && told(registrations[0].registrationId)));
  await cdp.send("ServiceWorker.enable");
  const registrationId = await registered;
  const deliver = (data) => cdp.send("ServiceWorker.deliverPushMessage", { origin: server.url, registrationId, data: typeof data === "string" ? data : JSON.stringify(data) });
  const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.getRegistration("/")).getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data })));
  const pushed = (offset, body) => ({ title: "Jonas mentioned you in pushed", body, url: `/room/${room}/${offset}`, tag: `snug-room-${room}` });

  await deliver(pushed(3, "look"));
  await until("it to be shown", async () => (await shown()).length === 1);
  assert.deepEqual(await shown(), [{ title: "Jonas mentioned you in pushed", body: "look", tag: `snug-room-${room}`, data: `/room/${room}/3` }]);
  await deliver(pushed(4, "look again"));
  await until("one a room", async () => (await shown())[0]?.body === "look again");
  assert.equal((await shown()).length, 1);
  await deliver("no JSON at all");
  await until("general words", async () => (await shown()).some(({ title, body }) => title === "Snug" && body === "Something new"));

  await context.serviceWorkers()[0].evaluate(async (tag) => {
    const [notification] = await self.registration.getNotifications({ tag });
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  }, `snug-room-${room}`);
  await page.waitForURL(`**/room/${room}/4`);
  await roomShown(page, "pushed");
  await until("it to be closed", async () => !(await shown()).some(({ tag }) => tag === `snug-room-${room}`));

  await deliver(pushed(5, "you see this"));
  await deliver({ ...pushed(6, "elsewhere"), url: "/room/1/6", tag: "snug-room-1" });
  await until("the other room's", async () => (await shown()).some(({ tag }) => tag === "snug-room-1"));
  assert.equal((await shown()).some(({ body }) => body === "you see this"), false);
  await cover(page, true);
  await context.close();
});
