// frames: the notation of the cases. A case is data:
//
//   rfc     the section it guards, "6455 5.5.2"
//   name    a sentence
//   offer   Sec-WebSocket-Extensions of the request; without it none is sent
//   send    bytes: Buffers, or functions of the connection that give them (compressed messages: squeezed())
//   expect  what comes back, in order: frames (text, binary, pong) and at the end the code of a close frame. A case
//           that does not end with a close gets one, with 1000, and its answer: so nothing else may have come
//   at      "echo" or "real": only there; without it a case that echoes nothing runs at both
//   twice   runs plain and whole, and over TLS in pieces, but not the other two ways
//   chop    the size of the pieces, where that is what is tested; else they are single bytes, of what is long some more
//   hangUp  the client ends the line without a close
//   answer  of the server to the offer; null: none
//
// `send` and `expect` may be functions that give the list: large ones are made when their turn comes.
import { constants, deflateRawSync } from "node:zlib";

export const OP = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export const bytes = (payload) => (Buffer.isBuffer(payload) ? payload : Buffer.from(payload));

function length(n, form) {
  if (form === 64 || (!form && n > 65535)) {
    const long = Buffer.alloc(9, 0);
    long[0] = 127;
    long.writeBigUInt64BE(BigInt(n), 1);
    return long;
  }
  if (form === 16 || (!form && n > 125)) return Buffer.from([126, n >> 8, n & 255]);
  return Buffer.from([n]);
}

function masked(payload, mask) {
  const out = Buffer.from(payload);
  for (let i = 0; i < out.length; i++) out[i] ^= mask[i & 3];
  return out;
}

/** One frame of a client. rsv: 4 is RSV1; form: 16 or 64 bits for the length, also if less would do; says: another
 * length than it has. */
export function frame(opcode, payload = "", { fin = true, rsv = 0, mask = MASK, form, says } = {}) {
  const body = bytes(payload);
  const size = length(says ?? body.length, form);
  if (mask) size[0] |= 0x80;
  const first = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]);
  return Buffer.concat(mask ? [first, size, mask, masked(body, mask)] : [first, size, body]);
}

export const text = (payload, more) => frame(OP.text, payload, more);
export const binary = (payload, more) => frame(OP.binary, payload, more);
export const more = (payload, options) => frame(OP.more, payload, options);
export const ping = (payload, options) => frame(OP.ping, payload, options);
export const pong = (payload, options) => frame(OP.pong, payload, options);

export const codeBytes = (code) => Buffer.from([code >> 8, code & 255]);
export const close = (code, reason = "") =>
  frame(OP.close, code === undefined ? "" : Buffer.concat([codeBytes(code), bytes(reason)]));

/** A message in fragments of `size` bytes. */
export function fragments(opcode, payload, size, between = Buffer.alloc(0)) {
  const body = bytes(payload);
  const parts = [];
  for (let at = 0; at === 0 || at < body.length; at += size) {
    const fin = at + size >= body.length;
    parts.push(frame(at === 0 ? opcode : OP.more, body.subarray(at, at + size), { fin }));
    if (!fin) parts.push(between);
  }
  return Buffer.concat(parts);
}

/** Compressed as a client does it; `before` is what its window still holds. */
export function squeeze(payload, { bits = 15, level = 6, before } = {}) {
  const packed = deflateRawSync(bytes(payload), {
    finishFlush: constants.Z_SYNC_FLUSH,
    windowBits: Math.max(bits, 9),
    level,
    ...(before?.length ? { dictionary: before } : {}),
  });
  return packed.subarray(0, packed.length - 4);
}

/** A compressed message, with the window kept where that was agreed on; `size` cuts it into fragments. */
export function squeezed(opcode, payload, { size = Infinity, level } = {}) {
  return (connection) => {
    const packed = squeeze(payload, { bits: connection.clientBits, level, before: connection.window });
    if (connection.takeover) {
      const reach = 2 ** connection.clientBits;
      connection.window = Buffer.concat([connection.window, bytes(payload)]).subarray(-reach);
    }
    const frames = fragments(opcode, packed, size);
    frames[0] |= 0x40;
    return frames;
  };
}

// What comes back.
export const hears = {
  text: (payload, more) => ({ opcode: OP.text, payload: bytes(payload), ...more }),
  binary: (payload, more) => ({ opcode: OP.binary, payload: bytes(payload), ...more }),
  pong: (payload) => ({ opcode: OP.pong, payload: bytes(payload) }),
};
