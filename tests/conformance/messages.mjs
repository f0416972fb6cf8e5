// Messages, control frames, reserved bits and opcodes, fragments: RFC 6455, 5.
import { OP, binary, bytes, fragments, frame, hears, more, ping, pong, text } from "./frames.mjs";

const SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536];
const letters = (n) => Buffer.alloc(n, "the quick brown fox ");

const sizes = SIZES.flatMap((n) => [
  { rfc: "6455 5.2", name: `a text of ${n} bytes`, send: [text(letters(n))], expect: [hears.text(letters(n))] },
  {
    rfc: "6455 5.2",
    name: `${n} bytes that are no text`,
    send: [binary(Buffer.alloc(n, 0xfe))],
    expect: [hears.binary(Buffer.alloc(n, 0xfe))],
  },
]);

const lengths = [
  [text(letters(125), { form: 16 }), "125 bytes in 16 bits"],
  [text("", { form: 16 }), "no bytes in 16 bits"],
  [text(letters(125), { form: 64 }), "125 bytes in 64 bits"],
  [text(letters(65535), { form: 64 }), "65,535 bytes in 64 bits"],
  [Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1]), "the highest of 64 bits"],
].map(([send, name]) => ({ rfc: "6455 5.2", name: `${name}: not the shortest form`, send: [send], expect: [1002] }));

const masks = [
  { rfc: "6455 5.1", name: "a text without a mask", send: [text("hello", { mask: null })], expect: [1002] },
  { rfc: "6455 5.1", name: "a ping without a mask", send: [ping("hello", { mask: null })], expect: [1002] },
  { rfc: "6455 5.1", name: "the second byte is enough", send: [Buffer.from([0x81, 0x05])], expect: [1002] },
  {
    rfc: "6455 5.3",
    name: "a mask of zeros is a mask",
    send: [text("hello", { mask: Buffer.alloc(4) })],
    expect: [hears.text("hello")],
  },
];

const every = Buffer.from(Array.from({ length: 125 }, (_, i) => 255 - i));
const pings = [
  { name: "an empty ping", send: [ping()], expect: [hears.pong("")] },
  { name: "a ping with words", send: [ping("are you there?")], expect: [hears.pong("are you there?")] },
  { name: "a ping with bytes that are no text", send: [ping(every)], expect: [hears.pong(every)] },
  { name: "a ping of 126 bytes", send: [ping(Buffer.alloc(126))], expect: [1002] },
  { name: "a ping of 126 bytes, announced", send: [Buffer.from([0x89, 0xfe])], expect: [1002] },
  { name: "a ping of 70,000 bytes, announced", send: [Buffer.from([0x89, 0xff])], expect: [1002] },
  { name: "a pong nobody asked for", send: [pong()], expect: [] },
  { name: "a pong with words nobody asked for", send: [pong("here")], expect: [] },
  { name: "a pong, then a ping", send: [pong("x"), ping("y")], expect: [hears.pong("y")] },
  {
    name: "ten pings are answered in their order",
    send: Array.from({ length: 10 }, (_, i) => ping(`ping ${i}`)),
    expect: Array.from({ length: 10 }, (_, i) => hears.pong(`ping ${i}`)),
  },
  { name: "a ping in two fragments", send: [ping("a", { fin: false }), more("b")], expect: [1002] },
  { name: "the first byte of a fragmented ping is enough", send: [Buffer.from([0x09])], expect: [1002] },
  { name: "a pong in two fragments", send: [pong("a", { fin: false }), more("b")], expect: [1002] },
  { name: "a close in two fragments", send: [frame(OP.close, "", { fin: false })], expect: [1002] },
].map((one) => ({ rfc: "6455 5.5", ...one }));

const opcodes = [
  ["text", OP.text],
  ["bytes", OP.binary],
  ["ping", OP.ping],
  ["pong", OP.pong],
  ["close", OP.close],
];
const reserved = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
  ...opcodes.map(([name, opcode]) => ({
    rfc: "6455 5.2",
    name: `${name} with the reserved bits ${rsv.toString(2).padStart(3, "0")}`,
    send: [frame(opcode, "", { rsv })],
    expect: [1002],
  })),
  {
    rfc: "6455 5.2",
    name: `reserved bits ${rsv} behind a good message, which is still answered`,
    send: [text("good"), text("bad", { rsv }), ping("late")],
    expect: [hears.text("good"), 1002],
  },
]);

