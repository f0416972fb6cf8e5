// A page of the database is damaged while the server is down: who needs it is told so, everybody else goes on, and
// `snug check` names it. db/README.md, "What happens when ...".
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { until } from "../support/chat.mjs";
import { people, room, startPlace } from "../support/place.mjs";
import { snug } from "../support/server.mjs";

const PAGE = 4096;
const COUNT = 200;
const text = (i) => `message number ${String(i).padStart(4, "0")} of a room that fills some pages`;

/** Junk over the page of the table `message` (not of `stream`, which has JSON) that holds this text. */
function damage(file, wanted) {
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    const page = bytes.subarray(Math.floor(at / PAGE) * PAGE, Math.floor(at / PAGE + 1) * PAGE);
    if (page.includes("message_created")) continue;
    page.fill(0x5a);
    writeFileSync(file, bytes);
    return;
  }
  assert.fail(`${wanted} is on no page`);
}

test("a damaged page is an error that says so, for those who need it alone, and snug check names it", async () => {
  const server = await startPlace();
  const [ada] = await people(server, ["ada"]);
  const id = await room(ada, "damaged");
  const other = await room(ada, "whole");
  const acks = [];
  for (let i = 0; i < COUNT; i++) acks.push(await ada.call("message.send", { room: id, text: text(i), key: `k${i}` }));
  const found = async (query) => (await ada.call("message.search", { query })).messages.length === 1;
  await until("all are in the index", () => found(`"number ${String(COUNT - 1).padStart(4, "0")}"`));
  assert.equal((await server.stop()).code, 0);
  damage(`${server.data}/snug.db`, text(COUNT / 2));
  await server.restart();

  const { error, status } = await ada.post("message.list", { room: id, around: acks[COUNT / 2].offset, limit: 10 });
  assert.deepEqual([status, error.code, error.message], [503, 100, "A page of the database is damaged; snug check names it."]);
  await until("the log to say so", () => /query_failed query=chat\/message_\w+ why="database disk image is malformed"/.test(server.log));
  const newest = (await ada.call("message.list", { room: id, limit: 10 })).messages;
  assert.deepEqual(newest.map((m) => m.text), Array.from({ length: 10 }, (_, i) => text(COUNT - 10 + i)));
  assert.ok((await ada.call("message.send", { room: id, text: "the room goes on", key: "on" })).offset > acks.at(-1).offset);
  assert.ok((await ada.call("message.send", { room: other, text: "and the others", key: "others" })).id);
  assert.equal((await ada.call("message.list", { room: other })).messages.length, 1);
  await until("ready", async () => (await fetch(`${server.url}/readyz`)).status === 200);

  const { code, out } = await snug(["check", "--data", server.data]);
  assert.equal(code, 1);
  assert.match(out, /The database is damaged: [^]*\bpage \d+/i);
});
