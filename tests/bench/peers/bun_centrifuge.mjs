// Bun's native WebSockets with the least of this protocol: connect with a token, subscribe, publish, ping.
// `bun bun_centrifuge.mjs PORT`; the tokens' secret is in BENCH_TOKEN_SECRET.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { listen } from "./bun_listen.mjs";

const secret = process.env.BENCH_TOKEN_SECRET ?? "";
const offsets = new Map(); // channel -> publications so far

function user(token) {
  const [head, claims, signature] = token.split(".");
  const wanted = createHmac("sha256", secret).update(`${head}.${claims}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return undefined;
  const { sub, exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
  return exp !== undefined && exp * 1000 < Date.now() ? undefined : sub;
}

const commands = {
  connect(ws, { token }) {
    ws.data.user = user(token ?? "");
    if (ws.data.user === undefined) return ws.close(3500, "invalid token");
    ws.data.client = randomUUID();
    return { client: ws.data.client, version: "0.0.0", ping: 25, pong: true };
  },
  subscribe(ws, { channel }) {
    ws.subscribe(channel);
    return { recoverable: true, epoch: "bench", offset: offsets.get(channel) ?? 0, positioned: true };
  },
  publish(ws, { channel, data }) {
    const offset = (offsets.get(channel) ?? 0) + 1;
    offsets.set(channel, offset);
    const info = { user: ws.data.user, client: ws.data.client };
    server.publish(channel, JSON.stringify({ push: { channel, pub: { data, offset, info } } }), ws.data.compress);
    return {};
  },
  ping: () => ({}),
};

function serve(ws, line) {
  const command = JSON.parse(line);
  if (command.id === undefined) return; // {}: the answer to a ping
  for (const name in commands) {
    if (command[name] === undefined) continue;
    const result = commands[name](ws, command[name]);
    if (result !== undefined) ws.send(JSON.stringify({ id: command.id, [name]: result }));
    return;
  }
  ws.close(3501, "bad request");
}

const open = new Set();
const server = listen({
  open: (ws) => open.add(ws),
  close: (ws) => open.delete(ws),
  message(ws, text) {
    if (!text.includes("\n")) return serve(ws, text);
    for (const line of text.split("\n")) if (line) serve(ws, line);
  },
});
setInterval(() => {
  for (const ws of open) ws.send("{}");
}, 25_000);
