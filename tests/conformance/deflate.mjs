// permessage-deflate: RFC 7692. What is offered and answered, messages under every agreement, and what ends the
// connection.
import { OP, binary, close, fragments, frame, hears, more, ping, squeeze, squeezed, text } from "./frames.mjs";

const hex = (digits) => Buffer.from(digits.replaceAll(" ", ""), "hex");
const D = "permessage-deflate";
const SERVER = "server_no_context_takeover";
const CLIENT = "client_no_context_takeover";

/* offer, the answer of a server that lets clients keep their window (echo), and of one that does not (real). */
const offers = [
  [D, [D, SERVER], [D, SERVER, CLIENT]],
  [`${D}; ${SERVER}`, [D, SERVER], [D, SERVER, CLIENT]],
  [`${D}; ${CLIENT}`, [D, SERVER, CLIENT], [D, SERVER, CLIENT]],
  [`${D}; ${SERVER}; ${CLIENT}`, [D, SERVER, CLIENT], [D, SERVER, CLIENT]],
  [`${D}; client_max_window_bits`, [D, SERVER], [D, SERVER, CLIENT]],
  ...[8, 9, 10, 11, 12, 13, 14, 15].flatMap((bits) => {
    const server = `server_max_window_bits=${bits}`;
    const client = `client_max_window_bits=${bits}`;
    return [
      [`${D}; ${server}`, [D, SERVER, server], [D, SERVER, CLIENT, server]],
      [`${D}; ${client}`, [D, SERVER, client], [D, SERVER, CLIENT, client]],
      [`${D}; ${client}; ${server}`, [D, SERVER, server, client], [D, SERVER, CLIENT, server, client]],
    ];
  }),
  [`${D}; server_max_window_bits="10"; ${CLIENT}`, [D, SERVER, CLIENT, "server_max_window_bits=10"]],
  [`x-other, ${D}; ${CLIENT}`, [D, SERVER, CLIENT]],
  [`${D}; unknown, ${D}; ${CLIENT}`, [D, SERVER, CLIENT]],
  [
    `${D}; server_max_window_bits=7, ${D}; server_max_window_bits=9, ${D}`,
    [D, SERVER, "server_max_window_bits=9"],
    [D, SERVER, CLIENT, "server_max_window_bits=9"],
  ],
  [[`${D}; unknown`, `x, ${D}; ${CLIENT}`], [D, SERVER, CLIENT]],
  ["x-other", null],
  ["x-webkit-deflate-frame", null],
  [`${D}; unknown`, null],
  [`${D}; ${SERVER}=1`, null],
  [`${D}; ${CLIENT}=0`, null],
  [`${D}; ${SERVER}; ${SERVER}`, null],
  [`${D}; client_max_window_bits; client_max_window_bits`, null],
  [`${D}; server_max_window_bits`, null],
  ...["7", "16", "08", "010", "0", "", "nine", "-9", "9.0", '"9'].flatMap((bits) => [
    [`${D}; server_max_window_bits=${bits}`, null],
    [`${D}; client_max_window_bits=${bits}`, null],
  ]),
].flatMap(([offer, echo, real = echo]) =>
  Object.entries({ echo, real }).map(([at, answer]) => ({
    rfc: "7692 7.1",
    name: `${at} answers the offer ${[offer].flat().join(" and ")}`,
    offer,
    answer: answer && answer.join("; "),
    at,
    twice: true,
    send: [],
    expect: [],
  })),
);

