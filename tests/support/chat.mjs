// chat: people of the scenarios. They speak through the reference client (npm centrifuge), repeat what was not
// acknowledged with its key as the page does, and keep a log of each room that notices any gap and any double.
import assert from "node:assert/strict";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { atEnd } from "./tidy.mjs";

/** Sanitizers are slow: fewer messages there, so that a file stays under a minute on two cores. */
export const slow = ["asan", "tsan"].includes(process.env.SNUG_MODE);
export const patience = slow ? 60_000 : 20_000;

/** Polls until fn() is true (or truthy); its value. Fails with `what` when the time is over. */
export async function until(what, fn, ms = patience) {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${typeof what === "function" ? what() : what}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}

/** The promise, but no longer than ms. */
export function within(what, promise, ms = patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A client that is not connected yet. who: {token} for programs, {cookie} for pages; both and none are allowed. */
export function client(url, who = {}, options = {}) {
  class Socket extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { headers: who.cookie ? { Cookie: who.cookie } : {}, perMessageDeflate: false });
    }
  }
  const address = url.replace(/^http/, "ws") + "/connection/websocket";
  const made = new Centrifuge(address, {
    websocket: Socket,
    ...(who.token ? { token: who.token } : {}),
    minReconnectDelay: 1,
    maxReconnectDelay: 100,
    timeout: patience,
    ...options,
  });
  made.on("error", () => {}); // a cut line is what these tests are about
  atEnd(() => made.disconnect());
  return made;
}

/** A connected client. */
export async function connected(url, who, options) {
  const made = client(url, who, options);
  made.connect();
  await within("connect", made.ready());
  return made;
}

/** How the client ended: {code, reason}, when the server said not to come back. */
export function disconnected(c) {
  return within("disconnected", new Promise((told) => c.once("disconnected", told)));
}

/** The next time the line is lost, {code, reason}. */
export function interrupted(c) {
  return within("line lost", new Promise((told) => c.once("connecting", told)));
}

export async function rpc(c, method, params = {}) {
  return (await c.rpc(method, params)).data;
}

/** The error of a call that must be refused. */
export async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail("was not refused");
}

const final = new Set([101, 103, 104, 107, 400]);

/** Sends a message until it is acknowledged, always with the same key; {id, offset, time, tries}. */
export async function send(c, room, text, key, still = () => true) {
  const deadline = performance.now() + 3 * patience;
  for (let tries = 1; ; tries++) {
    try {
      await c.ready();
      return { ...(await rpc(c, "message.send", { room, text, key })), tries };
    } catch (error) {
      if (final.has(error.code) || !still() || performance.now() > deadline) throw error;
    }
    if (tries > 1) await new Promise((next) => setTimeout(next, 10));
  }
}

/** All messages of a room as the server has them, page by page, oldest first. */
export async function listAll(call, room, limit = 200) {
  const all = [];
  for (let after = 0; ; ) {
    const page = await call("message.list", { room, after, limit });
    all.push(...page.messages);
    if (!page.more) return all;
    assert.ok(page.messages.length > 0, "a page that says more has messages");
    after = page.messages.at(-1).offset;
  }
}

/** What one client saw of a room, by offset. faults must stay empty. */
export class Log {
  constructor(c, room, options = {}) {
    this.room = room;
    this.client = c;
    this.events = [];
    this.passing = [];
    this.faults = [];
    this.top = null; // last offset seen
    this.live = null; // last offset of the subscription itself; history may have read further
    this.epoch = "";
    this.recovered = 0;
    this.refilled = 0;
    this.held = null; // publications that wait for a gap to be read
    this.sub = c.newSubscription(`room:${room}`, options);
    this.sub.on("subscribed", (ctx) => this.#subscribed(ctx));
    this.sub.on("publication", (pub) => this.#publication(pub));
    this.sub.on("error", () => {});
  }

  async open() {
    this.sub.subscribe();
    await within(`subscribe room:${this.room}`, this.sub.ready());
    return this;
  }

  #subscribed(ctx) {
    const position = ctx.streamPosition;
    if (!ctx.recoverable || !ctx.positioned || !position?.epoch) this.faults.push("the answer has no position");
    if (!(ctx.wasRecovering && ctx.recovered)) this.live = position.offset;
    if (this.top === null) {
      this.top = position.offset;
      this.epoch = position.epoch;
    } else if (position.epoch !== this.epoch) {
      this.faults.push(`the epoch changed from ${this.epoch} to ${position.epoch}`);
    } else if (ctx.wasRecovering && ctx.recovered) {
      this.recovered += 1;
    } else {
      this.refilled += 1;
      this.#refill(position.offset);
    }
  }

  #publication(pub) {
    if (pub.offset === undefined) {
      this.passing.push(pub.data);
      return;
    }
    if (pub.offset !== this.live + 1) this.faults.push(`after offset ${this.live} came ${pub.offset}`);
    this.live = pub.offset;
    if (this.held) this.held.push(pub);
    else if (pub.offset > this.top) this.#take(pub); // else history had it before it came
  }

  #take(pub) {
    if (this.top !== null && pub.offset !== this.top + 1) this.faults.push(`after offset ${this.top} was read ${pub.offset}`);
    this.top = pub.offset;
    this.events.push({ offset: pub.offset, data: pub.data });
  }

  // Too much was missed for one reply: read on with history, as the page does.
  async #refill(target) {
    if (this.held) {
      this.target = Math.max(this.target, target);
      return;
    }
    this.held = [];
    this.target = target;
    while (this.top < this.target) {
      try {
        await this.client.ready();
        const page = await this.sub.history({ limit: 1000, since: { offset: this.top, epoch: this.epoch } });
        for (const pub of page.publications) this.#take(pub);
      } catch (error) {
        if (error.code >= 100 && error.code !== 100 && error.code !== 111) {
          this.faults.push(`history: ${error.code} ${error.message}`);
          break;
        }
        await new Promise((next) => setTimeout(next, 5)); // a client that was disconnected refuses at once, again and again
      }
    }
    const held = this.held;
    this.held = null;
    for (const pub of held) if (pub.offset > this.top) this.#take(pub);
  }

  /** The messages it saw, in order. */
  messages() {
    return this.events.filter((e) => e.data.type === "message_created").map((e) => e.data.message);
  }

  types() {
    return this.events.map((e) => e.data.type);
  }
}

/** A log that is open. */
export function follow(c, room, options) {
  return new Log(c, room, options).open();
}

/** The value of a metric in /metrics. */
export async function metric(url, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((l) => l.startsWith(`${name} `));
  assert.ok(line, `/metrics has ${name}`);
  return Number(line.split(" ")[1]);
}

/** Every run ends so: nothing lost, nothing doubled, no 1011. */
export async function nothingWrong(url) {
  for (const name of ["snug_messages_lost_total", "snug_messages_doubled_total", "snug_closes_1011_total"])
    assert.equal(await metric(url, name), 0, name);
}
