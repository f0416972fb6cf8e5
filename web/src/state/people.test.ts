import assert from "node:assert/strict";
import { test } from "node:test";
import type { Member } from "../net/types";
import { memberWords, presenceOf, presenceWords, sortMembers } from "./people";

const NOON = new Date(2026, 10, 24, 12, 0).getTime();
const HOUR = 3_600_000;

function member(id: string, display: string, here: boolean, seen = 0, role: Member["user"]["role"] = "member"): Member {
  return { user: { id, name: display.toLowerCase(), display, role }, role: "member", since: 0, here, seen };
}

const all = [
  member("6", "Ana", false, NOON - 26 * HOUR), member("1", "Nook", true, 0, "agent"),
  member("2", "Teo", false, NOON - HOUR), member("7", "Priya", true), member("4", "Jonas", true), member("9", "Mira", true),
];
const signs = { me: "9", writing: new Set(["7"]), working: new Set(["1"]), now: NOON };

test("oneself comes first, then people who are here, agents, and the others by when they were here", () => {
  assert.deepEqual(sortMembers(all, "9").map((m) => m.user.display), ["Mira", "Jonas", "Priya", "Nook", "Teo", "Ana"]);
});

test("beside a name stands what it does, or since when it is away", () => {
  const said = sortMembers(all, "9").map((m) => memberWords(m, signs));
  assert.deepEqual(said, ["you", "", "writing", "working", "since 11:00", "yesterday"]);
});

test("presence has three signs: here, here today, none", () => {
  assert.deepEqual(sortMembers(all, "9").map((m) => presenceOf(m, NOON)), [true, true, true, true, false, undefined]);
});

test("in words: here now, or when they were here last", () => {
  const said = sortMembers([...all, member("8", "Zoe", false)], "9").map((m) => presenceWords(m, NOON));
  assert.deepEqual(said, ["here now", "here now", "here now", "here now", "last here 11:00", "last here yesterday", ""]);
});
