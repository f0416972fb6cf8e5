import assert from "node:assert/strict";
import test from "node:test";
import { calledWords, canMessage, conversationWords, directWith, findPeople, isErased, whereWords, withPartner } from "./direct";
import { roomMap } from "./rooms";
import type { Author, Room } from "../net/types";

const person = (id: string, display: string, role: Author["role"] = "member"): Author => ({
  id, name: display.toLowerCase().replace(/ .*/, ""), display, role,
});
const ben = person("5", "Ben Cole");
const gone: Author = { id: "5", name: "-5", display: "Erased person", role: "member" };
const room = (id: string, name: string, direct?: Author): Room => ({
  id, name, topic: "", private: !!direct, created: 1, joined: true, members: 3, offset: 1, epoch: "e", read: 0, unread: 0, mentions: 0,
  last_time: 0, ...(direct ? { direct } : {}),
});
const rooms = roomMap([room("1", "general"), room("7", "Ben Cole", ben)]);

test("a conversation is called by its person, a room by its name", () => {
  assert.deepEqual([...rooms.values()].map(calledWords), ["general", "your conversation with Ben Cole"]);
  assert.equal(calledWords(room("7", gone.display, gone)), "your conversation with an erased person");
  assert.deepEqual([...rooms.values()].map(whereWords), ["general", "with Ben Cole"]);
});

test("there is one conversation with a person", () => {
  assert.equal(directWith(rooms, "5")?.id, "7");
  assert.equal(directWith(rooms, "6"), undefined);
});

test("one writes to people and agents, not to oneself, and not to who is gone", () => {
  const able = [ben, person("1", "Nook", "agent"), { ...ben, active: true }].map((one) => canMessage(one, "4"));
  assert.deepEqual(able, [true, true, true]);
  assert.deepEqual([canMessage(ben, "5"), canMessage(gone, "4"), canMessage({ ...ben, active: false }, "4")], [false, false, false]);
});

test("people are found by any word of theirs or their @name; whose word begins with it comes first", () => {
  const all = [person("2", "Ruben Vance"), ben, person("3", "Abena Osei"), person("4", "Ada Bennet")];
  const found = (words: string) => findPeople(all, words).map((one) => one.display);
  assert.deepEqual(found("ben"), ["Ada Bennet", "Ben Cole", "Abena Osei", "Ruben Vance"]);
  assert.deepEqual(found(" Ben c"), ["Ben Cole"]);
  assert.deepEqual(found("@ruben"), ["Ruben Vance"]);
  assert.deepEqual(found("nobody"), []);
  assert.equal(found("").length, 4);
});

test("a conversation stays when its other one is erased, under what they are called then", () => {
  const after = withPartner(rooms, gone);
  assert.deepEqual([after.get("7")?.name, after.get("7")?.direct], ["Erased person", gone]);
  assert.equal(withPartner(rooms, { ...gone, id: "6" }), rooms);
  assert.ok(isErased(gone) && !isErased(ben));
});

test("who reads and writes is said as it is", () => {
  assert.match(conversationWords(ben), /^Only the two of you read and write here/);
  assert.match(conversationWords(person("1", "Nook", "agent")), /Nook answers whatever you ask/);
  assert.match(conversationWords(gone), /^Only you/);
});
