// S67, the Golden Path: log in, ask the agent, see its run from the first step to the stored answer; and every way out:
// leave and come back, a second tab in the middle, stop, failure, the server stopped, and killed at each step in turn.
//
// A brake (support/brake.mjs) holds a run behind the event that a test wants to look at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BRAKED, brakeOn } from "../support/brake.mjs";
import { connected, rpc } from "../support/chat.mjs";
import {
  WAIT_MS, connectedShown, endAll, enter, fill, openPage, openPlace, openWindow, picture, roomShown, stored,
  until, write,
} from "../support/browser.mjs";

const QUESTION = "@nook find kettle";
const ANSWER = /I found \d messages?/;
const ORDER = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];

let server, mira, jonas;
before(async () => {
  ({ server, people: [mira, jonas] } = await openPlace(["Jonas Lindqvist"], { env: BRAKED }));
});
after(endAll);

/** A room with something to find in it. */
async function makeRoom(name) {
  const { id } = await mira.call("room.create", { name, private: true });
  await mira.call("room.invite", { room: id, user: jonas.user.id });
  await fill(jonas, id, ["The kettle is repaired", "And the lamp at the door"]);
  return id;
}

const card = (page) => page.locator("#log .run[data-run]");
const state = (page, value) => page.locator(`#log .run[data-state="${value}"]`);
const list = async (room) => (await mira.call("message.list", { room, limit: 200 })).messages;
const lastRun = async (room) => (await mira.call("run.list", { room })).runs[0];

/** Run events as they come to a page: [type], and promises of each. */
function listen(page) {
  const types = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      for (const text of String(payload).split("\n").filter(Boolean)) {
        const reply = JSON.parse(text);
        const pubs = reply.push?.pub ? [reply.push.pub] : (reply.subscribe?.publications ?? []);
        for (const { data, offset } of pubs) if (offset && /^(agent|tool)_/.test(data?.type ?? "")) types.push(data.type);
      }
    }),
  );
  return types;
}

/** What a card says of a run: its steps, and who did what. */
async function told(page) {
  const one = card(page).last();
  if ((await one.evaluate((e) => e.tagName)) === "DETAILS") await one.evaluate((e) => (e.open = true));
  return one.locator(".step").evaluateAll((steps) =>
    steps.map((step) => {
      const line = step.querySelector("summary, .line");
      return `${step.dataset.state} ${line.querySelector(".tool-name")?.textContent ?? line.firstChild.textContent}`;
    }),
  );
}

const WHOLE = ["done Thought about it", "done search_messages"];

/** The run is over and told right, with exactly one answer, on the page and on the server. */
async function endsRight(page, room) {
  await state(page, "completed").last().waitFor();
  assert.deepEqual(await told(page), WHOLE);
  const answers = (await list(room)).filter((m) => m.run_id);
  assert.equal(answers.length, 1, "one answer");
  const run = await lastRun(room);
  assert.equal(run.state, "completed");
  assert.equal(run.message_id, answers[0].id);
  assert.equal(await card(page).count(), 1, "one card");
  let shown = 0;
  await until(() => `the answer shows once, not ${shown} times`, async () => (shown = await page.locator("#log").getByText(ANSWER).count()) === 1);
  const { publications } = await history(room);
  const types = publications.filter((p) => p.data.run_id === run.id).map((p) => p.data.type);
  assert.deepEqual(types, ORDER, "each step is told once, in order");
}

/** All events of a room, through a page's own connection would disturb it: over a connection of its own. */
async function history(room) {
  const { connected, rpc } = await import("../support/chat.mjs");
  const client = await connected(server.url, { cookie: mira.cookie });
  const sub = client.newSubscription(`room:${room}`);
  sub.subscribe();
  await sub.ready(WAIT_MS);
  const { epoch } = sub.state === "subscribed" ? await sub.history({ limit: 0 }) : {};
  const all = await sub.history({ limit: 1000, since: { offset: 0, epoch } });
  client.disconnect();
  return all;
}