const unknown = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  { rfc: "6455 5.2", name: `opcode ${opcode}`, send: [frame(opcode)], expect: [1002] },
  { rfc: "6455 5.2", name: `opcode ${opcode} with bytes`, send: [frame(opcode, "bytes")], expect: [1002] },
  {
    rfc: "6455 5.2",
    name: `opcode ${opcode} behind a good message`,
    send: [text("good"), frame(opcode, "bad"), ping()],
    expect: [hears.text("good"), 1002],
  },
]);

const open = { fin: false };
const between = [
  { name: "two fragments", send: [text("one ", open), more("two")], expect: [hears.text("one two")] },
  {
    name: "a ping between two fragments comes back first",
    send: [text("one ", open), ping("now"), more("two")],
    expect: [hears.pong("now"), hears.text("one two")],
  },
  {
    name: "pings between five fragments",
    send: [text("a", open), more("b", open), ping("1"), more("c", open), more("d", open), ping("2"), more("e")],
    expect: [hears.pong("1"), hears.pong("2"), hears.text("abcde")],
  },
  { name: "a pong between two fragments", send: [text("a", open), pong(), more("b")], expect: [hears.text("ab")] },
  { name: "empty fragments", send: [text("", open), more("", open), more("")], expect: [hears.text("")] },
  {
    name: "only the middle has bytes",
    send: [binary("", open), more("x", open), more("")],
    expect: [hears.binary("x")],
  },
  { name: "a message byte by byte", send: [fragments(OP.text, "fragments", 1)], expect: [hears.text("fragments")] },
  { name: "a continuation of nothing", send: [more("x")], expect: [1002] },
  { name: "an open continuation of nothing", send: [more("x", open), text("y")], expect: [1002] },
  { name: "a continuation of a whole message", send: [text("x"), more("y")], expect: [hears.text("x"), 1002] },
  {
    name: "the same three times",
    send: [text("x"), more("y", open), text("z"), more("y", open)],
    expect: [hears.text("x"), 1002],
  },
  { name: "a text inside a text", send: [text("x", open), text("y")], expect: [1002] },
  { name: "bytes inside a text", send: [text("x", open), more("y", open), binary("z")], expect: [1002] },
  { name: "a close inside a message ends it", send: [text("x", open), frame(OP.close)], expect: [1000] },
].map((one) => ({ rfc: "6455 5.4", ...one }));

const cut = [
  {
    rfc: "6455 5.4",
    name: "65,536 bytes in fragments of 1,300",
    send: [fragments(OP.text, letters(65536), 1300)],
    expect: [hears.text(letters(65536))],
  },
  {
    rfc: "6455 5.4",
    name: "200 fragments with a ping behind each",
    send: [fragments(OP.binary, letters(200), 1, ping("p"))],
    expect: [...Array.from({ length: 199 }, () => hears.pong("p")), hears.binary(letters(200))],
  },
];

/* Only at the real endpoint: what it thinks of messages. */
const real = [
  { name: "its messages are text", send: [binary("{}")], expect: [1003] },
  { name: "and commands", send: [text("hello")], expect: [3501] },
  { name: "65,536 bytes are not too many", send: [text(letters(65536))], expect: [3501] },
  { name: "65,537 are", send: [text(Buffer.alloc(65537, " "))], expect: [1009] },
  { name: "it is enough that they are announced", send: [text("", { says: 65537 })], expect: [1009] },
  {
    name: "and that fragments announce them",
    send: [text(Buffer.alloc(65000, " "), open), more("", { says: 537 })],
    expect: [1009],
  },
  {
    name: "whatever is said of 2^63 bytes",
    send: [Buffer.concat([Buffer.from([0x82, 0xff, 0x7f]), Buffer.alloc(7, 0xff)])],
    expect: [1009],
  },
].map((one) => ({ rfc: "6455 7.4.1", at: "real", ...one }));

const bound = [
  {
    rfc: "6455 7.4.1",
    name: "33,554,433 bytes are announced",
    at: "echo",
    send: [binary("", { says: 33554433 })],
    expect: [1009],
  },
  { rfc: "6455 5.2", name: "nothing but a zero byte", send: [text(bytes([0]))], expect: [hears.text(bytes([0]))] },
];

export const cases = [
  ...sizes,
  ...lengths,
  ...masks,
  ...pings,
  ...reserved,
  ...unknown,
  ...between,
  ...cut,
  ...real,
  ...bound,
];
