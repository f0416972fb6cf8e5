import assert from "node:assert/strict";
import test from "node:test";
import { addNews, badgeCount, isRead, isWanted, newsBetween, noticeOf, noticeText, tellingMessage } from "./notices";
import { applyUserEvent, roomMap } from "./rooms";
import type { Author, Message, Room } from "../net/types";

const mira: Author = { id: "1", name: "mira", display: "Mira Okafor", role: "admin" };
const jonas: Author = { id: "2", name: "jonas", display: "Jonas Lindqvist", role: "member" };

const room = (change: Partial<Room> = {}): Room => ({
  id: "3", name: "releases", topic: "", private: false, created: 1, joined: true, members: 2, offset: 10, epoch: "e", read: 10,
  unread: 0, mentions: 0, last_time: 0, ...change,
});
const message = (offset: number, text: string, change: Partial<Message> = {}): Message => ({
  id: String(offset), room: "3", offset, author: jonas, text, time: 1, key: "", reply_to: "", ...change,
});
const between = (before: Partial<Room>, now: Partial<Room>) => newsBetween(roomMap([room(before)]), roomMap([room(now)])).get("3");

test("news is what the counts rose by, and only if something came", () => {
  assert.deepEqual(between({}, { offset: 11, unread: 1 }), { messages: 1, mentions: 0, since: 10 });
  assert.deepEqual(between({ read: 4, unread: 6 }, { read: 4, offset: 12, unread: 8, mentions: 1 }), { messages: 2, mentions: 1, since: 10 });
  assert.equal(between({}, { offset: 11 }), undefined, "a message of one's own is not counted");
  assert.equal(between({}, { unread: 3, read: 7 }), undefined, "marked as unread by hand");
  assert.equal(between({ unread: 3, read: 7 }, { unread: 2, read: 7, offset: 11 }), undefined, "one was deleted");
});

test("what was read elsewhere during a break is no base for what came after it", () => {
  assert.deepEqual(between({ read: 5, unread: 5 }, { read: 12, offset: 14, unread: 2 }), { messages: 2, mentions: 0, since: 10 });
});

test("the first list and a new room are no news, nor is a room that one is not in", () => {
  assert.equal(newsBetween(new Map(), roomMap([room({ unread: 4 })])).size, 0);
  const left = { joined: false, offset: 11, unread: 1 };
  assert.equal(between({ joined: false }, left), undefined);
});

test("a live event and a list after a break give the same news", () => {
  const rooms = roomMap([room()]);
  const live = applyUserEvent(rooms, { type: "unread", room: "3", unread: 2, mentions: 1, last_time: 5, offset: 12 });
  assert.deepEqual(newsBetween(rooms, live).get("3"), between({}, { offset: 12, unread: 2, mentions: 1 }));
  assert.equal(newsBetween(live, roomMap([live.get("3")!])).size, 0, "and nothing is told twice");
});

test("what is wanted", () => {
  const one = { messages: 1, mentions: 0, since: 1 };
  const named = { messages: 1, mentions: 1, since: 1 };
  const here = room();
  assert.deepEqual([isWanted("never", here, named), isWanted("mentions", here, one), isWanted("mentions", here, named), isWanted("all", here, one)],
    [false, false, true, true]);
  const two = room({ direct: jonas });
  assert.deepEqual([isWanted("never", two, one), isWanted("mentions", two, one)], [false, true], "all in a conversation of two is to oneself");
  const quiet = room({ muted: true });
  assert.deepEqual([isWanted("all", quiet, one), isWanted("all", quiet, named), isWanted("mentions", { ...two, muted: true }, one)], [false, true, false]);
});

test("a conversation of two: one that somebody began meanwhile is news, a mention in it is a message", () => {
  const two = room({ id: "9", name: jonas.display, direct: jonas, offset: 2, read: 0, unread: 2, mentions: 1 });
  assert.equal(newsBetween(new Map(), roomMap([two])).size, 0, "the first list is none");
  const news = newsBetween(roomMap([room()]), roomMap([room(), two])).get("9");
  assert.deepEqual(news, { messages: 2, mentions: 0, since: 0 });
  assert.deepEqual(noticeOf(two, news!, message(2, "@mira well?")), { title: "2 new messages from Jonas Lindqvist", body: "@mira well?", path: "/room/9" });
  assert.deepEqual(noticeOf(two, { messages: 1, mentions: 0, since: 1 }, message(2, "Lunch?")), { title: "Jonas Lindqvist", body: "Lunch?", path: "/room/9/2" });
  assert.equal(noticeOf(two, { messages: 1, mentions: 0, since: 1 }).body, "1 new message");
});