test("U75 U79 S67 the Golden Path from log-in to the stored answer", async () => {
  const room = await makeRoom("golden path");
  const context = await openWindow(undefined, { url: server.url });
  const page = await openPage(context);
  const types = listen(page);
  await page.goto(`${server.url}/room/${room}`);
  await page.getByLabel("Name").fill("mira");
  await page.getByLabel("Password").fill("correct horse battery");
  const began = performance.now();
  await page.getByRole("button", { name: "Log in" }).click();
  await connectedShown(page, 5000);
  const connected = performance.now() - began;
  assert.ok(connected < 2000, `connected after ${connected} ms`);
  await roomShown(page, "golden path");

  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("agent_thinking");
  const asked = performance.now();
  await write(page, QUESTION);
  await stored(page, QUESTION).waitFor();
  await until("the first event", () => types.length, 5000);
  await held;
  await state(page, "thinking").getByText("Thinking").waitFor();
  await card(page).getByRole("button", { name: "Stop", exact: true }).waitFor();
  await brake.goOnTo("tool_executing");
  await state(page, "tool").locator(".what").getByText("Search the messages").waitFor();
  await card(page).getByRole("button", { name: "Stop", exact: true }).waitFor();
  await picture(page, "run-live");
  await brake.goOnTo("tool_completed");
  await page.locator("#log .run").getByText(/Reading the result|Writing/).waitFor(); // pieces of the answer are no commits
  await card(page).getByRole("button", { name: "Stop", exact: true }).waitFor();
  await brake.end();
  await state(page, "completed").getByText(/^Done in /).waitFor({ timeout: 60_000 });
  assert.ok(performance.now() - asked < 60_000);
  assert.deepEqual(types, ORDER);
  await endsRight(page, room);
  await picture(page, "run-completed");

  const before = await told(page);
  const id = await card(page).getAttribute("data-run");
  const answer = (await list(room)).find((m) => m.run_id);
  await page.reload();
  await roomShown(page, "golden path");
  await card(page).waitFor();
  assert.equal(await card(page).getAttribute("data-run"), id);
  assert.deepEqual(await told(page), before, "the same card from its first step");
  await page.locator(`#m-${answer.id}`).getByText(ANSWER).waitFor(); // now a message like any other
  await picture(page, "run-reloaded");
  await context.close();
});

test("U79 a second tab that joins in the middle shows the run from its start", async () => {
  const room = await makeRoom("second tab");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "second tab");
  const second = await openPage(page.context(), "/room/1");
  await connectedShown(second);
  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("tool_executing");
  await write(page, QUESTION);
  await held;
  await state(page, "tool").waitFor();
  await second.locator('a.room-link:has-text("second tab")').click();
  await state(second, "tool").waitFor();
  const [first, joined] = [await told(page), await told(second)];
  assert.deepEqual(joined, first);
  assert.deepEqual(joined, ["done Thought about it", "running search_messages"], "from its first step");
  assert.equal(await card(second).getAttribute("data-run"), await card(page).getAttribute("data-run"));
  await second.getByText("Went on while you were away").waitFor();
  await card(second).getByRole("button", { name: "Stop", exact: true }).waitFor();
  await brake.end();
  await endsRight(page, room);
  await endsRight(second, room);
  await page.context().close();
});

test("U79 one leaves in the middle, comes back, and finds the answer", async () => {
  const room = await makeRoom("away");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "away");
  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("agent_thinking");
  await write(page, QUESTION);
  await held;
  await state(page, "thinking").waitFor();
  assert.deepEqual(await told(page), ["running You are looking for something that was said. I search this room and the open rooms you are in."]);
  await page.close();
  await brake.end();
  const back = await openPage(page.context(), `/room/${room}`);
  await endsRight(back, room);
  await back.context().close();
});

test("U75 a run is stopped by its starter, and says by whom", async () => {
  const room = await makeRoom("stop");
  const [page, other] = [
    await enter(mira, `/room/${room}`, { url: server.url }),
    await enter(jonas, `/room/${room}`, { url: server.url }),
  ];
  await roomShown(page, "stop");
  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("agent_thinking");
  await write(page, QUESTION);
  await held;
  await state(other, "thinking").waitFor();
  assert.equal(await card(other).getByRole("button", { name: "Stop", exact: true }).count(), 0, "not his to stop");
  await card(page).getByRole("button", { name: "Stop", exact: true }).click();
  brake.release();
  await state(page, "stopped").getByText("Stopped by you").waitFor();
  await state(other, "stopped").getByText("Stopped by Mira Okafor").waitFor();
  await card(page).getByRole("button", { name: "Run again" }).waitFor();
  await picture(page, "run-stopped");
  await brake.end();
  assert.equal((await lastRun(room)).state, "stopped");
  assert.equal((await list(room)).filter((m) => m.run_id).length, 0, "no answer after a stop");
  await page.reload();
  await state(page, "stopped").getByText("Stopped by you").waitFor();
  await Promise.all([page.context().close(), other.context().close()]);
});

