// files: pictures and other bytes to send, made here, and the way of one to the server without a browser.
import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type, data) {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, "latin1");
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** A PNG of that size; paint(x, y), both from 0 to 1, says each pixel's [red, green, blue]. */
export function png(width, height, paint = (x, y) => [60 + 160 * x, 120 + 80 * y, 140]) {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0, at = 0; y < height; y++) {
    rows[at++] = 0;
    for (let x = 0; x < width; x++) for (const part of paint(x / width, y / height)) rows[at++] = Math.max(0, Math.min(255, part));
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** Bytes that are nothing, the same for the same words. */
export function noise(length, words = "noise") {
  const all = Buffer.alloc(length);
  let block = createHash("sha512").update(words).digest();
  for (let at = 0; at < length; at += block.length) {
    block.copy(all, at);
    block = createHash("sha512").update(block).digest();
  }
  return all;
}

/** A second of sound, as WAV. */
export function sound(rate = 8000) {
  const bytes = Buffer.alloc(44 + rate);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + rate, 4);
  bytes.write("WAVEfmt ", 8);
  for (const [value, at, wide] of [[16, 16, 4], [1, 20, 2], [1, 22, 2], [rate, 24, 4], [rate, 28, 4], [1, 32, 2], [8, 34, 2]]) bytes.writeUIntLE(value, at, wide);
  bytes.write("data", 36);
  bytes.writeUInt32LE(rate, 40);
  for (let i = 0; i < rate; i++) bytes[44 + i] = 128 + 60 * Math.sin((i * 440 * 2 * Math.PI) / rate);
  return bytes;
}

const PIECE = 1 << 20;
let brought = 0;

/** Brings a file to the server; who: somebody with `call` and a cookie. Its object. */
export async function bring(server, who, name, bytes) {
  const key = `file-${++brought}`;
  let { id, offset, file } = await who.call("file.begin", { name, size: bytes.length, key });
  while (!file) {
    const answer = await fetch(`${server.url}/files/${id}?offset=${offset}`, {
      method: "PUT",
      headers: { Cookie: who.cookie },
      body: bytes.subarray(offset, offset + PIECE),
    });
    if (answer.status !== 200) throw new Error(`PUT ${name}: ${answer.status} ${await answer.text()}`);
    ({ offset, file } = await answer.json());
  }
  return file;
}
