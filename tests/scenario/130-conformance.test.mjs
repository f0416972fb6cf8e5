// Guards: RFC 6455 and RFC 7692, case by case, against the example server and the real endpoint: whole and in pieces,
// plain and over TLS. The cases are data, in tests/conformance.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import tls from "node:tls";
import { makeCertificate } from "../support/certificate.mjs";
import { refusal, run } from "../support/conformance.mjs";
import { BIN, Server, tempFolder } from "../support/server.mjs";
import { atEnd } from "../support/tidy.mjs";

const places = { echo: [], real: [] };

/** The example program beside the binary; the port it prints. */
function startEcho(args) {
  const child = spawn(path.join(path.dirname(BIN), "echo"), ["0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(() => child.kill());
  return new Promise((resolve, reject) => {
    child.stdout.once("data", (line) => resolve({ port: Number(line), path: "/" }));
    child.once("exit", (code) => reject(new Error(`echo ended with ${code}`)));
  });
}

async function startReal(config) {
  const server = await Server.start({ config });
  atEnd(async () => assert.equal((await server.stop()).code, 0));
  return { port: server.port, path: "/connection/websocket" };
}

before(async () => {
  const file = path.join(tempFolder(), "both.pem");
  const { cert, key } = makeCertificate();
  writeFileSync(file, cert + key);
  const context = tls.createSecureContext({ ca: cert });
  const secure = { http_server: { tls: { cert_pem_file: file } } };
  places.echo = [await startEcho([]), { ...(await startEcho([file])), context }];
  places.real = [await startReal({}), { ...(await startReal(secure)), context }];
});

test("what opens no WebSocket gets a complete answer (RFC 6455 4.2)", async () => {
  const rows = [
    [426, { Upgrade: null }],
    [426, { Upgrade: "h2c" }],
    [400, { Connection: null }],
    [400, { Connection: "keep-alive" }],
    [426, { "Sec-WebSocket-Version": null }],
    [426, { "Sec-WebSocket-Version": "8" }],
    [426, { "Sec-WebSocket-Version": "013" }],
    [426, { "Sec-WebSocket-Version": ["13", "13"] }],
    [400, { "Sec-WebSocket-Key": null }],
    [400, { "Sec-WebSocket-Key": "AAAA" }],
    [400, { "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="] }],
    [400, { "Content-Length": "3" }],
    [400, { "Transfer-Encoding": "chunked" }],
  ];
  for (const at of [...places.echo, ...places.real]) {
    for (const [status, lines] of rows) {
      const [head, body] = (await refusal(at, lines)).split("\r\n\r\n");
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(lines));
      assert.match(head, new RegExp(`^Content-Length: ${body.length}\\r?$`, "m"), JSON.stringify(lines));
      assert.ok(body.length > 5, "in words");
      if (status === 426) assert.match(head, /^Sec-WebSocket-Version: 13\r$/m);
    }
  }
});

/* The real endpoint has words of its own for messages: it gets what ends without any. */
const echoes = (one) => {
  const expected = typeof one.expect === "function" ? one.expect() : one.expect;
  return expected.some((frame) => typeof frame !== "number" && frame.opcode < 8);
};

/* All ways there are for a case; some are content with two: plain and whole, over TLS and in pieces. */
function waysOf(one) {
  const names = one.at ? [one.at] : echoes(one) ? ["echo"] : ["echo", "real"];
  return names
    .flatMap((name) => places[name].flatMap((at) => [false, true].map((split) => ({ name, at, split }))))
    .filter(({ at, split }) => !one.twice || Boolean(at.context) === split);
}

for (const file of ["messages", "text", "closing", "large", "deflate"]) {
  const { cases } = await import(`../conformance/${file}.mjs`);
  for (const one of cases) {
    test(`${file}: ${one.name} (RFC ${one.rfc})`, async () => {
      const runs = waysOf(one).map(async ({ name, at, split }) => {
        const failed = await run(one, at, split).then(() => "", (error) => error.message);
        return failed && `${name}, ${at.context ? "TLS" : "plain"}, ${split ? "in pieces" : "whole"}: ${failed}`;
      });
      assert.equal((await Promise.all(runs)).filter(Boolean).join("\n"), "");
    });
  }
}
