// Guards: whoever comes and goes leaves nothing behind: after many log-ins the server has the descriptors it had before them,
// and the second half of them left no more memory than the first.
// SNUG_LOG_INS is how many, for the whole million (tests/bench/README.md).
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { nothingWrong, slow, until } from "../support/chat.mjs";
import { startPlace } from "../support/place.mjs";
import { snug } from "../support/server.mjs";

const SECRET = "a secret that only this test knows";
const LOG_INS = Number(process.env.SNUG_LOG_INS ?? 30_000);
const STEPS = LOG_INS >= 100_000 ? 10 : 2;
const MIB = 1 << 20;
const KEPT_MAX = (slow ? 8 : 2) * MIB; // a sanitizer's own memory grows; one connection takes more than 1.5 KB
const USERS = 1000;

const memory = (server) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) * 1024;
const opened = (server) => server.metric("snug_connections_opened_total");

/** Waits until look() has been the same for a while. */
async function steady(what, look, ms) {
  let last = await look();
  let since = performance.now();
  await until(what, async () => {
    const now = await look();
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since > ms;
  });
  return last;
}

/** What it has once all have come and gone, their managers too, and their rows are on disk. */
async function settled(server) {
  for (const name of ["snug_connections", "snug_managers", "snug_subscriptions", "snug_queue_writer"])
    await until(`${name} is 0`, async () => (await server.metric(name)) === 0);
  await steady("the history is written", () => server.metric("snug_writer_jobs_total"), 1000);
  // Whoever asks for metrics is a descriptor, and a look at itself is one for a moment.
  const fds = await steady("the descriptors are the same", () => readdirSync(`/proc/${server.pid}/fd`).length, 300);
  return { fds, rss: memory(server) };
}

test(`${LOG_INS} log-ins leave no descriptor and no memory behind`, { timeout: 3_600_000 }, async (t) => {
  const server = await startPlace({
    config: {
      client: { token: { hmac_secret_key: SECRET }, user_connection_limit: 0 },
      channel: { without_namespace: { allow_subscribe_for_client: true, history_size: 100, history_ttl: "60s", force_recovery: true } },
      limits: { connects: { burst: 0 } },
      manager: { idle: "1s" },
    },
    // A sanitizer keeps what was freed; here it must not.
    env: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64` },
  });
  const load = ["load", "storm", "--url", server.ws_url, "--connections", String(USERS), "--token-secret-env", "LOAD_SECRET"];
  const more = ["--source-addresses", "8", "--seconds", String(Math.ceil(LOG_INS / STEPS / 15_000)), "--json"];
  const before = await settled(server);
  const seen = [];
  for (let i = 1; i <= STEPS; i++) {
    while ((await opened(server)) < (LOG_INS / STEPS) * i) {
      const { code, out, err } = await snug([...load, ...more], { env: { LOAD_SECRET: SECRET } });
      assert.equal(code, 0, err + out);
    }
    seen.push(await settled(server));
    const { rss, fds } = seen.at(-1);
    t.diagnostic(`${await opened(server)} log-ins: ${fds} descriptors (${before.fds} before), ${rss} bytes resident (${before.rss} before)`);
  }
  for (const { fds } of seen) assert.equal(fds, before.fds, "descriptors are back");
  const most = (half) => Math.max(...half.map((one) => one.rss));
  const kept = most(seen.slice(STEPS / 2)) - most(seen.slice(0, STEPS / 2));
  assert.ok(kept <= KEPT_MAX, `the second half left ${kept} bytes`);
  assert.equal(await server.metric("snug_history_dropped_total"), 0);
  await nothingWrong(server.url);
});
