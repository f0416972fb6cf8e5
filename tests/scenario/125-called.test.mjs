// What somebody is called, over real sockets: everybody is told at once, all that is listed has it, also after a restart, and an
// erasure finds them under every name that they had.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, listAll, nothingWrong, until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { snug } from "../support/server.mjs";
import { sql } from "../support/sqlite.mjs";

test("somebody calls themselves something else", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"], { admin: true });
  const [zora, bob] = await people(server, ["zora", "bob"]);
  const id = await room(ada, "lab", [zora, bob]);
  await zora.call("message.send", { room: id, text: "granite under the old name", key: "z1" });
  const told = { ada: [], bob: [] };
  const [a, b] = await Promise.all([ada, bob].map((who) => connected(server.url, { token: who.token })));
  for (const [c, who] of [[a, ada], [b, bob]]) c.on("message", ({ data }) => data.type === "user_changed" && told[who.name].push(data.user));

  // Nook reads the room now, and what it found has the name of now
  await ada.call("run.start", { room: id, agent: "nook", text: "find granite" });
  const found = () => sql(server, "SELECT count(*) FROM stream WHERE data LIKE '%tool_completed%' AND data LIKE '%\"author\":\"zora\"%';");
  await until("nook to find it", async () => (await found()) !== "0");

  const { user } = await zora.call("user.update", { display: "Zora Quill" });
  assert.deepEqual([user.id, user.name, user.display], [zora.id, "zora", "Zora Quill"]);
  await until("both to be told", () => told.ada.length === 1 && told.bob.length === 1);
  assert.deepEqual(told.bob[0], { id: zora.id, name: "zora", display: "Zora Quill", role: "member" });
  await zora.call("user.update", { display: "Zora Quill" });

  const says = async () => {
    const [first] = (await listAll(bob.call, id)).filter((m) => m.author.id === zora.id);
    const { members } = await bob.call("room.members", { room: id });
    const hits = (await bob.call("message.search", { query: "granite from:zora" })).messages;
    return [first.author.display, members.find((m) => m.user.id === zora.id).user.display, hits[0].author.display];
  };
  assert.deepEqual(await says(), ["Zora Quill", "Zora Quill", "Zora Quill"]);
  assert.equal((await bob.post("user.update", { display: "Not Zora", user: "zora" })).error.code, 103);
  assert.equal((await ada.call("user.update", { display: "Dr. Quill", user: "zora" })).user.display, "Dr. Quill");
  await until("bob to be told again", () => told.bob.length === 2);
  assert.equal((await server.stop()).code, 0);
  await server.restart();
  await Promise.all([a.ready(), b.ready()]);
  assert.deepEqual(await says(), ["Dr. Quill", "Dr. Quill", "Dr. Quill"]);
  await nothingWrong(server.url);
  a.disconnect();
  b.disconnect();

  await ada.call("user.erase", { user: "zora", messages: "delete" });
  await until("the erasure to end", async () => (await ada.call("user.erase", { user: zora.id, messages: "delete" })).ended > 0);
  assert.equal(await found(), "0");
  for (const name of ["zora", "Quill", "granite under"])
    assert.equal(await sql(server, `SELECT count(*) FROM stream WHERE data LIKE '%${name}%';`), "0", name);
  assert.equal(await sql(server, "SELECT count(*) FROM former_display;"), "0");
  assert.equal((await server.stop()).code, 0);
  assert.match((await snug(["check", "--data", server.data])).out, /is whole/);
});
