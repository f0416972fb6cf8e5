import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeIn, roomOf } from "./pushed";

test("what was pushed is read whole or told in general words, and leads nowhere else", () => {
  const good = { title: "Ada", body: "lunch?", url: "/room/2/5", tag: "snug-room-2" };
  assert.deepEqual(noticeIn(JSON.stringify(good)), good);
  for (const bad of ["", "{", "null", "5", "[]", "{}", JSON.stringify({ ...good, title: 5 }), JSON.stringify({ ...good, tag: undefined })])
    assert.deepEqual(noticeIn(bad), { title: "Snug", body: "Something new", url: "/", tag: "snug" }, bad);
  for (const url of ["//evil.invalid/x", "/\\evil.invalid/x", "http://evil.invalid/", "javascript:alert(1)", "room/2"])
    assert.equal(noticeIn(JSON.stringify({ ...good, url })).url, "/", url);
});

test("a room is known by where a notification leads", () => {
  for (const [url, room] of [["/room/2/5", "2"], ["/room/2", "2"], ["/room/22/5", "22"], ["/", ""], ["/room/x", ""], ["/room/2x", ""], ["/search?room/2", ""]])
    assert.equal(roomOf(url!), room, url);
});
