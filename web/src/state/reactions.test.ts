import assert from "node:assert/strict";
import test from "node:test";
import type { Message, Reaction } from "../net/types";
import { emptyLog, withDeleted, withEdited, withMessages, withReaction, type RoomLog } from "./log";
import { changed, chipLabel, whoWords } from "./reactions";

const message = (id: string, more: Partial<Message> = {}): Message => ({
  id, room: "1", offset: Number(id) * 10, author: { id: "2", name: "ada", display: "Ada", role: "member" },
  text: `text ${id}`, time: 1, key: `k${id}`, reply_to: "", ...more,
});
const log: RoomLog = withMessages(emptyLog("1"), [message("1"), message("2", { reactions: [{ emoji: "👍", users: ["2", "7"] }] })]);
const add = (emoji: string, user: string) => ({ emoji, user, on: true });
const remove = (emoji: string, user: string) => ({ emoji, user, on: false });
const told = (list: readonly Reaction[] | undefined) => list?.map((one) => `${one.emoji} ${one.users.join(" ")}`);

test("a new emoji comes last, a person more comes last in theirs, and an emoji without anybody goes", () => {
  let list = changed(undefined, add("👍", "2"));
  list = changed(changed(changed(list, add("🎉", "3")), add("👍", "7")), add("👍", "3"));
  assert.deepEqual(told(list), ["👍 2 7 3", "🎉 3"]);
  list = changed(list, remove("👍", "7"));
  assert.deepEqual(told(list), ["👍 2 3", "🎉 3"]);
  list = changed(changed(list, remove("👍", "2")), remove("👍", "3"));
  assert.deepEqual(told(list), ["🎉 3"]);
  assert.deepEqual(changed(list, remove("🎉", "3")), []);
});

test("a reaction changes its message and no other, and the same once more changes nothing", () => {
  const one = withReaction(log, "1", add("👀", "7"));
  assert.deepEqual(told(one.items[0]!.reactions), ["👀 7"]);
  assert.equal(one.items[1], log.items[1], "the other is not drawn anew");
  assert.equal(one.top, log.top);
  assert.equal(withReaction(one, "1", add("👀", "7")), one);
  const none = withReaction(one, "1", remove("👀", "7"));
  assert.ok(!("reactions" in none.items[0]!), "as if there had never been one");
  assert.equal(withReaction(none, "1", remove("👀", "7")), none);
  assert.equal(withReaction(log, "2", remove("👍", "9")), log, "it was never theirs");
});

test("a reaction to what is not loaded changes nothing", () => {
  assert.equal(withReaction(log, "9", add("👍", "7")), log);
});

test("a message that is deleted loses its reactions and takes no more", () => {
  const gone = withDeleted(log, "2", "author");
  assert.ok(!("reactions" in gone.items[1]!));
  assert.equal(withReaction(gone, "2", add("👍", "7")), gone);
});

test("an edit leaves the reactions as they are, whatever it says of them", () => {
  assert.deepEqual(told(withEdited(log, message("2", { text: "other", edited: 9 })).items[1]!.reactions), ["👍 2 7"]);
  const stale = message("1", { text: "other", edited: 9, reactions: [{ emoji: "👍", users: ["2"] }] });
  assert.ok(!("reactions" in withEdited(log, stale).items[0]!));
});

test("who reacted is named in the order of time, and who is not known is counted", () => {
  const names = new Map([["2", "Ada"], ["3", "Ben"]]);
  const who = (users: string[], me = "7") => whoWords(users, me, (id) => names.get(id));
  assert.equal(who(["2", "3", "7"]), "Ada, Ben, you");
  assert.equal(who(["8", "2", "9"]), "Ada and 2 more");
  assert.equal(who(["8", "9"]), "");
  const many = Array.from({ length: 30 }, (_, i) => `${i}`);
  assert.match(whoWords(many, "", (id) => `P${id}`), /^P0, .*, P19 and 10 more$/);
  const chip = { emoji: "👍", users: ["2", "3", "7"] };
  assert.equal(chipLabel(chip, "7", who(chip.users)), "👍 3, you among them. Ada, Ben, you");
  assert.equal(chipLabel({ emoji: "👍", users: ["8"] }, "7", ""), "👍 1");
});
