// /docs: written from the tables of the running server; each of its examples is run here, as it stands on the page, against
// a server with the configuration it shows.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import WebSocket from "ws";
import { startPlace } from "../support/place.mjs";
import { snug, tempFolder } from "../support/server.mjs";
import { within } from "../support/chat.mjs";

const plain = (html) =>
  html.replace(/<[^>]+>/g, "").replace(/&#(\d+);/g, (m, code) => String.fromCharCode(code)).replaceAll("&lt;", "<");
const lines = (text) => text.split("\n").map((line) => JSON.parse(line));

let server, html, examples;
before(async () => {
  const blank = await startPlace();
  html = (await blank.request("/docs")).body.toString();
  examples = [...html.matchAll(/<figure data-example="(\w+)" data-order="(\d+)">(.*?)<\/figure>/gs)]
    .map(([, door, order, inner]) => ({
      door,
      order: Number(order),
      about: plain(/<figcaption>(.*?)<\/figcaption>/s.exec(inner)[1]),
      request: plain(/<pre class="request">(.*?)<\/pre>/s.exec(inner)[1]),
      answer: plain(/<pre class="answer">(.*?)<\/pre>/s.exec(inner)?.[1] ?? ""),
    }))
    .sort((a, b) => a.order - b.order);
  server = await startPlace({ config: JSON.parse(examples.find((x) => x.door === "config").request) });
});

/** Everything that is shown is there; "…" is anything but nothing. */
function matches(shown, got, where) {
  if (shown === "…") return assert.ok(got !== undefined && got !== "", where);
  if (shown === null || typeof shown !== "object") return assert.deepEqual(got, shown, where);
  assert.equal(typeof got, "object", where);
  for (const [key, value] of Object.entries(shown)) matches(value, got?.[key], `${where}.${key}`);
}

function token(secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "ann", exp: Math.floor(Date.now() / 1000) + 60 })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** Sends the lines one after the other on one connection, and takes the reply of each. */
async function asClient({ request, answer, about }) {
  const socket = new WebSocket(server.ws_url);
  const replies = new Map();
  socket.on("message", (bytes) => {
    for (const reply of lines(String(bytes).trim())) replies.get(reply.id)?.(reply);
  });
  await within("open", new Promise((done) => socket.on("open", done)));
  const shown = lines(answer);
  for (const [i, command] of lines(request.replace("TOKEN", token("a secret of yours"))).entries()) {
    const reply = new Promise((done) => replies.set(command.id, done));
    socket.send(JSON.stringify(command));
    matches(shown[i], await within(about, reply), `${about}: ${i + 1}`);
  }
  socket.terminate();
}

async function overHttp(prefix, headers, { request, answer, about }) {
  const [method, body] = request.split(/\n(.*)/s);
  const response = await fetch(`${server.url}/${prefix}/${method}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body,
  });
  matches(JSON.parse(answer), await response.json(), about);
}

const doors = {
  client: asClient,
  api: (x) => overHttp("api", { "X-API-Key": server.api_key }, x),
  rpc: (x) => overHttp("rpc", {}, x),
  async config({ request, about }) {
    const file = path.join(tempFolder(), "config.json");
    writeFileSync(file, request);
    const { code, out, err } = await snug(["check", "--config", file]);
    assert.equal(code, 0, `${about}: ${out}${err}`);
  },
};

test("each example does what the page says", async () => {
  assert.ok(examples.length >= 8, `${examples.length} examples`);
  for (const example of examples) await doors[example.door](example);
});

test("the page has every list, and keeps to the policy of pages", async () => {
  const { status, headers, body } = await server.request("/docs");
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^text\/html/);
  assert.match(headers["content-security-policy"], /default-src 'none'/);
  assert.ok(!/<script|style=|onclick/.test(body), "nothing inline");
  for (const part of ["protocol", "transports", "api", "methods", "files", "commands", "configuration", "errors", "closes", "metrics"])
    assert.ok(html.includes(`<section id="${part}">`), part);
  for (const word of ["sub_refresh", "message.send", "history_remove", "client.ping_interval", "allow_tags_filter", "snug_connections"])
    assert.ok(html.includes(`<code>${word}</code>`), word);
  for (const code of [102, 112, 3008, 3014, 3509]) assert.ok(html.includes(`<code>${code}</code>`), String(code));
  const { out } = await snug(["help"]);
  const commands = [...out.matchAll(/^ {2}(snug .+)$/gm)].map(([, usage]) => usage);
  assert.ok(commands.length > 8);
  for (const usage of commands) assert.ok(plain(html).includes(usage), usage);
  assert.ok(!html.includes("user.add"), "what the command line alone may is not told here");
});
