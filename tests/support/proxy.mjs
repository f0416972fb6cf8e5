// proxy: a TCP proxy on 127.0.0.1 between clients and the server. It passes bytes on and cuts connections where its rule
// says so, in the middle of a frame or exactly behind one, as a bad network does: without a close frame.
import net from "node:net";
import { atEnd } from "./tidy.mjs";

/** Numbers in [0, 1) that are the same for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Never cuts. */
export const never = () => () => -1;

/** Cuts each connection after a number of bytes, both ways together, that is `mean` on average. */
export function atRandom(random, mean) {
  return () => {
    let left = Math.ceil(-Math.log(1 - random()) * mean) + 1;
    return (direction, bytes) => {
      left -= bytes.length;
      return left < 0 ? bytes.length + left : -1;
    };
  };
}

/** Cuts behind each frame from the server for which wants(text of the frame) is true. */
export function behindFrames(wants) {
  return () => {
    const reader = frameReader();
    return (direction, bytes) => {
      if (direction === "up") return -1;
      for (const frame of reader(bytes)) if (wants(frame.text)) return frame.end;
      return -1;
    };
  };
}

/** Reads the server's side of a WebSocket: yields {text, end}; end is where the frame ends in this piece. */
function frameReader() {
  let held = Buffer.alloc(0);
  let opened = false;
  return function* (bytes) {
    const before = held.length;
    let at = 0;
    held = Buffer.concat([held, bytes]);
    const rest = () => {
      held = held.subarray(at);
    };
    if (!opened) {
      const head = held.indexOf("\r\n\r\n");
      if (head < 0) return;
      opened = true;
      at = head + 4;
    }
    for (;;) {
      if (held.length - at < 2) return rest();
      let length = held[at + 1] & 0x7f;
      let head = 2;
      if (length === 126) head = 4;
      if (length === 127) head = 10;
      if (held.length - at < head) return rest();
      if (length === 126) length = held.readUInt16BE(at + 2);
      if (length === 127) length = Number(held.readBigUInt64BE(at + 2));
      if (held.length - at < head + length) return rest();
      const text = held.toString("utf8", at + head, at + head + length);
      at += head + length;
      yield { text, end: at - before };
    }
  };
}

/**
 * Opens a proxy in front of `port`. `rule()` makes a judge for each connection: judge(direction, bytes) answers how many
 * of these bytes still pass before the cut, or -1: all, no cut. rule may be changed while it runs.
 */
export async function openProxy(port, rule = never) {
  const pairs = new Set();
  const proxy = { rule, cuts: 0, port: 0, url: "" };
  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ port, host: "127.0.0.1", noDelay: true });
    const judge = proxy.rule();
    const pair = { cut: () => end(true) };
    let over = false;
    pairs.add(pair);
    function end(abrupt) {
      if (over) return;
      over = true;
      pairs.delete(pair);
      for (const side of [client, upstream]) abrupt ? side.resetAndDestroy() : side.destroy();
    }
    function join(from, to, direction) {
      from.on("data", (bytes) => {
        if (over) return;
        const pass = judge(direction, bytes);
        if (pass < 0) {
          if (!to.write(bytes)) from.pause();
          return;
        }
        proxy.cuts += 1;
        to.write(bytes.subarray(0, pass), () => end(proxy.cuts % 2 === 0));
      });
      to.on("drain", () => from.resume());
      from.on("error", () => end(false));
      from.on("close", () => {
        pairs.delete(pair);
        to.end(); // what is still on its way arrives
      });
    }
    join(client, upstream, "up");
    join(upstream, client, "down");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  proxy.port = server.address().port;
  proxy.url = `http://127.0.0.1:${proxy.port}`;
  proxy.open = () => pairs.size;
  /** Cuts all that are open now. */
  proxy.cutAll = () => {
    proxy.cuts += pairs.size;
    for (const pair of [...pairs]) pair.cut();
  };
  proxy.close = () => {
    server.close();
    for (const pair of [...pairs]) pair.cut();
  };
  atEnd(proxy.close);
  return proxy;
}
