import assert from "node:assert/strict";
import test from "node:test";
import { applyUserEvent, findRooms, inOrder, inPlace, isNamed, neighbour, roomMap, sections, toOneself, totals, unreadSection, waiting } from "./rooms";
import type { Room } from "../net/types";

const room = (id: string, name: string, unread = 0, offset = 10): Room => ({
  id, name, topic: "", private: false, created: 1, joined: true, members: 2, offset, epoch: "e", read: 0, unread,
  mentions: 0, last_time: 0,
});
const rooms = roomMap([room("2", "zoo"), room("3", "ant", 4), room("1", "general")]);
const none: ReadonlySet<string> = new Set();

test("general leads, the others stand by name, unread ones in their own section", () => {
  const unread = unreadSection(none, rooms, "1", true, false);
  const shown = sections(rooms, unread);
  assert.deepEqual(shown.unread.map((r) => r.name), ["ant"]);
  assert.deepEqual(shown.rooms.map((r) => r.name), ["general", "zoo"]);
});

const ben = { ...room("8", "Ben", 0), direct: { id: "5", name: "ben", display: "Ben", role: "member" as const } };

test("conversations of two stand by name below the rooms, and among what is unread after them", () => {
  const all = roomMap([{ ...ben, id: "9", name: "Ada", unread: 2 }, ben, ...rooms.values()]);
  const quiet = sections(all, none);
  assert.deepEqual([quiet.rooms, quiet.people].map((list) => list.map((r) => r.name)), [["general", "ant", "zoo"], ["Ada", "Ben"]]);
  const shown = sections(all, unreadSection(none, all, "1", true, false));
  assert.deepEqual(shown.unread.map((r) => r.name), ["ant", "Ada"]);
  assert.deepEqual(inOrder(shown).map((r) => r.name), ["ant", "Ada", "general", "zoo", "Ben"]);
});

test("U3: who is new stands last while the pointer is over the list", () => {
  const before = inOrder(sections(roomMap([ben, ...rooms.values()]), none));
  const all = roomMap([{ ...ben, id: "9", name: "Ada" }, ben, room("7", "bee"), ...rooms.values()]);
  const held = inPlace(sections(all, none), before);
  assert.deepEqual([held.rooms, held.people].map((list) => list.map((r) => r.name)), [["general", "ant", "zoo", "bee"], ["Ben", "Ada"]]);
});

test("numbers in names count as numbers", () => {
  const shown = sections(roomMap([room("2", "hall 10"), room("3", "hall 9"), room("4", "hall")]), none);
  assert.deepEqual(shown.rooms.map((r) => r.name), ["hall", "hall 9", "hall 10"]);
});

test("U3: a room that is read stays where it is until another one is opened", () => {
  const before = unreadSection(none, rooms, "1", true, false);
  const read = applyUserEvent(rooms, { type: "read", room: "3", read: 10, unread: 0, mentions: 0 });
  const still = unreadSection(before, read, "3", false, false);
  assert.ok(still.has("3"));
  assert.ok(unreadSection(still, read, "3", true, false).has("3"), "read before the list could move: it is still the open one");
  assert.ok(!unreadSection(still, read, "2", true, false).has("3"));
});

test("U3: nothing moves while the pointer is over the list, and the open room does not move at all", () => {
  assert.equal(unreadSection(none, rooms, "1", false, true), none);
  assert.ok(!unreadSection(none, rooms, "3", false, false).has("3"));
});

test("an older count does not overwrite a newer one", () => {
  const late = { type: "unread", room: "3", unread: 1, mentions: 0, last_time: 5, offset: 9 } as const;
  assert.equal(applyUserEvent(rooms, late).get("3")?.unread, 4);
  assert.equal(applyUserEvent(rooms, { ...late, offset: 11 }).get("3")?.unread, 1);
});

test("rooms come, change and go", () => {
  const added = applyUserEvent(rooms, { type: "room_added", room: room("9", "new") });
  assert.equal(added.get("9")?.name, "new");
  const change = { id: "9", name: "newer", topic: "t", private: true };
  assert.equal(applyUserEvent(added, { type: "room_changed", room: change }).get("9")?.name, "newer");
  assert.ok(!applyUserEvent(added, { type: "room_removed", id: "9" }).has("9"));
});

