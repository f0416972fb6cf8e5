// The closing handshake: RFC 6455, 5.5.1 and 7.
import { OP, close, codeBytes, frame, hears, more, ping, text } from "./frames.mjs";

const GOOD = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const BAD = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];

const codes = [
  ...GOOD.map((code) => ({ rfc: "6455 7.4", name: `code ${code} comes back`, send: [close(code)], expect: [code] })),
  ...GOOD.slice(0, 3).map((code) => ({
    rfc: "6455 7.4",
    name: `code ${code} with a reason comes back`,
    send: [close(code, "good bye")],
    expect: [code],
  })),
  ...BAD.flatMap((code) => [
    { rfc: "6455 7.4", name: `code ${code} is none to send`, send: [close(code)], expect: [1002] },
    { rfc: "6455 7.4", name: `code ${code} with a reason`, send: [close(code, "why")], expect: [1002] },
  ]),
];

const forms = [
  { name: "a close without a code", send: [close()], expect: [1000] },
  { name: "a close with one byte", send: [frame(OP.close, "x")], expect: [1002] },
  { name: "a reason of 123 bytes", send: [close(1000, Buffer.alloc(123, "x"))], expect: [1000] },
  { name: "a reason of 124 bytes", send: [close(1000, Buffer.alloc(124, "x"))], expect: [1002] },
  { name: "a reason with characters of every length", send: [close(1000, "aß水🐟")], expect: [1000] },
  { name: "a close without a mask", send: [frame(OP.close, codeBytes(1000), { mask: null })], expect: [1002] },
].map((one) => ({ rfc: "6455 5.5.1", ...one }));

const order = [
  { name: "what was sent before it is answered", send: [text("x"), close(1000)], expect: [hears.text("x"), 1000] },
  { name: "a second close is not answered", send: [close(1000), close(1001)], expect: [1000] },
  { name: "a ping behind it is not answered", send: [close(1000), ping("late")], expect: [1000] },
  { name: "a text behind it is not answered", send: [close(1000), text("late")], expect: [1000] },
  { name: "a bad frame behind it changes nothing", send: [close(4000), frame(3, "bad")], expect: [4000] },
  {
    name: "in the middle of a message, whose rest is not waited for",
    send: [text("x", { fin: false }), close(1001), more("y")],
    expect: [1001],
  },
  {
    name: "behind 256 KiB",
    send: [text(Buffer.alloc(262144, "x")), close(1000), ping("late")],
    expect: [hears.text(Buffer.alloc(262144, "x")), 1000],
  },
  { name: "what comes behind a violation changes nothing", send: [frame(3), close(1000), ping()], expect: [1002] },
].map((one) => ({ rfc: "6455 7.1", ...one }));

const cut = [
  { name: "a line that ends without a close", send: [text("x")], expect: [hears.text("x")], hangUp: true },
  { name: "a line that ends inside a frame", send: [text("xy").subarray(0, 7)], expect: [], hangUp: true },
  { name: "a line that ends inside a message", send: [text("x", { fin: false })], expect: [], hangUp: true },
  { name: "a line that ends at once", send: [], expect: [], hangUp: true },
].map((one) => ({ rfc: "6455 7.1.7", ...one }));

export const cases = [...codes, ...forms, ...order, ...cut];
