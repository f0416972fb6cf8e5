// server: starts the real binary for a test, and speaks to it.
//
// SNUG_BIN is the binary. Data folders are temporary and removed with the server; only processes that were
// started here are ended. What the server writes to stderr is kept in `server.log`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export const BIN = process.env.SNUG_BIN;
const READY_MS = 20_000;
const running = new Set();
const folders = new Set();

// Whatever a test forgot: nothing stays behind, also when it throws.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed at the end of the test process. */
export function tempFolder(name = "snug-test-") {
  const folder = mkdtempSync(path.join(process.env.TMPDIR || os.tmpdir(), name));
  folders.add(folder);
  return folder;
}

/** The environment without what somebody who runs the tests may have set for his own server. */
export function cleanEnvironment(more = {}) {
  const kept = new Set(["SNUG_BIN", "SNUG_MODE", "SNUG_TEST_OUT"]);
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith("SNUG_") || kept.has(key)),
  );
  return { ...env, ...more };
}

/** Runs `snug ARGS` to its end. */
export async function snug(args, { input = "", env = {}, cwd } = {}) {
  const child = spawn(BIN, args, { env: cleanEnvironment(env), cwd, stdio: ["pipe", "pipe", "pipe"] });
  running.add(child);
  let out = "";
  let err = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8"); // a character may come in two pieces
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input);
  const [code, signal] = await once(child, "close");
  running.delete(child);
  return { code, signal, out, err };
}

export class Server {
  log = "";
  out = "";

  /**
   * options.data: a folder that stays (else throw-away data); options.config: an object for --config;
   * options.args: more arguments; options.env: more environment; options.descriptors: how many it may have open.
   */
  static async start(options = {}) {
    const server = new Server();
    await server.#spawn(options);
    return server;
  }

  async #spawn(options) {
    this.options = options;
    this.out = ""; // a restart has its own ready line
    this.data = options.data;
    const args = ["serve"];
    if (options.data) args.push("--data", options.data, "--ready-json", "--listen", `127.0.0.1:${options.port ?? 0}`);
    else args.push("--ephemeral");
    if (options.config) {
      const file = path.join(tempFolder("snug-config-"), "config.json");
      writeFileSync(file, JSON.stringify(options.config));
      args.push("--config", file);
    }
    args.push(...(options.args ?? []));
    const program = options.descriptors ? ["prlimit", `--nofile=${options.descriptors}`, BIN] : [BIN];
    const child = spawn(program[0], [...program.slice(1), ...args], {
      env: cleanEnvironment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    running.add(child);
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
    child.stderr.on("data", (bytes) => (this.log += bytes));
    const line = await this.#readyLine(child);
    this.ready = JSON.parse(line);
    this.url = this.ready.url;
    this.api_key = this.ready.api_key;
    this.setup_url = this.ready.setup_url;
    this.pid = this.ready.pid;
    this.host = new URL(this.url).host;
    this.port = Number(new URL(this.url).port);
    this.ws_url = `${this.url.replace(/^http/, "ws")}/connection/websocket`;
  }

  #readyLine(child) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`not ready in ${READY_MS} ms\n${this.log}`));
      }, READY_MS);
      child.stdout.on("data", (bytes) => {
        this.out += bytes;
        const end = this.out.indexOf("\n");
        if (end < 0) return;
        clearTimeout(late);
        resolve(this.out.slice(0, end));
      });
      child.on("error", reject);
      child.on("close", (code, signal) => {
        clearTimeout(late);
        reject(new Error(`the server ended before it was ready (${code ?? signal})\n${this.log}`));
      });
    });
  }

  /** Ends it with SIGTERM; the exit code and how long it took. */
  async stop() {
    const began = Date.now();
    if (this.child.exitCode === null) this.child.kill("SIGTERM");
    const { code, signal } = await this.ended;
    return { code, signal, ms: Date.now() - began };
  }

  /** Ends it as a power failure would. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** The same data on the same port; only for servers with a folder. */
  async restart(options = {}) {
    await this.#spawn({ ...this.options, port: this.port, ...options });
    return this;
  }

  /** POST /rpc/<method>: {status, result, error, headers, cookie}; cookie is the session that was set. */
  async post(method, params = {}, cookie = "", headers = {}) {
    const response = await fetch(`${this.url}/rpc/${method}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(cookie ? { cookie } : {}),
        ...headers,
      },
      body: JSON.stringify(params),
    });
    const body = await response.json();
    const set = response.headers.get("set-cookie") ?? "";
    return { status: response.status, ...body, headers: response.headers, cookie: set.split(";")[0] };
  }

  /** The result of a call that must succeed. */
  async call(method, params = {}, cookie = "") {
    const { result, error, status } = await this.post(method, params, cookie);
    if (!result) throw new Error(`${method}: ${status} ${JSON.stringify(error)}`);
    return result;
  }

  /** The admin of a new server: {cookie, token, user, invite_url}. */
  async setup({ display = "Ada", name, password = "correct horse battery", place = "Here" } = {}) {
    const secret = this.setup_url.split("#")[1];
    const answer = await this.post("place.setup", { secret, place, display, password, ...(name ? { name } : {}) });
    if (!answer.result) throw new Error(`place.setup: ${JSON.stringify(answer.error)}`);
    this.invite_code = answer.result.invite_url.split("#")[1];
    return { cookie: answer.cookie, ...answer.result };
  }

  /** One more person, by the invite of setup(): {cookie, token, user}. */
  async join(display, { name, password = "correct horse battery" } = {}) {
    const answer = await this.post("place.join", {
      code: this.invite_code,
      display,
      password,
      ...(name ? { name } : {}),
    });
    if (!answer.result) throw new Error(`place.join: ${JSON.stringify(answer.error)}`);
    return { cookie: answer.cookie, ...answer.result };
  }

  /** A request that fetch would not make: {status, headers, body (Buffer)}. */
  request(target, { method = "GET", headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: "127.0.0.1", port: this.port, path: target, method, headers, agent: false },
        (response) => {
          const parts = [];
          response.on("data", (bytes) => parts.push(bytes));
          response.on("end", () =>
            resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
          );
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Sends bytes on a new connection; what comes until the server ends it, or `until` is in it. */
  raw(bytes, { until, deadline_ms = 15_000 } = {}) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.port, "127.0.0.1");
      let text = "";
      const late = setTimeout(() => {
        socket.destroy();
        reject(new Error(`no end after ${deadline_ms} ms: ${text}`));
      }, deadline_ms);
      const done = () => {
        clearTimeout(late);
        socket.destroy();
        resolve(text);
      };
      socket.on("data", (more) => {
        text += more.toString("latin1");
        if (until && text.includes(until)) done();
      });
      socket.on("error", done); // a reset is an end too
      socket.on("end", done);
      socket.on("close", done);
      socket.write(bytes, "latin1");
    });
  }

  /** Asks until `found` gives something true, and returns it. */
  static async until(found, what = "a condition", deadline_ms = 10_000) {
    const end = Date.now() + deadline_ms;
    for (;;) {
      const value = await found();
      if (value) return value;
      if (Date.now() > end) throw new Error(`${what}: not within ${deadline_ms} ms`);
      await pause(20);
    }
  }

  /** A value of /metrics, by its name without labels. */
  async metric(name) {
    const { body } = await this.request("/metrics", { headers: { "X-API-Key": this.api_key } });
    const line = body
      .toString()
      .split("\n")
      .find((l) => l.startsWith(`${name} `));
    return line ? Number(line.split(" ")[1]) : undefined;
  }
}
