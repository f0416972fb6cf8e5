// wire: the client protocol by hand, for what the reference client never does. Replies by id, pushes in order.
import assert from "node:assert/strict";
import WebSocket from "ws";
import { patience, until, within } from "./chat.mjs";
import { atEnd } from "./tidy.mjs";

export class Wire {
  replies = new Map();
  pushes = [];
  messages = []; // as they came: one WebSocket message each
  pings = 0;
  mute = false; // leaves pings unanswered
  last = 0;

  /** options: cookie, headers, protocols, mute. Opened, but not connected. */
  static async open(url, options = {}) {
    const wire = new Wire();
    const headers = { ...(options.cookie ? { Cookie: options.cookie } : {}), ...options.headers };
    wire.mute = options.mute ?? false;
    wire.socket = new WebSocket(url.replace(/^http/, "ws") + "/connection/websocket", options.protocols ?? [], {
      headers,
      perMessageDeflate: false,
    });
    atEnd(() => wire.socket.terminate());
    wire.ended = null;
    wire.socket.on("message", (bytes) => wire.#message(bytes.toString()));
    wire.closing = new Promise((told) =>
      wire.socket.on("close", (code, reason) => {
        wire.ended = { code, reason: reason.toString() };
        told(wire.ended);
      }),
    );
    wire.socket.on("error", (error) => (wire.error = error));
    await within(
      "upgrade",
      new Promise((ready, failed) => {
        wire.socket.once("open", ready);
        wire.socket.once("error", failed);
      }),
    );
    return wire;
  }

  /** Connected: wire.welcome is the connect reply. */
  static async connect(url, { token, data, ...options } = {}) {
    const wire = await Wire.open(url, options);
    const reply = await wire.ask("connect", { ...(token ? { token } : {}), ...(data ? { data } : {}) });
    assert.ok(reply.connect, `connect: ${JSON.stringify(reply)}`);
    wire.welcome = reply.connect;
    return wire;
  }

  #message(text) {
    this.messages.push(text);
    for (const line of text.split("\n").filter(Boolean)) {
      const reply = JSON.parse(line);
      if (reply.push) this.pushes.push(reply.push);
      else if (reply.id) {
        if (this.replies.has(reply.id)) this.doubled = reply.id;
        this.replies.set(reply.id, reply);
      } else {
        this.pings += 1;
        if (!this.mute) this.write("{}");
      }
    }
  }

  write(text) {
    this.socket.send(typeof text === "string" ? text : JSON.stringify(text));
  }

  /** Sends a command and gives its reply, {id, <method>} or {id, error}. */
  async ask(method, params = {}) {
    const id = ++this.last;
    this.write({ id, [method]: params });
    return this.reply(id);
  }

  reply(id, ms = patience) {
    return until(
      () => `reply ${id}${this.ended ? `, but closed with ${this.ended.code} ${this.ended.reason}` : ""}`,
      () => {
        const reply = this.replies.get(id);
        if (!reply && this.ended) throw new Error(`closed with ${this.ended.code} ${this.ended.reason} before reply ${id}`);
        return reply;
      },
      ms,
    );
  }

  async rpc(method, data = {}) {
    const reply = await this.ask("rpc", { method, data });
    return reply.error ? { error: reply.error } : { result: reply.rpc.data };
  }

  /** The first push that `wanted` is true for. */
  push(what, wanted, ms) {
    return until(what, () => this.pushes.find(wanted), ms);
  }

  /** {code, reason} of the close. */
  closed(ms = patience) {
    return within("close", this.closing, ms);
  }

  close() {
    this.socket.close(1000);
    return this.closed();
  }
}
