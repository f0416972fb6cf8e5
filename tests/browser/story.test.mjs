// The whole way once: first run, invite, two people in two browsers, a question to the agent, a reload, a server that dies
// and comes back, and what the connections and metrics pages say of it. Pictures of each station are kept.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  WAIT_MS, box, connectedShown, endAll, enter, message, openEmptyPlace, openPage, openWindow, picture, roomShown, stored, texts, until, write,
} from "../support/browser.mjs";
import { tempFolder } from "../support/server.mjs";

const PASSWORD = "correct horse battery";
const card = (page) => page.locator("#log .run[data-run]");
let server, mira, jonas, session;

after(endAll);

test("U8 the set-up link makes a place and its admin in one form", async () => {
  server = await openEmptyPlace({ data: tempFolder("snug-story-") });
  const context = await openWindow(null, { url: server.url });
  mira = await openPage(context);
  await mira.goto(server.url);
  await mira.getByText(/^Snug \S+ on 127\.0\.0\.1:\d+$/).waitFor(); // nobody runs it yet
  await mira.goto(server.setup_url);
  await mira.getByText("where Nook, the built-in agent, answers what you ask").waitFor();
  await mira.getByLabel("What is the place called?").fill("Lantern");
  await mira.getByLabel("Your name").fill("Mira Okafor");
  await mira.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await picture(mira, "story-1-first-run");
  await mira.keyboard.press("Enter");
  await roomShown(mira, "general");
  await connectedShown(mira);
  assert.ok(!mira.url().includes("#"), "the secret is gone from the address");
  session = (await context.cookies()).find((c) => c.name === "snug_session");
  assert.ok(session.httpOnly && session.sameSite === "Lax");
  await picture(mira, "story-2-welcome");
});

test("U8 an invite link brings a second person into the room, in another browser", async () => {
  const cookie = `snug_session=${session.value}`;
  const { url } = await server.call("invite.create", {}, cookie);
  jonas = await openPage(await openWindow(null, { url: server.url }));
  await jonas.goto(url);
  await jonas.getByLabel("Your name").fill("Jonas Lindqvist");
  await jonas.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await jonas.keyboard.press("Enter");
  await roomShown(jonas, "general");
  await connectedShown(jonas);
});

test("U10 two people chat: each sees the other's message once", async () => {
  await write(mira, "Good morning, Jonas");
  await message(jonas, "Good morning, Jonas").waitFor();
  await write(jonas, "Good morning. The **kettle** is repaired");
  await message(mira, "The kettle is repaired").waitFor();
  await stored(jonas, "The kettle is repaired").waitFor();
  for (const page of [mira, jonas]) {
    const all = await texts(page);
    assert.equal(all.filter((t) => t.includes("Good morning, Jonas")).length, 1);
    assert.equal(all.filter((t) => t.includes("kettle")).length, 1);
  }
});

test("U74 a question to the agent becomes a run whose card both see, and an answer that is stored", async () => {
  await write(mira, "@nook what did I miss");
  for (const page of [mira, jonas]) {
    await page.locator('#log .run[data-state="completed"]').waitFor();
    await page.locator("#log").getByText(/You have read everything|You missed/).first().waitFor();
  }
  await picture(mira, "story-3-run");
});

test("U79 a reload shows the same run from its first step", async () => {
  const id = await card(mira).first().getAttribute("data-run");
  await mira.reload();
  await roomShown(mira, "general");
  const again = card(mira).first();
  await again.waitFor();
  assert.equal(await again.getAttribute("data-run"), id);
  await again.locator("summary").first().click();
  await again.getByText("unread_messages").first().waitFor();
});

test("U38 U41 the server is killed and restarted: both come back by themselves, nothing is missing, nothing doubled", async () => {
  await server.kill();
  for (const page of [mira, jonas]) await page.locator('.link-state[data-state="reconnecting"]').first().waitFor({ state: "attached" });
  await write(jonas, "Written while the server was away");
  await box(mira).fill("And this one too");
  await box(mira).press("Enter");
  await picture(jonas, "story-4-reconnecting");
  await server.restart();
  for (const page of [mira, jonas]) {
    await connectedShown(page, 2 * WAIT_MS);
    await stored(page, "Written while the server was away").waitFor({ timeout: 2 * WAIT_MS });
    await stored(page, "And this one too").waitFor({ timeout: 2 * WAIT_MS });
  }
  const cookie = `snug_session=${session.value}`;
  const { messages } = await server.call("message.list", { room: "1", limit: 200 }, cookie);
  for (const page of [mira, jonas]) {
    const rows = page.locator("#log article.message[data-offset]");
    await until("as many rows as the server has", async () => (await rows.count()) >= messages.length - 1);
    const offsets = await rows.evaluateAll((list) => list.map((row) => Number(row.dataset.offset)));
    assert.equal(new Set(offsets).size, offsets.length, "no row twice");
    assert.deepEqual(offsets, [...offsets].sort((a, b) => a - b), "in order");
    const all = await texts(page);
    for (const words of ["Written while the server was away", "And this one too", "Good morning, Jonas"])
      assert.equal(all.filter((t) => t.includes(words)).length, 1, words);
  }
});

test("U87 the connections page says who is here and how the last connections ended", async () => {
  const cookie = `snug_session=${session.value}`;
  await until("the rows of the break are written", async () => {
    const { by_code } = await server.call("connection.history", {}, cookie);
    return by_code["3001"] >= 2;
  });
  await mira.goto(`${server.url}/admin/connections`);
  await mira.getByRole("heading", { level: 1, name: "Connections" }).waitFor();
  await mira.getByText("Jonas Lindqvist").first().waitFor();
  await mira.getByText("3001").first().waitFor();
  await picture(mira, "story-5-connections");
});

test("U88 the metrics page shows three zeros and the messages that were kept", async () => {
  const cookie = `snug_session=${session.value}`;
  const now = (await server.call("metrics.query", { names: ["messages"] }, cookie)).now;
  assert.ok(now.messages >= 2, "since the restart");
  await mira.goto(`${server.url}/admin/metrics`);
  await mira.getByText("Messages lost").waitFor();
  const promises = mira.locator("dd.promise");
  await until("three figures", async () => (await promises.count()) === 3 && !(await promises.allInnerTexts()).join("").includes("—"));
  for (const figure of await promises.allInnerTexts()) assert.match(figure, /^0\b/);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const name of ["messages_lost", "messages_doubled", "closes_1011"]) assert.match(metrics, new RegExp(`^snug_${name}_total 0$`, "m"));
  await picture(mira, "story-6-metrics");
  await mira.goto(`${server.url}/room/1`);
  await connectedShown(mira);
});
