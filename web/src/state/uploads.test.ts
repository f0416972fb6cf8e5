import assert from "node:assert/strict";
import test from "node:test";
import {
  AT_ONCE, afterUploadError, changeUpload, failedWords, firstUpload, isOpen, mayUploadAgain, newUpload, nextUploads, openWords, percentOf,
  uploadWords, uploadsOf, type Upload,
} from "./uploads";

const MB = 1024 * 1024;
const what = (key: string, more: Partial<Upload> = {}) => ({ key, room: "1", name: `${key}.bin`, size: 4 * MB, type: "", ...more });
const one = (key: string, more: Partial<Upload> = {}): Upload => newUpload(what(key, more));
const at = { now: 1000, up: true, limit: 25 * MB };
const error = (code: number, message = "") => ({ code, message });

test("what is too large is said before a byte goes, at the limit it goes", () => {
  assert.equal(firstUpload(what("a", { size: 25 * MB }), 25 * MB).state, "waiting");
  const large = firstUpload(what("film", { size: 31 * MB }), 25 * MB);
  assert.equal(large.state, "failed");
  assert.equal(uploadWords(large), "is 31 MB; 25 MB is the most here.");
  assert.equal(failedWords([large]), "film.bin is 31 MB; 25 MB is the most here.");
  assert.equal(mayUploadAgain(large), false);
  assert.equal(uploadWords(firstUpload(what("a", { size: 25 * MB + 1 }), 25 * MB)), "is 25.1 MB; 25 MB is the most here.");
});

test("two go at a time, in the order chosen, whichever room they are for", () => {
  const all = [one("a", { state: "whole" }), one("b"), one("c", { room: "2" }), one("d")];
  assert.deepEqual(nextUploads(all, 0, AT_ONCE), { keys: ["b", "c"], wait_ms: 0 });
  assert.deepEqual(nextUploads(all, 0, 1).keys, ["b"]);
  assert.deepEqual(nextUploads(all, 0, 0).keys, []);
  assert.deepEqual(uploadsOf(all, "2").map(({ key }) => key), ["c"]);
});

test("one that has to wait lets the next one go", () => {
  const all = [one("a", { retry_at: 5000 }), one("b", { retry_at: 3000 }), one("c")];
  assert.deepEqual(nextUploads(all, 1000, 2), { keys: ["c"], wait_ms: 2000 });
  assert.deepEqual(nextUploads(all, 3000, 2), { keys: ["b", "c"], wait_ms: 2000 });
});

test("a cut line is waited for; a server that does not answer is asked again, not for ever", () => {
  const cut = afterUploadError(one("a"), error(0), { ...at, up: false });
  assert.deepEqual([cut.state, cut.retry_at], ["waiting", 0]);
  let now = one("a");
  const waits: number[] = [];
  while (now.state === "waiting") {
    now = afterUploadError(now, error(0), at);
    waits.push(now.retry_at - at.now);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, -1000]);
  assert.equal(now.state, "failed");
  assert.equal(mayUploadAgain(now), true);
  for (let i = 0; i < 50; i++) assert.equal(afterUploadError(one("a", { tries: i }), error(0), { ...at, up: false }).state, "waiting");
});

test("errors of the server in plain words", () => {
  const said = (code: number, message = "", more = {}) => afterUploadError(one("film"), { ...error(code, message), ...more }, at);
  const full = said(108, "The disk of the server is full.");
  assert.deepEqual([full.state, uploadWords(full), mayUploadAgain(full)], ["failed", "The server\u2019s disk is full: reading works, sending waits.", true]);
  const large = said(106, "film.bin is 4 MB; 1 MB is the most here.");
  assert.deepEqual([uploadWords(large), mayUploadAgain(large)], ["is 4 MB; 1 MB is the most here.", false]);
  const piece = said(413);
  assert.deepEqual([uploadWords(piece), mayUploadAgain(piece)], ["is 4 MB; 25 MB is the most here.", false]);
  const soon = said(111, "", { retry_ms: 4000 });
  assert.deepEqual([soon.state, soon.retry_at], ["waiting", 5000]);
  const many = said(400, "20 files of yours have not been sent yet; send or drop one first.");
  assert.deepEqual([many.state, uploadWords(many), mayUploadAgain(many)], ["failed", "20 files of yours have not been sent yet; send or drop one first.", true]);
  assert.equal(uploadWords(said(108, "There is no room left for files.", { field: "size" })), "There is no room left for files.");
  assert.equal(said(101).state, "waiting");
  assert.equal(said(103).state, "waiting", "it is begun anew");
  assert.equal(uploadWords(said(400)), "The server refused it.");
});

test("what stands below a name", () => {
  assert.equal(uploadWords(one("a")), "4 MB, waiting");
  assert.equal(uploadWords(one("a", { state: "going", done: 2.5 * MB })), "62 % of 4 MB");
  assert.equal(uploadWords(one("a", { tries: 1, done: MB })), "25 % of 4 MB, waiting");
  assert.equal(uploadWords(one("a", { state: "whole" })), "4 MB, ready");
  assert.equal(percentOf(one("a", { size: 0 })), 0);
  assert.equal(percentOf(one("a", { done: 9 * MB })), 100);
});

test("what the status line says of one, of several, and of what waits for them", () => {
  const failed = one("a", { state: "failed" });
  assert.equal(failedWords([]), "");
  assert.equal(failedWords([failed, one("b")]), "a.bin was not uploaded.");
  assert.equal(failedWords([failed, failed]), "2 files were not uploaded.");
  assert.equal(openWords([failed], false), "");
  assert.equal(openWords([one("b")], false), "Sending waits for the file.");
  assert.equal(openWords([one("b"), one("c"), failed], true), "Goes out when 2 files are there.");
});

test("a change is of one alone", () => {
  const all = changeUpload([one("a"), one("b")], "b", { state: "going" });
  assert.deepEqual(all.map(isOpen), [true, true]);
  assert.deepEqual(all.map(({ state }) => state), ["waiting", "going"]);
});
