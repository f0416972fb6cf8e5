import assert from "node:assert/strict";
import test from "node:test";
import { afterError, changeSend, mayTryAgain, newSend, nextSend, sendWords, withSend, withoutSend } from "./outbox";

const at = { now: 1_000_000, up: true, readonly: false };
const one = newSend("a", { room: "1", text: "first", reply_to: "" }, 1);
const two = newSend("b", { room: "1", text: "second", reply_to: "" }, 2);
const all = withSend(withSend([], two), one);

test("U40: the oldest of a room goes first, each room on its own", () => {
  assert.equal(nextSend(all, "1", 5)?.send.key, "a");
  assert.equal(nextSend(withoutSend(all, "a"), "1", 5)?.send.key, "b");
  assert.equal(nextSend(all, "2", 5), null);
});

test("U13: a retry is the same entry with the same key", () => {
  const again = afterError(one, { code: 0, message: "" }, at);
  assert.equal(again.key, one.key);
  assert.equal(withSend(all, again).length, 2);
});

test("a refused text lets the next one pass, a busy server holds the order", () => {
  const refused = afterError(one, { code: 103, message: "no" }, at);
  assert.equal(refused.state, "failed");
  assert.equal(nextSend(changeSend(all, "a", refused), "1", at.now)?.send.key, "b");
  let busy = one;
  for (let i = 0; i < 3; i++) busy = afterError(busy, { code: 100, message: "" }, at);
  assert.equal(busy.state, "failed");
  const next = nextSend(changeSend(all, "a", busy), "1", at.now);
  assert.equal(next?.send.key, "a");
  assert.ok(next.wait_ms > 0);
  assert.ok(mayTryAgain(busy) && !mayTryAgain(refused));
});

test("111 waits as long as the server says, and goes out by itself", () => {
  const held = afterError(one, { code: 111, message: "", retry_ms: 4000 }, at);
  assert.equal(held.state, "waiting");
  assert.equal(nextSend([held], "1", at.now)?.wait_ms, 4000);
  assert.equal(sendWords(held, at.now), "Too many at once. Goes out by itself in 4 s.");
});

test("without a line nothing fails, however often", () => {
  let send = one;
  for (let i = 0; i < 20; i++) send = afterError(send, { code: 0, message: "" }, { ...at, up: false });
  assert.equal(send.state, "waiting");
  assert.equal(sendWords(send, at.now), "");
});

test("a server that only reads makes it wait, not fail", () => {
  let send = one;
  for (let i = 0; i < 20; i++) send = afterError(send, { code: 108, message: "" }, { ...at, readonly: true });
  assert.equal(send.state, "waiting");
});

test("U12: every failure has its words", () => {
  const words = (code: number, message: string) => sendWords({ ...one, state: "failed", code, message }, at.now);
  assert.equal(words(103, "x"), "Not sent: you may not write in this room any more.");
  assert.equal(words(100, "x"), "Not sent yet: the server is busy.");
  assert.equal(words(107, "Texts have at most 16,000 characters."), "Not sent: Texts have at most 16,000 characters.");
});

test("files go along with a message, and one without them says nothing of any", () => {
  const files = [{ id: "3", name: "a.txt", type: "text/plain", size: 1 }];
  assert.deepEqual(newSend("c", { room: "1", text: "", reply_to: "", files }, 3).files, files);
  assert.ok(!("files" in newSend("d", { room: "1", text: "x", reply_to: "", files: [] }, 4)));
});