test("news adds up from where the first began", () => {
  const first = { messages: 2, mentions: 0, since: 10 };
  assert.deepEqual(addNews(undefined, first), first);
  assert.deepEqual(addNews(first, { messages: 1, mentions: 1, since: 12 }), { messages: 3, mentions: 1, since: 10 });
});

test("the message that is told of is the newest, or the newest that names me", () => {
  const list = [message(9, "@mira old"), message(11, "@mira look"), message(12, "x@mira.example"), message(13, "Mine", { author: mira })];
  const find = (mentions: number, since = 10) => tellingMessage(list, { messages: 3, mentions, since }, mira)?.offset;
  assert.equal(find(0), 12);
  assert.equal(find(1), 11);
  assert.equal(find(1, 11), undefined, "it is not among these: the counts are told");
  assert.equal(find(0, 12), undefined, "one's own is no news");
  const edited = [message(4, "Now with (@Mira)", { edited: 9 }), message(11, "", { deleted: "author" })];
  assert.equal(tellingMessage(edited, { messages: 0, mentions: 1, since: 10 }, mira)?.offset, 4, "an edit may name me first");
  assert.equal(tellingMessage(edited, { messages: 1, mentions: 0, since: 10 }, mira), undefined, "nothing is left of it");
  assert.equal(tellingMessage([message(11, "@mira.b and @mira-2")], { messages: 1, mentions: 1, since: 10 }, { ...mira, name: "mir" }), undefined);
});

test("a notification says who and where, or how many, and leads there", () => {
  const news = (messages: number, mentions: number) => ({ messages, mentions, since: 10 });
  const said = message(11, "**See** [this](https://a.example)");
  const one = noticeOf(room(), news(1, 0), said);
  assert.deepEqual(one, { title: "Jonas Lindqvist in releases", body: "See this", path: "/room/3/11" });
  const named = noticeOf(room(), news(4, 1), said);
  assert.deepEqual(named, { title: "Jonas Lindqvist mentioned you in releases", body: "See this", path: "/room/3/11" });
  const bulk = noticeOf(room(), news(5, 0), said);
  assert.deepEqual(bulk, { title: "5 new messages in releases", body: "Jonas Lindqvist: See this", path: "/room/3" });
  assert.equal(noticeOf(room(), news(5, 2), said).title, "You were mentioned 2 times in releases");
  const file = (name: string) => ({ id: name, name, type: "image/png", size: 9, width: 4, height: 3 });
  assert.equal(noticeOf(room(), news(1, 0), message(11, "", { files: [file("kettle.png")] })).body, "kettle.png");
  assert.equal(noticeOf(room(), news(5, 0), message(11, "", { files: [file("a"), file("b")] })).body, "Jonas Lindqvist: 2 pictures");
});

test("without a message a notification says what the counts say", () => {
  const titles = [[1, 0], [1, 1], [3, 0], [3, 2]].map(([messages, mentions]) => {
    const { title, body, path } = noticeOf(room(), { messages: messages!, mentions: mentions!, since: 10 });
    assert.deepEqual([body, path], ["", "/room/3"]);
    return title;
  });
  assert.deepEqual(titles, [
    "1 new message in releases", "You were mentioned in releases", "3 new messages in releases", "You were mentioned 2 times in releases",
  ]);
});

test("a long text is cut between words, a short one is whole", () => {
  assert.equal(noticeText("# One\n\n- *two*\n- `three`\n```c\nint four;\n```"), "One two three int four;");
  const cut = noticeText("word ".repeat(400));
  assert.equal(cut, `${"word ".repeat(32).trim()}…`);
  assert.equal(noticeText("x".repeat(500)), `${"x".repeat(160)}…`);
  assert.equal(noticeText("x".repeat(159) + "😀".repeat(9)), `${"x".repeat(159)}…`, "no half of a sign is left");
  assert.equal(noticeText("y".repeat(160)), "y".repeat(160));
});

test("a notification is done with when what it tells is read, or the room is gone", () => {
  assert.equal(isRead(room({ unread: 1, read: 10, offset: 11 }), 11), false);
  assert.equal(isRead(room({ unread: 1, read: 11, offset: 12 }), 11), true);
  assert.equal(isRead(room({ offset: 12 }), 12), true, "nothing is unread");
  assert.equal(isRead(room({ mentions: 1 }), 12), false, "an edit names me in what I have read");
  assert.equal(isRead(undefined, 11), true);
});

test("U71: the number is that of the mentions, else of what is unread", () => {
  const rooms = roomMap([room({ unread: 4 }), room({ id: "4", unread: 3, mentions: 2 })]);
  assert.equal(badgeCount(rooms, ""), 2);
  assert.equal(badgeCount(rooms, "4"), 4);
  assert.equal(badgeCount(roomMap([room()]), ""), 0);
});