/* Every agreement, every size: words that are like each other, so that windows matter. */
const AGREEMENTS = [
  D,
  `${D}; client_max_window_bits`,
  `${D}; ${CLIENT}`,
  `${D}; server_max_window_bits=8; client_max_window_bits=8`,
  `${D}; server_max_window_bits=9; client_max_window_bits=9`,
  `${D}; server_max_window_bits=12; client_max_window_bits=12; ${CLIENT}`,
  `${D}; server_max_window_bits=15; client_max_window_bits=15`,
  `${D}; ${SERVER}; server_max_window_bits=9`,
  `${D}; ${SERVER}; ${CLIENT}; client_max_window_bits=10`,
  `${D}; server_max_window_bits=8, ${D}`,
];
const SIZES = [0, 1, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072];
const whole = Buffer.alloc(131072);
for (let i = 0, seed = 7; i < whole.length; i += 40) {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  whole.write(`{"room":${seed % 1000},"text":"good ${seed % 7 ? "morning" : "night"}"},`.padEnd(40), i, "latin1");
}
const story = (n) => whole.subarray(0, n);

const messages = AGREEMENTS.flatMap((offer) => [
  ...SIZES.map((n) => ({
    rfc: "7692 7.2",
    name: `four texts of ${n} bytes under ${offer}`,
    offer,
    twice: true,
    send: () => Array.from({ length: 4 }, () => squeezed(OP.text, story(n))),
    expect: () => Array(4).fill(hears.text(story(n), n >= 256 ? { compressed: true } : {})),
  })),
  {
    rfc: "7692 7.2",
    name: `compressed, plain, in fragments, with pings between, under ${offer}`,
    offer,
    send: () => [
      squeezed(OP.text, story(3000)),
      text(story(2000)),
      squeezed(OP.binary, story(4000), { size: 100 }),
      ping("p"),
      fragments(OP.text, story(500), 7),
      squeezed(OP.text, story(3000), { size: 1 }),
      squeezed(OP.text, ""),
      squeezed(OP.text, "Hello"),
    ],
    expect: () => [
      hears.text(story(3000), { compressed: true }),
      hears.text(story(2000), { compressed: true }),
      hears.binary(story(4000), { compressed: true }),
      hears.pong("p"),
      hears.text(story(500)),
      hears.text(story(3000)),
      hears.text(""),
      hears.text("Hello"),
    ],
  },
]);

const compressed = (payload, options = {}) => frame(OP.text, payload, { rsv: 4, ...options });
const HELLO = hex("f248cdc9c90700");
const forms = [
  ["the RFC's Hello", [compressed(HELLO)]],
  ["the same in two fragments", [compressed(HELLO.subarray(0, 3), { fin: false }), more(HELLO.subarray(3))]],
  ["a stored block", [compressed(hex("000500faff 48656c6c6f 00"))]],
  ["a final block", [compressed(hex("f348cdc9c9070000"))]],
  ["two blocks", [compressed(hex("f2480500 0000ffff cac9c90700"))]],
  ["a fragment without bytes first", [compressed("", { fin: false }), more(HELLO)]],
  ["and one last", [compressed(HELLO, { fin: false }), more("")]],
  ["a block of nothing before it", [compressed(hex("00 0000ffff f248cdc9c90700"))]],
].flatMap(([name, send]) => [
  { rfc: "7692 7.2.3", name, offer: D, send, expect: [hears.text("Hello")] },
  {
    rfc: "7692 7.2.3",
    name: `${name}, twice`,
    offer: D,
    send: [...send, ...send],
    expect: Array(2).fill(hears.text("Hello")),
  },
]);

const window = [
  {
    rfc: "7692 7.2.3.2",
    name: "the second Hello reaches back into the first",
    offer: D,
    at: "echo",
    send: [compressed(HELLO), compressed(hex("f200110000"))],
    expect: [hears.text("Hello"), hears.text("Hello")],
  },
  {
    rfc: "7692 7.1.1.2",
    name: "it may not where no window is kept",
    offer: `${D}; ${CLIENT}`,
    send: [compressed(HELLO), compressed(hex("f200110000"))],
    expect: [hears.text("Hello"), 1007],
  },
  {
    rfc: "7692 7.2.2",
    name: "a first message reaches back",
    offer: D,
    send: [compressed(hex("f200110000"))],
    expect: [1007],
  },
  {
    rfc: "7692 7.2.3.3",
    name: "plain messages are not in the window",
    offer: D,
    at: "echo",
    send: [compressed(HELLO), text("Other"), compressed(hex("f200110000"))],
    expect: [hears.text("Hello"), hears.text("Other"), hears.text("Hello")],
  },
];