test("the next room, and the next unread one", () => {
  const shown = [room("1", "a"), room("2", "b"), room("3", "c", 2)];
  assert.equal(neighbour(shown, "1", 1, false)?.id, "2");
  assert.equal(neighbour(shown, "3", 1, false), null);
  assert.equal(neighbour(shown, "1", 1, true)?.id, "3");
  assert.equal(neighbour(shown, "3", -1, true), null);
});

test("a room is found by a part of its name or topic, the likeliest first", () => {
  const all = [{ ...room("1", "zoo"), topic: "What Ops want" }, room("2", "devops"), room("3", "ops-2"), room("4", "ops-1"), room("5", "art")];
  assert.deepEqual(findRooms(all, " OPS ").map((r) => r.name), ["ops-1", "ops-2", "devops", "zoo"]);
  assert.deepEqual(findRooms(all, "nowhere"), []);
  assert.equal(findRooms(all, "").length, 5);
});

test("a name is taken by another room of one's own, however it is written", () => {
  assert.ok(isNamed(rooms, " General "));
  assert.ok(!isNamed(rooms, "General", "1"), "its own name is no other's");
  assert.ok(!isNamed(rooms, "") && !isNamed(rooms, "gen"));
  assert.ok(!isNamed(roomMap([ben]), "Ben"), "a person is no room");
});

test("totals leave out the room that is open", () => {
  assert.deepEqual(totals(rooms, ""), { unread: 4, mentions: 0 });
  assert.deepEqual(totals(rooms, "3"), { unread: 0, mentions: 0 });
});

test("all that is unread in a conversation of two is to oneself, once", () => {
  const all = roomMap([{ ...ben, unread: 3, mentions: 1 }, { ...room("2", "zoo", 5), mentions: 2 }]);
  assert.deepEqual(totals(all, ""), { unread: 8, mentions: 5 });
});

test("favourites stand by themselves, people among them, and among what is unread like the others", () => {
  const all = roomMap([{ ...ben, favourite: true }, { ...room("3", "ant", 4), favourite: true }, room("1", "general"), room("2", "zoo")]);
  const quiet = sections(all, none);
  assert.deepEqual([quiet.favourites, quiet.rooms, quiet.people].map((list) => list.map((r) => r.name)), [["ant", "Ben"], ["general", "zoo"], []]);
  const shown = sections(all, unreadSection(none, all, "1", true, false));
  assert.deepEqual([shown.unread, shown.favourites].map((list) => list.map((r) => r.name)), [["ant"], ["Ben"]]);
  assert.deepEqual(inOrder(shown).map((r) => r.name), ["ant", "Ben", "general", "zoo"]);
});

test("of a muted room only mentions wait", () => {
  const quiet = { ...room("3", "ant", 4), muted: true }, named = { ...quiet, id: "4", name: "bee", mentions: 1 };
  const all = roomMap([quiet, named, room("1", "general"), { ...ben, muted: true, unread: 2 }]);
  assert.deepEqual([...all.values()].map(waiting), [0, 1, 0, 0]);
  assert.deepEqual([...all.values()].map(toOneself), [0, 1, 0, 0]);
  assert.deepEqual([...unreadSection(none, all, "1", true, false)], ["4"]);
  assert.deepEqual(totals(all, ""), { unread: 1, mentions: 1 });
  assert.equal(neighbour(inOrder(sections(all, none)), "1", 1, true)?.name, "bee");
});

test("what one thinks of a room comes from another page too", () => {
  const after = applyUserEvent(rooms, { type: "room_preferred", room: "2", muted: true, favourite: false });
  assert.deepEqual([after.get("2")?.muted, after.get("2")?.favourite], [true, false]);
  assert.equal(applyUserEvent(rooms, { type: "room_preferred", room: "77", muted: true, favourite: true }), rooms);
});
