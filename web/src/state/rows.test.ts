import assert from "node:assert/strict";
import test from "node:test";
import { emptyLog, runsInside, withLiveMessage, withMessages, withRun } from "./log";
import { newSend } from "./outbox";
import { buildRows, GROUP_MS, mentions, messageKey, pillWords } from "./rows";
import { applyRunEvent } from "./runs";
import { spans } from "../actions/room_load";
import type { Author, Message, Run } from "../net/types";

const who = (id: string, role: Author["role"] = "member"): Author => ({ id, name: `n${id}`, display: `N ${id}`, role });
const start = new Date(2026, 10, 24, 9, 0).getTime();
const message = (offset: number, author: string, time: number, extra: Partial<Message> = {}): Message => ({
  id: `${offset}`, room: "1", offset, author: who(author), text: "x", time, key: `k${offset}`, reply_to: "", ...extra,
});
const rowsOf = (items: Message[], more: { new_after?: number; sends?: ReturnType<typeof newSend>[] } = {}) =>
  buildRows({
    log: { ...withMessages(emptyLog("1"), items), loaded: true, new_after: more.new_after ?? -1 },
    sends: more.sends ?? [],
    me: "2",
    open: new Set(),
  });
const firsts = (rows: ReturnType<typeof rowsOf>) => rows.flatMap((r) => ("first" in r && r.first ? [r.key] : []));

test("U5: a group ends with its author, five minutes, a reply, a day", () => {
  const rows = rowsOf([
    message(1, "3", start),
    message(2, "3", start + 1000),
    message(3, "4", start + 2000),
    message(4, "4", start + 3000, { reply_to: "1" }),
    message(5, "4", start + 3000 + GROUP_MS),
    message(6, "4", start + 3001 + 2 * GROUP_MS),
    message(7, "4", start + 86_400_000),
  ]);
  assert.deepEqual(firsts(rows), ["k3.k1", "k4.k3", "k4.k4", "k4.k6", "k4.k7"]);
  assert.deepEqual(rows.filter((r) => r.kind === "day").length, 2);
});

test("U16: the new line stands before the first unread message of another", () => {
  const items = [message(1, "3", start), message(2, "2", start + 1), message(3, "3", start + 2), message(4, "3", start + 3)];
  const rows = rowsOf(items, { new_after: 1 });
  assert.deepEqual(rows.map((r) => r.kind), ["day", "message", "message", "new", "message", "message"]);
  assert.ok(!rowsOf(items, { new_after: -1 }).some((r) => r.kind === "new"));
  assert.ok(!rowsOf(items, { new_after: 4 }).some((r) => r.kind === "new"));
});

test("U10: a send stands at the end, and keeps its key when it becomes a message", () => {
  const send = newSend("abc", { room: "1", text: "x", reply_to: "" }, start);
  const pending = rowsOf([message(1, "3", start)], { sends: [send, newSend("other", { room: "2", text: "x", reply_to: "" }, start)] });
  assert.equal(pending.length, 3);
  const sent = rowsOf([message(1, "3", start), message(2, "2", start, { key: "abc" })]);
  assert.equal(pending[2]?.key, sent[2]?.key);
  assert.equal(messageKey("2", "", "7"), "m7");
});

test("U41: events in any order, and twice, give one list in the stream's order", () => {
  const items = [3, 1, 2, 3, 2].map((n) => message(n, "3", start + n));
  const log = items.reduce(withLiveMessage, emptyLog("1"));
  assert.deepEqual(log.items.map((m) => m.offset), [1, 2, 3]);
  assert.equal(log.top, 3);
});

test("a page of the past takes no live messages at its end", () => {
  const log = { ...withMessages(emptyLog("1"), [message(1, "3", start)]), newer: true };
  const after = withLiveMessage(log, message(9, "3", start));
  assert.deepEqual([after.items.length, after.top], [1, 9]);
});

const event = (type: "agent_started" | "agent_thinking", time: number) =>
  ({ type, run_id: "R", agent: who("1", "agent"), room: "1", time, data: { task: "t", started_by: who("2"), text: "x" } }) as never;

test("U74: a run has one row at its first event, its answer follows without a new head", () => {
  let run = applyRunEvent(undefined, event("agent_started", start + 1), 2);
  run = applyRunEvent(run, event("agent_thinking", start + 2), 3);
  const items = [message(1, "2", start), message(5, "1", start + 9, { run_id: "R", reply_to: "1" })];
  const log = withRun(withMessages(emptyLog("1"), items), run);
  const closed = buildRows({ log, sends: [], me: "2", open: new Set() });
  assert.deepEqual(closed.map((r) => r.kind), ["day", "message", "run", "message"]);
  assert.equal(closed[3]?.kind === "message" && closed[3].first, false);
  const inCard = buildRows({ log, sends: [], me: "2", open: new Set(["R"]) });
  assert.deepEqual(inCard.map((r) => r.kind), ["day", "message", "run"]);
});

const row = (id: string, first: number, last: number, ended = 1): Run => ({
  id, room: "1", agent: who("1", "agent"), started_by: who("2"), text: "t", state: ended ? "completed" : "running",
  started: 1, ended, first_offset: first, last_offset: last, message_id: "",
});

test("U79: the events of runs are read in stretches, a live one up to the top", () => {
  assert.deepEqual(spans([row("a", 10, 16), row("b", 40, 45), row("c", 900, 0, 0)], 950), [
    { from: 10, to: 45 },
    { from: 900, to: 950 },
  ]);
});

test("only runs of the loaded stretch are shown", () => {
  const log = { ...withMessages(emptyLog("1"), [message(20, "3", start), message(30, "3", start)]), older: true };
  assert.deepEqual(runsInside(log, [row("a", 5, 9), row("b", 25, 28), row("c", 31, 33)]).map((r) => r.id), ["b", "c"]);
});

test("a mention is the whole name", () => {
  for (const text of ["@mira", "hi @Mira!", "(@mira)", "@mira."]) assert.ok(mentions(text, "mira"), text);
  for (const text of ["@mirabel", "a@mira", "mira", "@mira.b", "@mira-x"]) assert.ok(!mentions(text, "mira"), text);
});

test("U15: the pill counts and names", () => {
  assert.equal(pillWords(1, ["Jonas"]), "1 new, from Jonas");
  assert.equal(pillWords(6, ["Jonas", "Priya", "Jonas"]), "6 new, from Jonas and Priya");
  assert.equal(pillWords(9, ["Jonas", "Priya", "Teo", "Ana"]), "9 new, from Jonas, Priya and 2 more");
});