const bad = [
  ["a block of a type that is none", hex("07")],
  ["lengths that do not match", hex("000500fafe")],
  ["Hello, cut", HELLO.subarray(0, 5)],
  ["plain text", Buffer.from("Hello")],
  ["a stored block that is cut", hex("000a00f5ff4865")],
].map(([name, payload]) => ({
  rfc: "7692 7.2.2",
  name,
  offer: D,
  send: [compressed(payload), ping()],
  expect: [1007],
}));

const bits = [
  ["RSV1 on a continuation", [compressed(HELLO, { fin: false }), more("", { rsv: 4 })]],
  ["RSV1 on a continuation of a plain text", [text("a", { fin: false }), more(HELLO, { rsv: 4 })]],
  ["RSV1 on a ping", [ping("", { rsv: 4 })]],
  ["RSV1 on a pong", [frame(OP.pong, "", { rsv: 4 })]],
  ["RSV1 on a close", [frame(OP.close, "", { rsv: 4 })]],
  ["RSV2", [text("", { rsv: 2 })]],
  ["RSV3", [text("", { rsv: 1 })]],
  ["RSV1 and RSV2", [compressed(HELLO, { rsv: 6 })]],
  ["RSV1 and RSV3", [compressed(HELLO, { rsv: 5 })]],
].map(([name, send]) => ({ rfc: "7692 6", name, offer: D, send, expect: [1002] }));
const refused = {
  rfc: "7692 6",
  name: "RSV1 after an offer that was not accepted",
  offer: `${D}; unknown`,
  send: [compressed(HELLO)],
  expect: [1002],
};

/* 64 KiB at the real endpoint, 32 MiB at echo. */
const limits = [
  {
    name: "65,536 letters, compressed, are no command",
    send: [squeezed(OP.text, Buffer.alloc(65536, "x"))],
    expect: [3501],
  },
  { name: "65,537 are too many", send: [squeezed(OP.text, Buffer.alloc(65537, " "))], expect: [1009] },
  { name: "so are 16 MiB", send: [squeezed(OP.text, Buffer.alloc(16 << 20, " "))], expect: [1009] },
  {
    name: "before the message ends",
    send: [compressed(squeeze(Buffer.alloc(100000, " ")), { fin: false }), ping()],
    expect: [1009],
  },
  { name: "the announced length counts too", send: [compressed("", { says: 66625 })], expect: [1009] },
  {
    name: "a compressed command is understood",
    send: [squeezed(OP.text, '{"id":1,"connect":{}}')],
    expect: [hears.text('{"id":1,"error":{"code":101,"message":"You are not logged in."}}')],
  },
].map((one) => ({ rfc: "7692 8", offer: D, at: "real", ...one }));
const bomb = {
  rfc: "7692 8",
  name: "33 MiB of zeros",
  offer: D,
  at: "echo",
  send: () => [squeezed(OP.binary, Buffer.alloc(33 << 20), { level: 1 })],
  expect: [1009],
};

const end = {
  rfc: "7692 6",
  name: "a close inside a compressed message",
  offer: D,
  send: [compressed(HELLO.subarray(0, 3), { fin: false }), close(1001)],
  expect: [1001],
};
const odd = {
  rfc: "7692 6",
  name: "bytes that cannot be compressed, compressed",
  offer: D,
  send: [squeezed(OP.binary, hex("00ff7f80"), { level: 0 }), binary(hex("00ff7f80"))],
  expect: [hears.binary(hex("00ff7f80"), { compressed: false }), hears.binary(hex("00ff7f80"), { compressed: false })],
};

export const cases = [...offers, ...messages, ...forms, ...window, ...bad, ...bits, refused, ...limits, bomb, end, odd];
