// A client in another language (support/peer.py, Debian's python3-websockets) chats with the reference client, over
// messages that both sides compress: the wire is the protocol's, not one library's.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connected, follow, nothingWrong, rpc, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { atEnd } from "../support/tidy.mjs";

const PEER = fileURLToPath(new URL("../support/peer.py", import.meta.url));
const PYTHON = "/usr/bin/python3"; // Debian's, which has Debian's packages

let server, ada, bob;
before(async () => {
  server = await startPlace();
  [ada, bob] = await people(server, ["ada", "bob"]);
});

/** {send(command), heard: everything that came, end()} */
function peer(url) {
  const child = spawn(PYTHON, [PEER], { stdio: ["pipe", "pipe", "inherit"] });
  atEnd(() => child.kill());
  const heard = [];
  let rest = "";
  child.stdout.on("data", (bytes) => {
    const lines = (rest + bytes).split("\n");
    rest = lines.pop();
    heard.push(...lines.map((line) => JSON.parse(line)));
  });
  const send = (command) => child.stdin.write(`${JSON.stringify(command)}\n`);
  send({ url: `${url.replace(/^http/, "ws")}/connection/websocket` });
  return { send, heard, end: () => child.stdin.end() };
}

const said = (p, id) => until(`answer ${id}`, () => p.heard.find((m) => m.id === id));

test("it connects, follows a room, sends and hears, compressed", async () => {
  const id = await room(ada, "two languages", [bob]);
  const c = await connected(server.url, ada);
  const log = await follow(c, id);
  const p = peer(server.url);
  p.send({ id: 1, connect: { token: bob.token, name: "python" } });
  assert.equal((await said(p, 1)).connect.data.user.id, bob.id);
  assert.deepEqual(p.heard[0].extensions, ["PerMessageDeflate"]);
  p.send({ id: 2, subscribe: { channel: `room:${id}` } });
  const position = (await said(p, 2)).subscribe;
  assert.ok(position.recoverable && position.epoch);

  const long = "Worte, die sich wiederholen, ".repeat(200);
  await rpc(c, "message.send", { room: id, text: long, key: "1" });
  p.send({ id: 3, rpc: { method: "message.send", data: { room: id, text: "Grüße aus Python 🐍", key: "2" } } });
  assert.ok((await said(p, 3)).rpc.data.id);
  const published = () => p.heard.filter((m) => m.push?.pub && m.push.channel === `room:${id}`).map((m) => m.push.pub.data.message?.text);
  await until("both", () => published().length === 2 && log.messages().length === 2);
  assert.deepEqual(published().sort(), [long.trim(), "Grüße aus Python 🐍"].sort());
  assert.deepEqual(log.messages().map((m) => m.text).sort(), published().sort());

  p.send({ id: 4, rpc: { method: "message.send", data: { room: id } } });
  assert.equal((await said(p, 4)).error.code, 107);
  p.send({ id: 5, unsubscribe: { channel: `room:${id}` } });
  assert.deepEqual((await said(p, 5)).unsubscribe, {});
  p.end();
  await until("closed", () => p.heard.some((m) => m.closed === 1000));
});

test("what is no command closes its line alone, with 3501", async () => {
  const c = await connected(server.url, ada);
  const p = peer(server.url);
  p.send({ id: 1, connect: { token: bob.token } });
  await said(p, 1);
  p.send(["no", "command"]);
  await until("closed", () => p.heard.some((m) => m.closed === 3501));
  assert.equal((await rpc(c, "user.me")).user.id, ada.id);
  await nothingWrong(server.url);
});
