// Tokens of applications: every algorithm by keys in the configuration and keys from a URL, rotation, a URL that does not
// answer, what is refused, and what stops the start. The keys are made here; node signs as an application would.
import assert from "node:assert/strict";
import { constants, createHmac, generateKeyPairSync, sign } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { makeCertificate } from "../support/certificate.mjs";
import { client, connected, disconnected, until, within } from "../support/chat.mjs";
import { people, person, startPlace } from "../support/place.mjs";
import { snug, tempFolder } from "../support/server.mjs";
import { Wire } from "../support/wire.mjs";

const now = () => Math.floor(Date.now() / 1000);
const KEYS = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  rsa2: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  p256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  p384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
  p521: generateKeyPairSync("ec", { namedCurve: "P-521" }),
  ed: generateKeyPairSync("ed25519"),
};
const KEY_OF = { RS: () => "rsa", ES: (alg) => ({ 256: "p256", 384: "p384", 512: "p521" })[alg.slice(2)], Ed: () => "ed" };
const PUBLIC = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"];
const pem = (name) => KEYS[name].publicKey.export({ type: "spki", format: "pem" });
const jwk = (name, more = {}) => ({ ...KEYS[name].publicKey.export({ format: "jwk" }), kid: name, use: "sig", ...more });
const keyOf = (alg) => KEY_OF[alg.slice(0, 2)](alg);

function signature(alg, text, key) {
  if (alg.startsWith("HS")) return createHmac(`sha${alg.slice(2)}`, key).update(text).digest();
  const { privateKey } = KEYS[key ?? keyOf(alg)];
  if (alg === "EdDSA") return sign(null, Buffer.from(text), privateKey);
  return sign(`sha${alg.slice(2)}`, Buffer.from(text), {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
    padding: constants.RSA_PKCS1_PADDING,
  });
}

/** header.claims.signature; key: a name of KEYS, or the secret. */
function jwt(alg, claims, { kid, key, by = alg } = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg, typ: "JWT", ...(kid && { kid }) })}.${part(claims)}`;
  return `${text}.${signature(by, text, key).toString("base64url")}`;
}

/** An identity provider: serves `keys` until it is told to be silent, and counts who asks. */
class Provider {
  keys = [];
  asked = 0;
  silent = false;
  static async start(tls) {
    const p = new Provider();
    const answer = (request, response) => {
      p.asked++;
      if (p.silent) return;
      response.setHeader("content-type", "application/jwk-set+json");
      response.end(JSON.stringify({ keys: p.keys }));
    };
    p.server = tls ? https.createServer(tls, answer) : http.createServer(answer);
    p.server.listen(0, "127.0.0.1");
    await once(p.server, "listening");
    p.url = `http${tls ? "s" : ""}://127.0.0.1:${p.server.address().port}/keys`;
    after(() => {
      p.server.close();
      p.server.closeAllConnections();
    });
    return p;
  }
}

