// workloads: what is measured, and what issue 5 wants of it. One entry a row of the table.
//
//   args      what the generator does (`snug load`)
//   per       the unit of work, one of the numbers the generator counts at its receivers
//   measure   cpu: server CPU a unit, as a ratio to the floor of the same round
//             memory: bytes a connection · latency: p50 and p99 of the best round, as ratios to the floor's
//             throughput: units a second · rate: the same, as a ratio · time: p50 and p99 in ms · ready: ms from exec
//   contests  who runs it: {column, server, args, options} or {column, program}, one of bench_store; the first is what the
//             others are compared with
//   must, aim for Snug, in words, and `must_max` or `must_min`, the number to hold (in `must_column`, if it is not "snug")

const MILLION = 1_000_000;
const everybody = ["floor", "snug", "bun", "bun-protocol", "ws", "nchan"].map((server) => ({ column: server, server }));
const tls = { column: "snug, TLS", server: "snug", options: { tls: true } };
const plain = { column: "snug", server: "snug" };
const fan = ["--connections", "1000", "--rooms", "1", "--rate", "20"];
const fanmax = ["--connections", "1000", "--rooms", "1", "--in-flight", "16"];

export const workloads = {
  fan: {
    what: "1,000 in one room, 20 messages/s",
    args: ["fan", ...fan],
    measure: "cpu",
    per: "delivery",
    contests: everybody,
    must: "≤ 1.10",
    must_max: 1.1,
    aim: "≤ 1.00",
  },
  fanmax: {
    what: "the same room, 16 messages always in flight",
    args: ["fanmax", ...fanmax],
    measure: "cpu",
    per: "delivery",
    contests: everybody,
    must: "≤ 1.10",
    must_max: 1.1,
    aim: "≤ 1.00",
  },
  busy: {
    what: "500 in a room, 300 messages/s",
    args: ["busy", "--connections", "500", "--rooms", "1", "--rate", "300"],
    measure: "cpu",
    per: "delivery",
    contests: everybody,
    must: "≤ 0.80, p50 ≤ 8 ms",
    must_max: 0.8,
    p50_max_ms: 8,
    aim: "≤ 0.60",
  },
  rooms: {
    what: "200 rooms of 5, 64 messages in flight",
    args: ["rooms", "--connections", "1000", "--rooms", "200", "--in-flight", "64"],
    measure: "cpu",
    per: "delivery",
    contests: everybody,
    must: "≤ 1.20",
    must_max: 1.2,
    aim: "≤ 1.10",
  },
  echo: {
    what: "200 connections, a publish and its way back",
    args: ["echo", "--connections", "200"],
    measure: "cpu",
    per: "delivery",
    contests: everybody,
    must: "≤ 1.45",
    must_max: 1.45,
    aim: "≤ 1.15",
  },
  storm: {
    what: "TCP, upgrade, connect with token, subscribe, close; 64 at once",
    args: ["storm", "--in-flight", "64", "--source-addresses", "8"],
    measure: "cpu",
    per: "connection",
    contests: everybody,
    must: "≤ 1.45",
    must_max: 1.45,
    aim: "≤ 1.25",
  },
  roomslat: {
    what: "200 rooms of 5, 2,000 messages/s: p50 / p99, best round",
    args: ["roomslat", "--connections", "1000", "--rooms", "200", "--rate", "2000"],
    measure: "latency",
    per: "delivery",
    contests: everybody,
    must: "≤ 1.05 / 1.15",
    must_max: 1.05,
    must_max_p99: 1.15,
    aim: "≤ 1.0 / 1.05",
  },
  idle8k: {
    what: "memory of a connection with one subscription, 8,000 of them",
    args: ["idle", "--connections", "8000"],
    group: "idle",
    measure: "memory",
    per: "connection",
    contests: everybody,
    must: "≤ 1,000 B",
    must_max: 1000,
    aim: "≤ 400 B",
  },
  idle19k: {
    what: "the same, 19,000 of them",
    args: ["idle", "--connections", "19000"],
    group: "idle",
    measure: "memory",
    per: "connection",
    contests: everybody,
    must: "≤ 1,000 B",
    must_max: 1000,
    aim: "≤ 400 B",
  },
  "tls-fan": {
    what: "fan over TLS",
    args: ["fan", ...fan],
    group: "tls",
    measure: "cpu",
    per: "delivery",
    contests: [plain, tls],
    must: "≤ 1.6 × plain",
    must_max: 1.6,
    must_column: "snug, TLS",
    aim: "kTLS, ≤ 1.2 ×",
  },
  "tls-idle": {
    what: "idle over TLS, 8,000",
    args: ["idle", "--connections", "8000"],
    group: "tls",
    measure: "memory",
    per: "connection",
    contests: [plain, tls],
    must: "≤ 12 KB",
    must_max: 12 * 1024,
    must_column: "snug, TLS",
    aim: "",
  },
  deflate: {
    what: "fan of 1 KB JSON with permessage-deflate",
    args: ["fan", ...fan, "--size", "1024", "--deflate"],
    measure: "cpu",
    per: "delivery",
    contests: [
      { column: "bun-protocol", server: "bun-protocol", options: { deflate: true } },
      plain,
      { column: "bun", server: "bun", options: { deflate: true } },
    ],
    must: "≤ 0.5 × Bun",
    must_max: 0.5,
    aim: "one compression a broadcast",
  },
  cores: {
    what: "fanmax on 2 reactors against 1",
    args: ["fanmax", ...fanmax],
    measure: "throughput",
    per: "delivery",
    contests: [
      { column: "1 reactor", server: "snug", options: { reactors: 1 } },
      { column: "2 reactors", server: "snug", options: { reactors: 2 }, cores: "0,1" },
    ],
    cores_min: 3, // two for the server, one for the generator
    must: "≥ 1.7 × throughput",
    must_min: 1.7,
    must_column: "2 reactors",
    aim: "linear",
  },
  posts: {
    what: "messages of 200 bytes that last, 256 in flight and 16",
    group: "store",
    args: ["posts", "--connections", "4", "--size", "200"],
    measure: "rate",
    per: "message",
    contests: [
      { column: "a row a commit", program: ["bare", "1"] },
      { column: "256 rows a commit", program: ["bare", "256"] },
      { column: "snug, 256", server: "snug", args: ["--in-flight", "256"], options: { person: true } },
      { column: "snug, 16", server: "snug", args: ["--in-flight", "16"], options: { person: true } },
    ],
    must: "≥ 10 × with 256",
    must_min: 10,
    must_column: "snug, 256",
    aim: "0.7 of 256 rows a commit",
  },
  postslat: {
    what: "the same at half that rate: p50 / p99 of an acknowledgement, from one synced commit",
    group: "store",
    args: ["postslat", "--connections", "4", "--size", "200", "--in-flight", "1024"],
    measure: "latency",
    per: "message",
    contests: [
      { column: "a row a commit", program: ["bare", "1"] },
      { column: "snug", server: "snug", options: { person: true }, half_of: { workload: "posts", column: "snug, 256", or: 10_000 } },
    ],
    must: "p50 ≤ 3 ×, p99 ≤ 10 ms",
    must_max: 3,
    p99_max_ms: 10,
    aim: "",
  },
  pages: {
    what: "the newest page of 50 messages in a room, in the process",
    group: "store",
    measure: "cpu",
    per: "page",
    contests: [
      { column: "of 1,000", program: ["page"], rows: 1000 },
      { column: "of 1,000,000", program: ["page"], rows: MILLION },
    ],
    must: "≤ 1.3, 50 µs",
    must_max: 1.3,
    base_max_us: 50,
    must_column: "of 1,000,000",
    aim: "",
  },
  searches: {
    what: "a search in 1,000,000 messages: p50 / p99",
    group: "store",
    measure: "time",
    per: "search",
    contests: [
      ...["common", "rare", "common rare", "w89401", "common from:ana", "common before:2023-12-01", "comm*"].map((query) => [query]),
      ["common", ', "order": "rank"'],
      ["common", "", "ben"], // who is only in a small room
    ].map(([query, ...args]) => ({
      column: `"${query}"${args[1] ? " in a small room" : args[0] ? " by rank" : ""}`,
      program: ["search"],
      rows: MILLION,
      args: [query, ...args],
    })),
    must: "p99 ≤ 50 ms",
    must_all_max_ms: 50,
    aim: "",
  },
  recovery: {
    what: "1,000 clients at once who each missed 100 messages: CPU of one, and what is read from the disk for all",
    group: "store",
    measure: "cpu",
    per: "client",
    contests: [{ column: "of 1,000,000", program: ["recover"], rows: MILLION, number: "1000" }],
    must: "no disk read",
    must_be_zero: "disk_read_bytes",
    aim: "",
  },
  ready: {
    what: "from exec to the ready line, with a database of 2 GB (2,100,000 messages)",
    group: "store",
    measure: "ready",
    per: "start",
    contests: [
      { column: "empty", server: "snug" },
      { column: "2 GB", server: "snug", rows: 2_100_000 },
    ],
    must: "≤ 100 ms",
    must_max: 100,
    must_column: "2 GB",
    aim: "",
  },
};

/** The workloads a name on the command line stands for: one, or those of its group. */
export function chosen(name) {
  return Object.keys(workloads).filter((key) => key === name || workloads[key].group === name);
}
