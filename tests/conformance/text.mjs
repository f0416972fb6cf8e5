// Text is UTF-8, and is refused at the first byte that cannot become valid: RFC 6455, 8.1; RFC 3629.
import { OP, close, codeBytes, fragments, frame, hears, more, squeeze, squeezed, text } from "./frames.mjs";

const hex = (digits) => Buffer.from(digits.replaceAll(" ", ""), "hex");

const good = [
  ["ASCII", "plain words"],
  ["two bytes", "Grüße aus Köln"],
  ["three bytes", "日本語のテキスト"],
  ["four bytes", "😀🚀🧵"],
  ["all of them", "aß水🐟"],
  ["U+0000", hex("00")],
  ["U+007F", hex("7f")],
  ["U+0080, the first of two bytes", hex("c280")],
  ["U+07FF, the last", hex("dfbf")],
  ["U+0800, the first of three", hex("e0a080")],
  ["U+D7FF, before the surrogates", hex("ed9fbf")],
  ["U+E000, behind them", hex("ee8080")],
  ["U+FFFD", hex("efbfbd")],
  ["U+FFFE, which is no character", hex("efbfbe")],
  ["U+FFFF, nor this", hex("efbfbf")],
  ["U+FEFF at the start", hex("efbbbf 61")],
  ["U+10000, the first of four bytes", hex("f0908080")],
  ["U+1FFFE", hex("f09fbfbe")],
  ["U+10FFFF, the last of all", hex("f48fbfbf")],
  ["a letter and marks upon it", "e\u0301\u0302\u0303"],
].map(([name, payload]) => [name, Buffer.from(payload)]);

/* name, bytes, how many of them are enough */
const bad = [
  ["a continuation alone", "80", 1],
  ["the last continuation alone", "bf", 1],
  ["a continuation behind a letter", "61 80", 2],
  ["a continuation too many", "c3a9 a9", 3],
  ["C0", "c080", 1],
  ["C1", "c1bf", 1],
  ["the slash in two bytes", "c0af", 1],
  ["the slash in three", "e080af", 2],
  ["the slash in four", "f08080af", 2],
  ["U+07FF in three bytes", "e09fbf", 2],
  ["U+FFFF in four", "f08fbfbf", 2],
  ["U+0000 in two", "c080", 1],
  ["the first surrogate", "eda080", 2],
  ["the last of the first half", "edafbf", 2],
  ["the first of the second half", "edb080", 2],
  ["the last surrogate", "edbfbf", 2],
  ["a pair of surrogates", "eda0bd edb880", 2],
  ["U+110000", "f4908080", 2],
  ["U+13FFFF", "f4bfbfbf", 2],
  ["F5", "f5808080", 1],
  ["five bytes", "f888808080", 1],
  ["six bytes", "fc8480808080", 1],
  ["FE", "fe", 1],
  ["FF", "ff", 1],
  ["a letter where the second byte should be", "c3 61", 2],
  ["a letter where the third should be", "e282 61", 3],
  ["a letter where the fourth should be", "f09f98 61", 4],
  ["a new character inside another", "e282 c3a9", 3],
  ["Latin-1", "4772fcdf65", 3],
  ["good words and then a bad one", `${Buffer.from("Grüße 水 🐟").toString("hex")} ed a0`, 18],
].map(([name, digits, enough]) => [name, hex(digits), enough]);

const cut = ["c3", "e2", "e282", "f0", "f09f", "f09f98", "61e2"].map((digits) => [digits, hex(digits)]);

const RFC = "6455 8.1";
const agreed = "permessage-deflate";
const open = { fin: false };

const goodCases = good.flatMap(([name, payload]) => [
  { rfc: RFC, name: `${name} is text`, send: [text(payload)], expect: [hears.text(payload)] },
  {
    rfc: RFC,
    name: `${name}, a byte a fragment`,
    send: [fragments(OP.text, payload, 1)],
    expect: [hears.text(payload)],
  },
]);

const badCases = bad.flatMap(([name, payload, enough]) => [
  { rfc: RFC, name: `${name} is no text`, send: [text(payload)], expect: [1007] },
  {
    rfc: RFC,
    name: `${name}: the rest is not waited for`,
    send: [text(payload.subarray(0, enough), { says: payload.length + 100, ...open })],
    expect: [1007],
  },
  {
    rfc: RFC,
    name: `${name}, a byte a fragment`,
    send: [...payload.subarray(0, enough)].map((byte, i) => frame(i ? OP.more : OP.text, [byte], open)),
    expect: [1007],
  },
  {
    rfc: `${RFC}, 7692 6.1`,
    name: `${name}, compressed`,
    offer: agreed,
    twice: true,
    send: [squeezed(OP.text, payload)],
    expect: [1007],
  },
  {
    rfc: `${RFC}, 7692 6.1`,
    name: `${name}, compressed and not finished`,
    offer: agreed,
    twice: true,
    send: [text(squeeze(payload.subarray(0, enough), { level: 0 }), { rsv: 4, ...open })],
    expect: [1007],
  },
  {
    rfc: RFC,
    name: `${name} as the reason of a close`,
    send: [frame(OP.close, Buffer.concat([codeBytes(1000), payload]))],
    expect: [1007],
  },
]);

const cutCases = cut.flatMap(([digits, payload]) => [
  { rfc: RFC, name: `${digits} at the end is cut`, send: [text(payload)], expect: [1007] },
  {
    rfc: RFC,
    name: `${digits} at the end of the last fragment`,
    send: [text("ok", open), more(payload)],
    expect: [1007],
  },
  {
    rfc: `${RFC}, 7692 6.1`,
    name: `${digits}, compressed`,
    offer: agreed,
    twice: true,
    send: [squeezed(OP.text, payload)],
    expect: [1007],
  },
  { rfc: "6455 5.5.1", name: `${digits} as a reason`, send: [close(1000, payload)], expect: [1007] },
]);

const other = [
  {
    rfc: RFC,
    name: "bad bytes may be sent as bytes",
    send: [frame(OP.binary, hex("c080ff"))],
    expect: [hears.binary(hex("c080ff"))],
  },
  {
    rfc: "6455 5.5.2",
    name: "and in pings",
    send: [frame(OP.ping, hex("c080ff"))],
    expect: [hears.pong(hex("c080ff"))],
  },
  {
    rfc: RFC,
    name: "a character in two fragments with a ping in it",
    send: [text(hex("e282"), open), frame(OP.ping, "p"), more(hex("ac"))],
    expect: [hears.pong("p"), hears.text("€")],
  },
  {
    rfc: RFC,
    name: "a cut character is not finished by the next message",
    send: [frame(OP.binary, hex("e282")), text(hex("ac"))],
    expect: [hears.binary(hex("e282")), 1007],
  },
];

export const cases = [...goodCases, ...badCases, ...cutCases, ...other];
