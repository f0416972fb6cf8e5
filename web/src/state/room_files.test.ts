import assert from "node:assert/strict";
import test from "node:test";
import type { Author, Message } from "../net/types";
import type { ListedFile } from "../net/types_files";
import { noFiles, withFilesOf, withPage, withoutFilesBy, withoutFilesOf } from "./room_files";

const author = (id: string): Author => ({ id, name: `n${id}`, display: `N${id}`, role: "member" });
const file = (id: string) => ({ id, name: `${id}.txt`, type: "text/plain", size: 1 });
const listed = (id: string, message: string, by = "1"): ListedFile => ({ ...file(id), message, offset: Number(message), author: author(by), time: 5 });
const message = (id: string, files?: string[]): Message => ({
  id, room: "1", offset: Number(id), author: author("1"), text: "", time: 9, key: id, reply_to: "", ...(files ? { files: files.map(file) } : {}),
});
const ids = (known: typeof noFiles) => known.items.map(({ id }) => id);
const some = withPage(noFiles, { files: [listed("9", "5"), listed("8", "5"), listed("7", "4", "2")], more: true }, true);

test("U35 what comes stands first, once, and what is not asked for yet stays so", () => {
  assert.equal(withFilesOf(noFiles, message("6", ["10"])), noFiles);
  const more = withFilesOf(some, message("6", ["10", "11"]));
  assert.deepEqual(ids(more), ["11", "10", "9", "8", "7"]);
  assert.deepEqual(more.items[0]?.author, author("1"));
  assert.equal(withFilesOf(more, message("6", ["10", "11"])), more, "told twice");
  assert.equal(withFilesOf(some, message("6")), some);
});

test("U35 files go with their message and with their author", () => {
  assert.deepEqual(ids(withoutFilesOf(some, "5")), ["7"]);
  assert.equal(withoutFilesOf(some, "77"), some);
  assert.deepEqual(ids(withoutFilesBy(some, "2")), ["9", "8"]);
});

test("U35 a page behind what is known adds to it, a first page is all that is known", () => {
  const all = withPage(some, { files: [listed("7", "4", "2"), listed("3", "2")], more: false }, false);
  assert.deepEqual([ids(all), all.more], [["9", "8", "7", "3"], false]);
  assert.deepEqual(ids(withPage(some, { files: [listed("12", "8")], more: false }, true)), ["12"]);
});
