// push_service: a push service on the loopback and browsers at it. It checks that what comes is signed by the key the browser
// subscribed with, and reads it as that browser would, by node's own crypto: nothing of the server's is used for that.
import assert from "node:assert/strict";
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from "node:crypto";
import http from "node:http";
import { atEnd } from "./tidy.mjs";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const hkdf = (secret, salt, info, length) => Buffer.from(hkdfSync("sha256", secret, salt, info, length));

/** The claims of "vapid t=..., k=...", if its key signed them. */
function readAuthorization(header) {
  const [, token, key] = /^vapid t=([^,]+), k=(\S+)$/.exec(header);
  const [head, claims, signature] = token.split(".");
  assert.deepEqual(JSON.parse(Buffer.from(head, "base64url")), { typ: "JWT", alg: "ES256" });
  const point = Buffer.from(key, "base64url");
  const jwk = { kty: "EC", crv: "P-256", x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) };
  const good = verify("sha256", Buffer.from(`${head}.${claims}`), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"));
  assert.ok(good, "the token is signed by its key");
  return { key, ...JSON.parse(Buffer.from(claims, "base64url")) };
}

/** source: RFC 8291 3.4 */
function decrypt(body, { ecdh, auth }) {
  const salt = body.subarray(0, 16);
  const length = body[20];
  const theirs = body.subarray(21, 21 + length);
  const both = hkdf(ecdh.computeSecret(theirs), auth, Buffer.concat([Buffer.from("WebPush: info\0"), ecdh.getPublicKey(), theirs]), 32);
  const sealed = body.subarray(21 + length);
  const decipher = createDecipheriv("aes-128-gcm", hkdf(both, salt, "Content-Encoding: aes128gcm\0", 16), hkdf(both, salt, "Content-Encoding: nonce\0", 12));
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  assert.equal(plain.at(-1), 2, "the record says that it is the last");
  return plain.subarray(0, -1);
}

/**
 * A service: browser() makes one more subscription at it, and got(browser) is what came for that. `answer` is asked for what to
 * say: ({browser, count}) => status, [status, headers], or a promise of one.
 */
export async function startPushService() {
  const browsers = new Map();
  const service = { answer: () => 201, faults: [], requests: 0 };
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (bytes) => parts.push(bytes));
    request.on("end", async () => {
      service.requests += 1;
      const browser = browsers.get(request.url);
      try {
        assert.equal(request.method, "POST");
        const { key, aud, exp, sub } = readAuthorization(request.headers.authorization);
        assert.equal(aud, service.origin);
        assert.ok(exp > Date.now() / 1000 && exp <= Date.now() / 1000 + 86400);
        assert.equal(request.headers["content-encoding"], "aes128gcm");
        const { ttl, urgency, topic } = request.headers;
        const payload = JSON.parse(decrypt(Buffer.concat(parts), browser));
        browser.count += 1;
        const said = await service.answer({ browser, count: browser.count, payload });
        const [status, headers] = Array.isArray(said) ? said : [said, {}];
        browser.got.push({ status, payload, key, sub, ttl, urgency, topic, at: performance.now() });
        response.writeHead(status, headers).end("whatever it says");
      } catch (error) {
        service.faults.push(error);
        response.writeHead(400).end();
      }
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  service.origin = `http://127.0.0.1:${server.address().port}`;
  service.browser = (name = base64url(randomBytes(16))) => {
    const ecdh = createECDH("prime256v1");
    ecdh.generateKeys();
    const auth = randomBytes(16);
    const path = `/wpush/${name}`;
    const browser = {
      ecdh, auth, got: [], count: 0,
      subscription: { endpoint: service.origin + path, p256dh: base64url(ecdh.getPublicKey()), auth: base64url(auth) },
      payloads: () => browser.got.filter(({ status }) => status < 300).map(({ payload }) => payload),
    };
    browsers.set(path, browser);
    return browser;
  };
  service.close = () => {
    server.closeAllConnections?.();
    server.close();
  };
  atEnd(service.close);
  return service;
}
