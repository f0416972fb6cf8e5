// conformance: runs one case of tests/conformance on one connection: every byte that comes back is judged.
import assert from "node:assert/strict";
import net from "node:net";
import tls from "node:tls";
import { constants, inflateRawSync } from "node:zlib";
import { OP, bytes, close } from "../conformance/frames.mjs";
import { patience } from "./chat.mjs";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const list = (given) => (typeof given === "function" ? given() : given);

/** `lines` replace headers of the same name; null leaves one out, a list repeats it. */
function request(at, lines) {
  const all = {
    Host: "127.0.0.1",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...lines,
  };
  const head = Object.entries(all).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}\r\n`),
  );
  return `GET ${at.path} HTTP/1.1\r\n${head.join("")}\r\n`;
}

/** The whole answer to a request that is refused, up to the end of the connection. */
export function refusal(at, lines) {
  return new Promise((resolve) => {
    const socket = connect(at);
    let answer = "";
    socket.on("data", (more) => (answer += more.toString("latin1")));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => resolve(answer));
    socket.setTimeout(patience, () => socket.destroy());
    socket.write(request(at, lines));
  });
}

/** What was agreed on, as a client understands the answer. */
function agreement(answer) {
  const bits = (name) => Number(new RegExp(`${name}=(\\d+)`).exec(answer)?.[1] ?? 15);
  return {
    deflate: Boolean(answer),
    takeover: Boolean(answer) && !answer.includes("client_no_context_takeover"),
    clientBits: bits("client_max_window_bits"),
    serverBits: bits("server_max_window_bits"),
    window: Buffer.alloc(0),
  };
}

/** In small steps, so that zlib takes all from a window of the agreed size and refuses what lies behind it. */
function inflated(payload, { serverBits }) {
  const small = serverBits < 15 && payload.length < 4096;
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 255, 255])]), {
    finishFlush: constants.Z_SYNC_FLUSH,
    windowBits: serverBits,
    chunkSize: small ? 64 : 65536,
  });
}

function sizeOf(data, at, form) {
  if (form < 126) return form;
  return form === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
}

/** Takes the frames off the front of a server's bytes; throws at what a server may not send. */
function parse(state) {
  const { data, agreed } = state;
  let at = state.at;
  for (;;) {
    const left = data.length - at;
    if (left < 2) break;
    const form = data[at + 1] & 127;
    const head = form === 127 ? 10 : form === 126 ? 4 : 2;
    if (left < head) break;
    const size = sizeOf(data, at, form);
    if (left < head + size) break;
    const opcode = data[at] & 15;
    const rsv = (data[at] >> 4) & 7;
    assert.ok(data[at] & 0x80, "the server does not fragment");
    assert.equal(data[at + 1] & 0x80, 0, "the server does not mask");
    assert.ok(form < 126 || size > (form === 126 ? 125 : 65535), "the shortest length");
    assert.ok(Object.values(OP).includes(opcode) && opcode !== OP.more, `opcode ${opcode}`);
    assert.ok(rsv === 0 || (rsv === 4 && agreed.deflate && opcode < 8), `reserved bits ${rsv}`);
    let payload = data.subarray(at + head, at + head + size);
    if (rsv === 4) payload = inflated(payload, agreed);
    assert.ok(!state.closed, "nothing follows a close");
    state.closed ||= opcode === OP.close;
    state.heard.push({ opcode, payload, compressed: rsv === 4 });
    at += head + size;
  }
  state.at = at;
}

function words({ opcode, payload, compressed }) {
  const name = Object.keys(OP).find((key) => OP[key] === opcode);
  if (opcode === OP.close) return `close ${payload.length ? payload.readUInt16BE(0) : "without a code"}`;
  const start = payload.subarray(0, 40).toString("latin1");
  return `${compressed ? "compressed " : ""}${name} of ${payload.length}: ${start}`;
}

function judge(heard, expected) {
  const said = () => `heard: ${heard.slice(-6).map(words).join(" | ") || "nothing"}`;
  expected.forEach((wanted, i) => {
    const got = heard[i];
    assert.ok(got, `${i} of ${expected.length} frames came; ${said()}`);
    if (typeof wanted === "number") {
      assert.equal(words(got), `close ${wanted}`, said());
      return;
    }
    assert.equal(got.opcode, wanted.opcode, said());
    assert.ok(got.payload.equals(wanted.payload), `frame ${i} has other bytes; ${said()}`);
    if (wanted.compressed !== undefined) assert.equal(got.compressed, wanted.compressed, said());
  });
  assert.equal(heard.length, expected.length, said());
}

function connect(at) {
  const where = { host: "127.0.0.1", port: at.port };
  const socket = at.context ? tls.connect({ ...where, secureContext: at.context }) : net.connect(where);
  return socket.setNoDelay(true); // or each piece would wait for the answer to the one before
}

/** Sends in pieces of `step`; waits where the server does not take them, and ends where it has ended. */
async function send(socket, data, step) {
  for (let i = 0; i < data.length && socket.writable; i += step) {
    if (!socket.write(data.subarray(i, i + step))) {
      await new Promise((next) => {
        socket.once("drain", next);
        socket.once("close", next);
      });
    }
  }
}

/* Byte by byte, but no more than some thousand pieces. */
const pieces = (size) => (size <= 3000 ? 1 : Math.ceil(size / 3000));

/**
 * at: {port, path, context of TLS}; split: in pieces instead of whole. The server has ended the connection when this
 * returns, or it fails.
 */
export async function run(one, at, split) {
  const socket = connect(at);
  const state = { parts: [], data: null, at: 0, heard: [], head: null, closed: false };
  const ended = new Promise((resolve) => {
    socket.on("end", resolve);
    socket.on("error", resolve); // a reset is an end too
    socket.on("close", resolve);
  });
  const opened = new Promise((resolve, reject) => {
    socket.on("data", (more) => {
      state.parts.push(more);
      if (state.head !== null) return;
      const all = Buffer.concat(state.parts);
      const end = all.indexOf("\r\n\r\n");
      if (end < 0) return;
      state.head = all.subarray(0, end).toString("latin1");
      state.parts = [all.subarray(end + 4)];
      resolve();
    });
    ended.then(() => reject(new Error("no answer to the upgrade")));
  });
  let late;
  const timeout = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`not over after ${patience} ms`)), patience);
  });
  const whole = async () => {
    socket.write(request(at, { "Sec-WebSocket-Extensions": one.offer }));
    await opened;
    assert.match(state.head, /^HTTP\/1\.1 101 /);
    assert.ok(state.head.includes(`Sec-WebSocket-Accept: ${ACCEPT}`));
    const answer = /^Sec-WebSocket-Extensions: (.*)$/im.exec(state.head)?.[1] ?? null;
    if (one.answer !== undefined) assert.equal(answer, one.answer);
    state.agreed = agreement(answer);
    const expected = [...list(one.expect)];
    const out = list(one.send).map((item) => bytes(typeof item === "function" ? item(state.agreed) : item));
    const closes = typeof expected.at(-1) === "number";
    if (!closes && !one.hangUp) {
      out.push(close(1000));
      expected.push(1000);
    }
    const data = Buffer.concat(out);
    await send(socket, data, one.chop ?? (split ? pieces(data.length) : Math.max(data.length, 1)));
    if (one.hangUp) socket.end();
    await ended;
    state.data = Buffer.concat(state.parts);
    parse(state);
    assert.equal(state.at, state.data.length, "the last frame is whole");
    judge(state.heard, expected);
  };
  try {
    await Promise.race([whole(), timeout]);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