const place = (token, more = {}) =>
  startPlace({ config: { client: { token, ...more } }, env: { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" } });
/** Over HTTP nobody waits for keys from a URL: who comes while they are fetched comes again. */
const patient = async (server, token, method) => {
  let answer;
  await until("the keys were fetched", async () => (answer = await bearer(server, token, method)).status !== 429);
  return answer;
};
const bearer = (server, token, method = "user.me") => server.post(method, {}, "", { Authorization: `Bearer ${token}` });

/** The reply code of user.me with that token: 0 if it is good. */
const code = async (server, token) => (await patient(server, token)).error?.code ?? 0;

test("keys in the configuration: every algorithm of theirs, on the WebSocket and over HTTP", async () => {
  const server = await place({ hmac_secret_key: "shared", rsa_public_key: pem("rsa"), ecdsa_public_key: pem("p256"), people: true });
  const [ada] = await people(server, ["ada"]);
  for (const alg of ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256"]) {
    const token = jwt(alg, { sub: ada.id, exp: now() + 60 }, { key: alg.startsWith("HS") ? "shared" : undefined });
    assert.equal((await bearer(server, token)).result.user.name, "ada", alg);
    const c = await connected(server.url, { token });
    assert.equal((await c.rpc("user.me", {})).data.user.name, "ada", alg);
    c.disconnect();
  }
  assert.equal(await code(server, ada.token), 0, "our own tokens stay good");
});

test("people of this place are vouched for by the secret alone, unless the other keys are trusted with it", async () => {
  const keys = { hmac_secret_key: "shared", rsa_public_key: pem("rsa") };
  const server = await place(keys);
  const [ada] = await people(server, ["ada"], { admin: true });
  const claims = { sub: ada.id, exp: now() + 60 };
  assert.equal(await code(server, jwt("HS256", claims, { key: "shared" })), 0);
  assert.equal(await code(server, jwt("RS256", claims)), 101);
  const wire = await Wire.open(server.url);
  wire.write({ id: 1, connect: { token: jwt("RS256", claims) } });
  assert.equal((await wire.closed()).code, 3500);
  await (await Wire.connect(server.url, { token: jwt("RS256", { ...claims, sub: `user-${ada.id}` }) })).close();
});

test("a key of one kind is never believed as another", async () => {
  const server = await place({ people: true, rsa_public_key: pem("rsa"), ecdsa_public_key: pem("p256") });
  const [ada] = await people(server, ["ada"]);
  const claims = { sub: ada.id, exp: now() + 60 };
  const bad = {
    "a public key as a secret": jwt("HS256", claims, { key: pem("rsa") }),
    "the same without its last line end": jwt("HS256", claims, { key: pem("rsa").trim() }),
    "signed as HS and called RS": jwt("RS256", claims, { by: "HS256", key: pem("rsa") }),
    "signed as RS and called ES": jwt("ES256", claims, { by: "RS256" }),
    "another RSA key": jwt("RS256", claims, { key: "rsa2" }),
    "another curve": jwt("ES384", claims),
    "a key nobody gave": jwt("EdDSA", claims),
    "PSS": jwt("PS256", claims, { by: "RS256" }),
    "none": jwt("none", claims, { by: "HS256", key: "x" }).replace(/[^.]*$/, ""),
    "over": jwt("RS256", { ...claims, exp: now() - 1 }),
    "not yet": jwt("RS256", { ...claims, nbf: now() + 60 }),
    "a subscription's": jwt("RS256", { ...claims, channel: "news" }),
  };
  for (const [what, token] of Object.entries(bad)) {
    const answer = await bearer(server, token);
    assert.deepEqual([answer.status, answer.error.code], [401, what === "over" ? 109 : 101], what);
  }
  const wire = await Wire.open(server.url);
  wire.write({ id: 1, connect: { token: bad["a public key as a secret"] } });
  assert.equal((await wire.closed()).code, 3500);
  assert.equal(await code(server, jwt("RS256", claims)), 0);
});

test("an outside user may do what nobody may do, and nothing of a person's", async () => {
  const server = await place({ rsa_public_key: pem("rsa") });
  const token = jwt("RS256", { sub: "ann@application", exp: now() + 60, info: { name: "Ann" } });
  assert.equal((await bearer(server, token, "place.get")).status, 200);
  for (const method of ["user.me", "room.list", "message.search", "metrics.query", "connection.list"]) {
    const answer = await bearer(server, token, method);
    assert.deepEqual([answer.status, answer.error.code], [401, 101], method);
  }
  const nobody = jwt("RS256", { sub: "4711", exp: now() + 60 });
  assert.equal(await code(server, nobody), 101, "a number is a person, and there is none");
});

test("keys from a URL: every kind by its kid, and an unknown kid asks again", async () => {
  const provider = await Provider.start();
  provider.keys = [
    jwk("rsa"),
    jwk("p256"),
    jwk("p384", { alg: "ES384" }),
    jwk("p521"),
    jwk("ed"),
    jwk("rsa2", { kid: "for encryption", use: "enc" }),
    { kty: "oct", kid: "secret", k: Buffer.from("shared").toString("base64url") },
  ];
  const server = await place({ people: true, jwks_public_endpoint: provider.url, audience: "snug", issuer: "https://id.example" });
  const [ada] = await people(server, ["ada"]);
  const claims = { sub: ada.id, exp: now() + 600, aud: ["other", "snug"], iss: "https://id.example" };
  for (const alg of PUBLIC) {
    const token = jwt(alg, claims, { kid: keyOf(alg) });
    assert.equal(await code(server, token), 0, alg);
    await (await Wire.connect(server.url, { token })).close();
  }
  assert.equal(provider.asked, 1, "once for all of them");
  const bad = {
    "a kid of another key": jwt("RS256", claims, { kid: "p256" }),
    "no kid": jwt("RS256", claims),
    "for encryption": jwt("RS256", claims, { kid: "for encryption", key: "rsa2" }),
    "a secret that all can read": jwt("HS256", claims, { kid: "secret", key: "shared" }),
    "another audience": jwt("RS256", { ...claims, aud: "other" }, { kid: "rsa" }),
    "another issuer": jwt("RS256", { ...claims, iss: "https://id.example/" }, { kid: "rsa" }),
  };
  for (const [what, token] of Object.entries(bad)) assert.equal(await code(server, token), 101, what);

  // Our own tokens carry the audience and the issuer that are wanted.
  assert.equal(await code(server, (await person(server, "ada")).token), 0);

  const rotated = jwt("RS256", claims, { kid: "rotated", key: "rsa2" });
  provider.keys = [jwk("rsa2", { kid: "rotated" })];
  await until("the new key is fetched", async () => (await code(server, rotated)) === 0);
  assert.equal(provider.asked, 2, "and not once for each try");
  assert.equal(await code(server, jwt("RS256", claims, { kid: "rsa" })), 101, "the old one is gone");

  provider.silent = true;
  assert.equal(await code(server, rotated), 0, "what was fetched stays good");
});

test("tokens wait for the first keys, over HTTP they come again; later they are refused as not available", async () => {
  const provider = await Provider.start();
  provider.silent = true;
  provider.keys = [jwk("ed")];
  const server = await place({ people: true, jwks_public_endpoint: provider.url });
  const [ada] = await people(server, ["ada"]);
  const token = jwt("EdDSA", { sub: ada.id }, { kid: "ed" });
  const began = performance.now();
  const waiting = await Wire.open(server.url);
  const answer = waiting.ask("connect", { token });
  for (let i = 0; i < 40; i++) { // more than there are workers
    const { status, error } = await bearer(server, token);
    if (status === 503) break; // the fetch has failed meanwhile
    assert.deepEqual([status, error.code], [429, 111]);
  }
  assert.equal(await code(server, ada.token), 0, "others are served meanwhile");
  const wire = await Wire.connect(server.url, { token: ada.token });
  assert.ok((await wire.ask("ping")).ping);
  await wire.close();
  assert.equal((await answer).error.code, 108);
  await waiting.close();
  assert.deepEqual([(await patient(server, token)).status, await code(server, token)], [503, 108]);
  assert.ok(performance.now() - began < 9000, `${performance.now() - began} ms`);
  provider.silent = false;
  await until("the keys are there", async () => (await code(server, token)) === 0);
});

test("a server ends in time while its keys do not come", async () => {
  const provider = await Provider.start();
  provider.silent = true;
  const server = await place({ jwks_public_endpoint: provider.url });
  const waiting = bearer(server, jwt("EdDSA", { sub: "ann" }, { kid: "ed" })).catch(() => null);
  await until("it asks", () => provider.asked > 0);
  const { code: exit, ms } = await server.stop();
  server.gone = true;
  assert.equal(exit, 0);
  assert.ok(ms < 5000, `${ms} ms`);
  await waiting;
});

test("keys come over TLS from who proves to be it, and from nobody else", async () => {
  const { cert, key } = makeCertificate();
  const provider = await Provider.start({ cert, key });
  provider.keys = [jwk("p256")];
  const trusted = path.join(tempFolder(), "trusted.pem");
  writeFileSync(trusted, cert);
  const token = jwt("ES256", { sub: "ann" }, { kid: "p256" });
  const config = { client: { token: { jwks_public_endpoint: provider.url } } };
  const env = { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
  const careful = await startPlace({ config, env });
  assert.equal((await patient(careful, token, "place.get")).error.code, 108);
  assert.equal(provider.asked, 0, "not a word to a stranger");
  await until("the log to say so", () => /keys_not_fetched .*client\.token\.jwks_public_endpoint/.test(careful.log));
  const trusting = await startPlace({ config, env: { ...env, SSL_CERT_FILE: trusted } });
  assert.equal((await patient(trusting, token, "place.get")).status, 200);
});

test("a key that cannot be read stops the start and names its option", async () => {
  const private_key = KEYS.rsa.privateKey.export({ type: "pkcs8", format: "pem" });
  const bad = [
    [{ token: { rsa_public_key: pem("p256") } }, "client.token.rsa_public_key"],
    [{ token: { rsa_public_key: private_key } }, "client.token.rsa_public_key"],
    [{ token: { ecdsa_public_key: "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n" } }, "client.token.ecdsa_public_key"],
    [{ token: { jwks_public_endpoint: "ftp://127.0.0.1/keys" } }, "client.token.jwks_public_endpoint"],
    [{ subscription_token: { enabled: true } }, "client.subscription_token.enabled"],
    [{ subscription_token: { enabled: true, rsa_public_key: "x" } }, "client.subscription_token.rsa_public_key"],
  ];
  for (const [options, name] of bad) {
    const file = path.join(tempFolder(), "config.json");
    writeFileSync(file, JSON.stringify({ client: options }));
    const { code: exit, err } = await within("it ends", snug(["serve", "--ephemeral", "--config", file]));
    assert.notEqual(exit, 0, name);
    assert.ok(err.includes(name), err);
    assert.ok(!err.includes("PRIVATE"), "and shows no key");
  }
});

test("the reference client stays away with a token that is no good", async () => {
  const server = await place({ rsa_public_key: pem("rsa") });
  const c = client(server.url, { token: jwt("RS256", { sub: "1" }, { key: "rsa2" }) });
  const left = disconnected(c);
  c.connect();
  assert.equal((await left).code, 3500);
});
