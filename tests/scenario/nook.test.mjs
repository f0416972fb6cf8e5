// Nook, the built-in agent, with the real binary: a question becomes a run, its events arrive in order with their fields,
// the answer is one stored message; a reload, a second client and a crash at any step show the same run to its right end.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connected, follow, listAll, nothingWrong, rpc, send, slow, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";

const WHOLE = [
  "agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed", "message_created",
];

let server, ada, bob, eve;

before(async () => {
  server = await startPlace();
  [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
});

const runs = async (who, id) => (await who.call("run.list", { room: id })).runs;
const eventsOf = (log, run_id) =>
  log.events.filter(({ data }) => data.run_id === run_id || data.message?.run_id === run_id);
const typesOf = (log, run_id) => eventsOf(log, run_id).map(({ data }) => data.type);
const dataOf = (log, run_id, type) => eventsOf(log, run_id).find(({ data }) => data.type === type)?.data;

const over = (who, id, run_id) =>
  until(`the run ${run_id} is over`, async () =>
    (await runs(who, id)).find((run) => run.id === run_id && !["queued", "running"].includes(run.state)));

/** Asks in a room and waits for the end: {run, answer}. */
async function ask(who, id, text) {
  const { run_id } = await who.call("run.start", { room: id, agent: "nook", text });
  const run = await over(who, id, run_id);
  const { messages } = await who.call("message.list", { room: id });
  return { run, answer: messages.find((message) => message.run_id === run_id) };
}

test("a question in a room is answered through the five events, with their fields, in order", async () => {
  const id = await room(ada, "golden", [bob]);
  const log = await follow(await connected(server.url, { token: ada.token }), id);
  const asker = await connected(server.url, { token: bob.token });
  const question = await send(asker, id, "@nook who is here?", "golden-1");
  await until("the answer", () => log.messages().some((message) => message.run_id));

  const answer = log.messages().at(-1);
  const run_id = answer.run_id;
  assert.match(run_id, /^[0-9A-Za-z]{26}$/);
  assert.deepEqual(typesOf(log, run_id), WHOLE);
  assert.deepEqual(log.faults, []);
  assert.equal(answer.author.name, "nook");
  assert.equal(answer.reply_to, question.id);
  assert.match(answer.text, /^2 of 2 people are here/);

  for (const { data } of eventsOf(log, run_id).slice(0, 5)) {
    assert.deepEqual(Object.keys(data), ["type", "run_id", "agent", "room", "time", "data"]);
    assert.deepEqual(data.agent, { id: "1", name: "nook", display: "Nook", role: "agent" });
    assert.equal(data.room, id);
    assert.ok(Math.abs(data.time - Date.now()) < 60_000);
  }
  const started = dataOf(log, run_id, "agent_started").data;
  assert.equal(started.task, "who is here?");
  assert.equal(started.started_by.id, bob.id);
  const thinking = dataOf(log, run_id, "agent_thinking").data;
  assert.ok(thinking.text.length > 10 && thinking.step === 1);
  const executing = dataOf(log, run_id, "tool_executing").data;
  assert.equal(executing.tool, "room_members");
  assert.deepEqual(executing.arguments, { room: id });
  assert.ok(executing.purpose);
  assert.match(executing.execution_id, /^[0-9A-Za-z]{26}$/);
  const completed = dataOf(log, run_id, "tool_completed").data;
  assert.equal(completed.execution_id, executing.execution_id);
  assert.equal(completed.success, true);
  assert.equal(completed.result.members.length, 3);
  assert.ok(Number.isInteger(completed.duration_ms));
  const done = dataOf(log, run_id, "agent_completed").data;
  assert.equal(done.message_id, answer.id);
  assert.ok(done.summary && Number.isInteger(done.duration_ms));

  const pieces = log.passing.filter((data) => data.type === "agent_writing" && data.run_id === run_id);
  assert.ok(pieces.length > 1, "the answer was seen being written");
  assert.equal(pieces.map((piece) => piece.data.text).join(""), answer.text);

  const [run] = await runs(ada, id);
  assert.equal(run.state, "completed");
  assert.equal(run.text, "who is here?");
  assert.equal(run.started_by.id, bob.id);
  assert.equal(run.message_id, answer.id);
  assert.equal(run.first_offset, eventsOf(log, run_id)[0].offset);
  assert.equal(run.last_offset, eventsOf(log, run_id)[4].offset);
});

test("whoever comes later, and history, show the same run from its start", async () => {
  const id = await room(ada, "later", [bob]);
  const first = await follow(await connected(server.url, { token: ada.token }), id);
  const { run } = await ask(ada, id, "how is the server");
  await until("all events", () => typesOf(first, run.id).length === WHOLE.length);
  const late = await connected(server.url, { token: bob.token });
  const second = await follow(late, id);
  const page = await second.sub.history({ limit: 100, since: { offset: run.first_offset - 1, epoch: second.epoch } });
  assert.deepEqual(
    page.publications.map(({ offset, data }) => ({ offset, data })),
    eventsOf(first, run.id),
  );
});

test("the four questions have their tools, and anything else is searched for", async () => {
  const id = await room(ada, "questions", [bob]);
  await bob.call("message.send", { room: id, text: "The kettle is **broken**, says @ada", key: "kettle" });
  const rows = [
    ["what did I miss?", "unread_messages", /You missed \d+ messages? in \d+ rooms?\./],
    ["@Nook, FIND kettle", "search_messages", /^I found 1 message:\n\n- \[questions\]\(\/room\/\d+\/\d+\) \*\*bob\*\*: The kettle/],
    ["Who is here?", "room_members", /^0 of 2 people are here\.|^\d of 2 /],
    ["how is the server", "server_metrics", /^The server is well\.[^]*Messages since the start: \d+, lost 0, doubled 0/],
    ["kettle broken", "search_messages", /I do not know this question[^]*The kettle is[^]*Ask me \*what did I miss\*/],
  ];
  for (const [text, tool, expected] of rows) {
    const { run, answer } = await ask(ada, id, text);
    assert.equal(run.state, "completed", text);
    assert.match(answer.text, expected);
    const { publications } = await history(ada, id, run);
    assert.equal(publications.find(({ data }) => data.type === "tool_executing").data.data.tool, tool);
    assert.equal(answer.reply_to, "", "run.start has no question to reply to");
  }
  const { rooms } = await ada.call("room.list");
  assert.equal(rooms.find((r) => r.id === id).mentions, 1, "bob's mention alone: quotes mention nobody");
});

async function history(who, id, run) {
  const client = await connected(server.url, { token: who.token });
  const log = await follow(client, id);
  const page = await log.sub.history({ limit: 100, since: { offset: run.first_offset - 1, epoch: log.epoch } });
  client.disconnect();
  return page;
}

test("what the asker may read elsewhere in private is not told in a room of others", async () => {
  const secret = await room(ada, "secret", [eve]);
  const id = await room(ada, "shared", [bob]);
  await eve.call("message.send", { room: secret, text: "the falcon lands at nine", key: "falcon" });
  for (const text of ["find falcon", "what did I miss", "falcon nine"]) {
    const { run } = await ask(ada, id, text);
    const seen = JSON.stringify(await history(bob, id, run));
    assert.doesNotMatch(seen, /lands at nine|"secret"/, text);
  }
  const { answer } = await ask(ada, secret, "find falcon");
  assert.match(answer.text, /lands at nine/, "in the room itself it is");
});

test("the mention may stand anywhere: what follows it is asked, else what stands before it", async () => {
  const id = await room(ada, "anywhere", [bob]);
  for (const [n, text] of ["hello @nook, who is here", "who is here, @Nook?"].entries()) {
    const question = await ada.call("message.send", { room: id, text, key: `anywhere-${n}` });
    const answer = await until("the answer", async () =>
      (await ada.call("message.list", { room: id })).messages.find((message) => message.reply_to === question.id));
    assert.match(answer.text, /people are here|people is here/, text);
  }
});

test("a message without the mention, or by the agent, starts nothing", async () => {
  const id = await room(ada, "quiet", [bob]);
  for (const [n, text] of ["nook find x", "me@nook find x", "@nookie find x", "@ada find x"].entries())
    await ada.call("message.send", { room: id, text, key: `quiet-${n}` });
  await ask(ada, id, "find @nook find"); // its answer quotes, and must not ask itself
  assert.equal((await runs(ada, id)).length, 1);
});

test("many questions at once wait for their turn, over the bound they are refused", async () => {
  const id = await room(ada, "crowd", [bob]);
  const log = await follow(await connected(server.url, { token: ada.token }), id);
  const client = await connected(server.url, { token: bob.token });
  const asked = await Promise.allSettled(
    Array.from({ length: 40 }, () => rpc(client, "run.start", { room: id, agent: "nook", text: "who is here" })),
  );
  const started = asked.filter((one) => one.status === "fulfilled").map((one) => one.value.run_id);
  const refused = asked.filter((one) => one.status === "rejected").map((one) => one.reason.code);
  assert.ok(started.length >= 9, "one and eight that wait");
  assert.ok(refused.every((code) => code === 111), `refused with 111: ${refused}`);
  await until("all are done", () => log.messages().filter((message) => message.run_id).length === started.length);
  for (const run_id of started) {
    const types = typesOf(log, run_id);
    assert.deepEqual(types.filter((type) => type !== "agent_queued"), WHOLE);
  }
  const order = log.events.filter(({ data }) => ["agent_started", "agent_completed"].includes(data.type));
  for (let n = 0; n < order.length; n += 2) {
    assert.equal(order[n].data.type, "agent_started");
    assert.equal(order[n + 1].data.type, "agent_completed");
    assert.equal(order[n].data.run_id, order[n + 1].data.run_id, "one at a time");
  }
  assert.deepEqual(log.faults, []);
});

test("killed at each step in turn, the run goes on after the restart to its one right end", async (t) => {
  const id = await room(ada, "crash", [bob]);
  const client = await connected(server.url, { token: ada.token });
  const log = await follow(client, id);
  const reached = [];
  const steps = ["message_created", ...WHOLE.slice(0, 5)];
  for (const [n, step] of (slow ? steps.slice(1, 5) : steps).entries()) {
    const before = log.events.length;
    const killed = new Promise((resolve) => {
      const look = () => {
        if (!log.events.slice(before).some(({ data }) => data.type === step)) return;
        log.sub.off("publication", look);
        reached.push(`${step} (${log.events.length - before} seen)`);
        resolve(server.kill());
      };
      log.sub.on("publication", look);
    });
    const key = `crash-${n}`;
    const asking = send(client, id, "@nook find kettle", key);
    await killed;
    await server.restart();
    const question = await asking;

    const run = await until("the run of the question is over", async () => {
      const { messages } = await ada.call("message.list", { room: id });
      const answer = messages.find((message) => message.reply_to === question.id);
      return answer && (await runs(ada, id)).find((one) => one.id === answer.run_id);
    });
    assert.equal(run.state, "completed");
    await until("the client has caught up", () => log.top >= run.last_offset + 1);
    assert.deepEqual(typesOf(log, run.id), WHOLE, `killed at ${step}`);
    const ids = eventsOf(log, run.id).map(({ data }) => data.data?.execution_id).filter(Boolean);
    assert.equal(new Set(ids).size, 1, "the same tool call");
  }
  assert.deepEqual(log.faults, []);
  const listed = await listAll(ada.call, id);
  assert.equal(listed.filter((message) => message.run_id).length, reached.length, "one answer a question");
  assert.equal(listed.length, 2 * reached.length);
  assert.equal((await runs(ada, id)).length, reached.length);
  t.diagnostic(`killed at ${reached.join(", ")}`);
});

test("a stop in good order leaves the runs that wait for the next start", async () => {
  const id = await room(ada, "stop", [bob]);
  const client = await connected(server.url, { token: ada.token });
  const asked = await Promise.allSettled(
    Array.from({ length: 9 }, () => rpc(client, "run.start", { room: id, agent: "nook", text: "how is the server" })),
  );
  const { code } = await server.stop();
  assert.equal(code, 0);
  await server.restart();
  const started = asked.filter((one) => one.status === "fulfilled").length;
  await until("all are done", async () => (await runs(ada, id)).filter((run) => run.state === "completed").length >= started);
  assert.ok((await runs(ada, id)).every((run) => run.state === "completed"));
});

test("nothing was lost or doubled, and metrics count the runs", async () => {
  await ask(ada, await room(ada, "last"), "who is here");
  assert.ok((await server.metric("snug_runs_started_total")) >= 1);
  assert.equal(await server.metric("snug_runs_failed_total"), 0);
  await nothingWrong(server.url);
});
