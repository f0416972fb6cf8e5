import assert from "node:assert/strict";
import test from "node:test";
import { emptyLog, newestOwn, withDeleted, withEdited, withMessages, type RoomLog } from "./log";
import type { Message } from "../net/types";

const author = (id: string) => ({ id, name: `n${id}`, display: `N${id}`, role: "member" as const });
const message = (id: string, by = "2", more: Partial<Message> = {}): Message => ({
  id, room: "1", offset: Number(id) * 10, author: author(by), text: `text ${id}`, time: 1, key: `k${id}`, reply_to: "", ...more,
});
const log: RoomLog = withMessages(emptyLog("1"), [message("1"), message("2", "3"), message("3"), message("4", "3")]);

test("an edit changes its message in its place and no other", () => {
  const edited = withEdited(log, { ...message("1"), text: "other", edited: 9 });
  assert.deepEqual(edited.items.map((m) => [m.id, m.text, m.edited]), [
    ["1", "other", 9], ["2", "text 2", undefined], ["3", "text 3", undefined], ["4", "text 4", undefined],
  ]);
  assert.equal(edited.top, log.top);
  edited.items.slice(1).forEach((m, i) => assert.equal(m, log.items[i + 1], "the others are not drawn anew"));
  assert.equal(log.items[0]!.text, "text 1", "the log before is as it was");
});

test("an edit of what is not loaded, or was deleted, changes nothing", () => {
  assert.equal(withEdited(log, message("9")), log);
  const gone = withDeleted(log, "1", "author");
  assert.equal(withEdited(gone, { ...message("1"), text: "back" }), gone);
  const edited = withEdited(log, { ...message("1"), text: "other", edited: 9 });
  assert.deepEqual(withDeleted(edited, "1", "author").items[0], gone.items[0], "what is deleted has no mark of an edit");
});

test("files go with their message, and an edit says them again", () => {
  const files = [{ id: "3", name: "a.txt", type: "text/plain", size: 1 }];
  const sent = withMessages(emptyLog("1"), [message("1", "2", { files })]);
  assert.deepEqual(withEdited(sent, message("1", "2", { text: "other", edited: 9, files })).items[0]!.files, files);
  assert.ok(!("files" in withDeleted(sent, "1", "author").items[0]!));
});

test("the newest message of one's own is edited by Up: one's words, that are there, while the end is shown", () => {
  assert.equal(newestOwn(log, "2")?.id, "3");
  assert.equal(newestOwn(withDeleted(log, "3", "owner"), "2")?.id, "1");
  assert.equal(newestOwn(withMessages(log, [message("5", "2", { run_id: "R" })]), "2")?.id, "3");
  assert.equal(newestOwn({ ...log, newer: true }, "2"), undefined);
  assert.equal(newestOwn(log, "7"), undefined);
  assert.equal(newestOwn(log, undefined), undefined);
});