test("U74 a run that must wait says so, and has its Stop", async () => {
  const room = await makeRoom("queue");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "queue");
  const line = await connected(server.url, mira);
  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("agent_thinking");
  await write(page, QUESTION);
  await held;
  // The second question waits for the writer before the first run goes on: what came behind it on its line is answered.
  const second_send = rpc(line, "message.send", { room, text: "@nook who is here", key: "second" });
  await rpc(line, "user.me");
  await brake.goOnTo("agent_queued");
  await second_send;
  const second = card(page).nth(1);
  await second.getByText("Waiting for another run").waitFor();
  await second.getByText("1 ahead in this room").waitFor();
  await second.getByRole("button", { name: "Stop", exact: true }).waitFor();
  await picture(page, "run-queued");
  await brake.end();
  await until("both are done", async () => (await state(page, "completed").count()) === 2);
  await page.context().close();
});

test("U58 the words of an answer are not read one by one; the answer is said once", async () => {
  const room = await makeRoom("voice");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "voice");
  await page.evaluate(() => {
    window.said = [];
    const say = document.querySelector("#say");
    new MutationObserver(() => window.said.push(say.textContent.trim())).observe(say, { childList: true, characterData: true, subtree: true });
  });
  await write(page, QUESTION);
  await state(page, "completed").waitFor();
  assert.equal(await card(page).getAttribute("aria-live"), "off");
  await until("the answer is said", () => page.evaluate(() => window.said.some((s) => s.includes("I found"))));
  const said = await page.evaluate(() => window.said);
  assert.equal(said.filter((s) => s.includes("I found")).length, 1, said.join(" | "));
  assert.ok(said.every((s) => s.startsWith("Nook: ")), said.join(" | "));
  assert.ok(said.length <= 3, `a run says little: ${said.join(" | ")}`);
  await page.context().close();
});

test("U79 the server is stopped in the middle of a run, and the run goes on at its next start", async () => {
  const room = await makeRoom("stopped server");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "stopped server");
  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("agent_thinking");
  await write(page, QUESTION);
  await held;
  const stopped = server.stop();
  brake.release();
  assert.equal((await stopped).code, 0);
  await brake.end();
  await page.locator('.link-state[data-state="reconnecting"]').waitFor();
  await server.restart();
  await connectedShown(page);
  await endsRight(page, room);
  await page.context().close();
});

for (const type of ORDER) {
  test(`U79 the server is killed after ${type}, and the page still ends right`, async () => {
    const room = await makeRoom(`killed after ${type}`);
    const page = await enter(mira, `/room/${room}`, { url: server.url });
    await roomShown(page, `killed after ${type}`);
    const brake = await brakeOn(server, room);
    const held = brake.holdAfter(type);
    await write(page, QUESTION);
    await held;
    await server.kill();
    await brake.end();
    await page.locator('.link-state[data-state="reconnecting"]').waitFor();
    await server.restart();
    await connectedShown(page);
    await endsRight(page, room);
    const shown = await page.locator("#log article[data-offset]").evaluateAll((rows) => rows.map((r) => Number(r.dataset.offset)));
    assert.deepEqual(shown, [...new Set(shown)].sort((a, b) => a - b), "in order, and nothing twice");
    assert.equal(await stored(page, QUESTION).count(), 1);
    await page.context().close();
  });
}

test("U75 a run that fails keeps what it had, says why, and is run again with one click", async () => {
  await server.stop();
  await server.restart({ args: ["--run.deadline", "3s"] });
  const room = await makeRoom("deadline");
  const page = await enter(mira, `/room/${room}`, { url: server.url });
  await roomShown(page, "deadline");
  const brake = await brakeOn(server, room);
  const held = brake.holdAfter("tool_executing");
  await write(page, QUESTION);
  await held;
  await card(page).locator(".elapsed").getByText(/^0:0[4-9]$/).waitFor(); // its time is over
  brake.release();
  await state(page, "failed").getByText("Failed: it ran out of time").waitFor();
  assert.equal((await told(page))[0], "done Thought about it", "what was done stays");
  await picture(page, "run-failed");
  await brake.end();
  await page.getByRole("button", { name: "Run again" }).click();
  await state(page, "completed").waitFor();
  assert.equal((await lastRun(room)).state, "completed");
  await page.context().close();
});
