import { connection, isUp, me, messages } from "../state/app";
import { batch, effect, untracked } from "../state/store";
import { withLiveMessage } from "../state/log";
import { afterError, changeSend, newSend, nextSend, outbox, sendWords, withoutSend, withSend } from "../state/outbox";
import type { Send, Written } from "../state/outbox";
import { forgetSend, storeSend, storedSends } from "../net/outbox_store";
import { ApiError, call } from "../net/rpc";
import { linkUp } from "../net/link";
import { warn } from "../lib/voices";

/** The outbox at work: one message of a room on its way at a time, so that they go in in the order written. */
const flying = new Set<string>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();
let loadedFor = "";

/** 48 bits of the time and 80 random ones as text, the order of a version 7 UUID: a person's keys lie beside each other in
 * the server's index. Unlike randomUUID also there on plain http away from this machine. */
export function newKey(created: number): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  return created.toString(16).padStart(12, "0") + Array.from(random, (b) => b.toString(16).padStart(2, "0")).join("");
}

export function sendMessage(written: Written): string {
  const { room } = written;
  /* two in one millisecond keep their order */
  const last = outbox.peek()[outbox.peek().length - 1];
  const created = Math.max(Date.now(), (last?.created ?? 0) + 1);
  const send = newSend(newKey(created), written, created);
  outbox.value = withSend(outbox.peek(), send);
  const log = messages(room);
  if (log.peek().new_after >= 0) log.value = { ...log.peek(), new_after: -1 };
  storeSend(me.peek()?.id ?? "", send);
  pump(room);
  return send.key;
}

export function tryAgain(key: string): void {
  const send = outbox.peek().find((s) => s.key === key);
  if (!send) return;
  change(key, { state: "waiting", tries: 0, retry_at: 0 });
  pump(send.room);
}

/** Takes a message out of the outbox; the caller keeps its text. */
export function discard(key: string): Send | undefined {
  const send = outbox.peek().find((s) => s.key === key);
  if (!send) return undefined;
  outbox.value = withoutSend(outbox.peek(), key);
  forgetSend(me.peek()?.id ?? "", key);
  pump(send.room);
  return send;
}

/** The message with this key came in (by event or by answer): it waits no more. */
export function sendIsThrough(key: string): void {
  if (!outbox.peek().some((s) => s.key === key)) return;
  outbox.value = withoutSend(outbox.peek(), key);
  forgetSend(me.peek()?.id ?? "", key);
}

function change(key: string, what: Partial<Send>): void {
  outbox.value = changeSend(outbox.peek(), key, what);
  const send = outbox.peek().find((s) => s.key === key);
  if (send) storeSend(me.peek()?.id ?? "", send);
}

/** Whatever a former page of this user left, and everything that waited for the line. */
export function flushOutbox(user: string): void {
  if (loadedFor !== user) {
    loadedFor = user;
    for (const send of storedSends(user)) {
      if (!outbox.peek().some((s) => s.key === send.key)) outbox.value = withSend(outbox.peek(), send);
    }
  }
  for (const room of new Set(outbox.peek().map((s) => s.room))) pump(room);
}

function pump(room: string): void {
  clearTimeout(timers.get(room));
  if (flying.has(room) || !linkUp()) return;
  const next = nextSend(outbox.peek(), room, Date.now());
  if (!next) return;
  if (next.wait_ms > 0) {
    timers.set(room, setTimeout(() => pump(room), next.wait_ms));
    return;
  }
  flying.add(room);
  void deliver(next.send).finally(() => {
    flying.delete(room);
    pump(room);
  });
}

async function deliver(send: Send): Promise<void> {
  const { room, text, key, reply_to, files } = send;
  try {
    const done = await call<{ id: string; offset: number; time: number }>("message.send", {
      room,
      text,
      key,
      ...(reply_to ? { reply_to } : {}),
      ...(files ? { files: files.map(({ id }) => id) } : {}),
    });
    const user = me.peek();
    batch(() => {
      const log = messages(room);
      const known = log.peek().items.some((m) => m.offset === done.offset);
      if (user && log.peek().loaded && !known) {
        const { id, name, display, role } = user;
        const author = { id, name, display, role };
        log.value = withLiveMessage(log.peek(), { ...done, room, author, text, key, reply_to, ...(files ? { files } : {}) });
      }
      sendIsThrough(key);
    });
  } catch (e) {
    const error = e instanceof ApiError ? e : new ApiError(0, String(e));
    const readonly = connection.peek().level === "readonly";
    const before = outbox.peek().find((s) => s.key === key);
    if (!before) return;
    const after = afterError(before, error, { now: Date.now(), up: linkUp(), readonly });
    change(key, after);
    if (after.state === "failed" && before.state !== "failed") warn(sendWords(after, Date.now()));
  }
}

/** Each time the line comes back, everything that waits goes out. Call once. */
export function startOutbox(): void {
  effect(() => {
    const user = me.value;
    if (user && isUp.value) untracked(() => flushOutbox(user.id));
  });
}
