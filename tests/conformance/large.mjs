// Large messages, small fragments, many messages. Made when their turn comes; where the way they are sent is what is
// tested, `chop` says in which pieces.
import { createHash } from "node:crypto";
import { OP, binary, fragments, hears, squeezed, text } from "./frames.mjs";

const KIB = 1024;
const MIB = 1024 * KIB;
/* 57 bytes, some of them in characters of several. */
const words = (n) => Buffer.alloc(57 * n, "a message that is long, with some ünïcödé in it 🐟 ");
const letters = (n) => Buffer.alloc(n, "a message that is long and plain ");
const all = createHash("shake256", { outputLength: MIB }).update("noise").digest();
const noise = (n) => Buffer.alloc(n, all.subarray(0, Math.max(1, Math.min(n, MIB))));

const RFC = "6455 5.2";
const whole = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB].flatMap((n) => [
  {
    rfc: RFC,
    name: `a text of ${n / KIB} KiB`,
    send: () => [text(letters(n))],
    expect: () => [hears.text(letters(n))],
  },
  {
    rfc: RFC,
    name: `${n / KIB} KiB of bytes`,
    send: () => [binary(noise(n))],
    expect: () => [hears.binary(noise(n))],
  },
]);

const cut = [64, 256, KIB, 4 * KIB, 64 * KIB, 256 * KIB, MIB].flatMap((size) => [
  {
    rfc: "6455 5.4",
    name: `a text of 1 MiB in fragments of ${size}`,
    send: () => [fragments(OP.text, letters(MIB), size)],
    expect: () => [hears.text(letters(MIB))],
  },
  {
    rfc: "6455 5.4",
    name: `1 MiB of bytes in fragments of ${size}`,
    send: () => [fragments(OP.binary, noise(MIB), size)],
    expect: () => [hears.binary(noise(MIB))],
  },
]);

const longest = [4 * KIB, 4 * MIB].map((size) => ({
  rfc: "6455 5.4",
  name: `4 MiB of bytes in fragments of ${size}`,
  send: () => [fragments(OP.binary, noise(4 * MIB), size)],
  expect: () => [hears.binary(noise(4 * MIB))],
}));

const chopped = [64, 128, 256, 512, 1024, 2048].flatMap((chop) => [
  {
    rfc: RFC,
    name: `a text of 256 KiB in pieces of ${chop}`,
    chop,
    send: () => [text(letters(256 * KIB))],
    expect: () => [hears.text(letters(256 * KIB))],
  },
  {
    rfc: RFC,
    name: `256 KiB of bytes in pieces of ${chop}`,
    chop,
    send: () => [binary(noise(256 * KIB))],
    expect: () => [hears.binary(noise(256 * KIB))],
  },
]);

const MANY = 1000;
const many = [0, 16, 64, 256, KIB, 4 * KIB].flatMap((n) => [
  {
    rfc: RFC,
    name: `${MANY} texts of ${n} bytes`,
    send: () => Array(MANY).fill(text(letters(n))),
    expect: () => Array(MANY).fill(hears.text(letters(n))),
  },
  {
    rfc: RFC,
    name: `${MANY} times ${n} bytes`,
    send: () => Array(MANY).fill(binary(noise(n))),
    expect: () => Array(MANY).fill(hears.binary(noise(n))),
  },
]);

const compressed = [MIB, 16 * MIB].map((n) => ({
  rfc: "7692 6",
  name: `a compressed text of ${n / KIB} KiB in fragments of 1,000`,
  offer: "permessage-deflate",
  send: () => [squeezed(OP.text, letters(n), { size: 1000, level: 1 })],
  expect: () => [hears.text(letters(n), { compressed: true })],
}));

const characters = {
  rfc: "6455 8.1",
  name: "a text whose fragments cut characters",
  send: () => [fragments(OP.text, words(5000), 37)],
  expect: () => [hears.text(words(5000))],
};

export const cases = [...whole, ...cut, ...longest, ...chopped, ...many, ...compressed, characters].map((one) => ({
  twice: true,
  ...one,
}));
