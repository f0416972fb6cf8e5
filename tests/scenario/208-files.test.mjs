// Files: they come in pieces and go on after a cut, are sent with a message, and are read by those who may read it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { connected, follow, listAll, refused, rpc, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";

const MIB = 1 << 20;
const bearer = (who) => ({ Authorization: `Bearer ${who.token}` });

const begin = (who, name, bytes, key = name) => who.call("file.begin", { name, size: bytes.length, key });

async function put(server, who, id, offset, bytes) {
  const answer = await fetch(`${server.url}/files/${id}?offset=${offset}`, { method: "PUT", headers: bearer(who), body: bytes });
  return { status: answer.status, ...(await answer.json()) };
}

const get = (server, who, file, headers = {}, method = "GET") =>
  fetch(`${server.url}/files/${file.id}/${encodeURIComponent(file.name ?? "any")}`, { method, headers: { ...bearer(who), ...headers } });

const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());

/** All of it, from where it stands. */
async function upload(server, who, name, bytes, { key = name, piece = MIB } = {}) {
  let { id, offset, file } = await begin(who, name, bytes, key);
  while (!file) {
    const answer = await put(server, who, id, offset, bytes.subarray(offset, offset + piece));
    assert.equal(answer.status, 200, JSON.stringify(answer));
    ({ offset, file } = answer);
  }
  return file;
}

test("a file comes in pieces, is sent, and is the same for all", async () => {
  const server = await startPlace();
  const [ada, bob, eve] = await people(server, ["ada", "bob", "eve"]);
  const id = await room(ada, "papers", [bob]);
  const [a, b] = await Promise.all([ada, bob].map((who) => connected(server.url, { token: who.token })));
  const log = await follow(b, id);
  const bytes = randomBytes(2.5 * MIB);
  const file = await upload(server, ada, "noise.bin", bytes);
  assert.deepEqual(file, { id: file.id, name: "noise.bin", type: "application/octet-stream", size: bytes.length });
  const sent = await rpc(a, "message.send", { room: id, key: "k1", files: [file.id] });
  await until("the message", () => log.types().includes("message_created"));
  assert.deepEqual(log.events.at(-1).data.message.files, [file]);
  assert.deepEqual((await listAll(bob.call, id)).at(-1).files, [file]);

  const whole = await get(server, bob, file);
  assert.equal(whole.status, 200);
  assert.ok((await bytesOf(whole)).equals(bytes));
  assert.equal((await get(server, eve, file)).status, 404);
});
