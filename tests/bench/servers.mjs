// servers: what is measured. Each entry of `servers` says which dialect it speaks and how it is started; all of them
// listen on 127.0.0.1, are pinned to `cores`, and end with the run.
import { execFileSync } from "node:child_process";
import { createServer, connect } from "node:net";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pinned } from "./pinned.mjs";
import { family } from "./proc.mjs";
import { makeCertificate } from "../support/certificate.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const bun = path.join(here, "node_modules/bun/bin/bun.exe");
const READY_MS = 20_000;
export const SECRET = "the secret of tokens in tests/bench";
export const SECRET_ENV = "BENCH_TOKEN_SECRET";

/** Snug as shipped; what follows is only what the workloads need. */
const snugConfig = {
  reactors: 1, // one core
  client: {
    token: { hmac_secret_key: SECRET },
    user_connection_limit: 0, // the generator may be one user
  },
  channel: {
    without_namespace: {
      history_size: 100,
      history_ttl: "60s",
      force_recovery: true,
      allow_subscribe_for_client: true,
      allow_publish_for_client: true,
    },
  },
};

export const servers = {
  floor: {
    dialect: "plain",
    command: ({ release }) => [path.join(release, "bench_floor"), "0"],
  },
  snug: {
    dialect: "centrifuge",
    command({ release, folder, options, data }) {
      const config = { ...snugConfig, reactors: options.reactors ?? 1 };
      if (options.person) config.limits = { sends: { burst: 0 }, commands: { burst: 0 } };
      const { cert, key } = options.tls ? makeCertificate() : {};
      if (options.tls) {
        writeFileSync(path.join(folder, "cert.pem"), cert);
        writeFileSync(path.join(folder, "key.pem"), key);
        config.http_server = {
          tls: { cert_pem_file: path.join(folder, "cert.pem"), key_pem_file: path.join(folder, "key.pem") },
        };
      }
      writeFileSync(path.join(folder, "config.json"), JSON.stringify(config));
      return [
        path.join(release, "snug"),
        ...["serve", "--config", path.join(folder, "config.json"), "--data", data ?? path.join(folder, "data")],
        ...["--ready-json", "--listen", "127.0.0.1:0"],
      ];
    },
    port: (line) => Number(new URL(JSON.parse(line).url).port),
    path: "connection/websocket",
  },
  bun: {
    dialect: "plain",
    command: ({ options }) => [bun, path.join(here, "peers/bun_plain.mjs"), "0", options.deflate ? "deflate" : ""],
  },
  "bun-protocol": {
    dialect: "centrifuge",
    command: ({ options }) => [bun, path.join(here, "peers/bun_centrifuge.mjs"), "0", options.deflate ? "deflate" : ""],
    path: "connection/websocket",
  },
  ws: {
    dialect: "plain",
    command: () => [process.execPath, path.join(here, "peers/ws_plain.mjs"), "0"],
  },
  nchan: {
    dialect: "plain",
    fixedPort: true,
    command({ folder, port }) {
      const text = readFileSync(path.join(here, "peers/nginx.conf"), "utf8");
      const values = { MODULES: "/usr/lib/nginx/modules", FOLDER: folder, PORT: port };
      writeFileSync(path.join(folder, "nginx.conf"), text.replace(/@(\w+)@/g, (_, name) => values[name]));
      const files = ["-c", path.join(folder, "nginx.conf"), "-e", path.join(folder, "error.log")];
      return ["/usr/sbin/nginx", "-p", folder, ...files];
    },
  },
};

/** The token of a new person of a running Snug. */
function person(release, data) {
  const snug = (args, input) => execFileSync(path.join(release, "snug"), [...args, "--data", data], { input, encoding: "utf8" });
  snug(["user", "add", "ada", "--admin", "--password-stdin"], `${SECRET}\n`);
  return snug(["token", "ada"]).trim().split("\n").at(-1);
}

const running = new Set();
process.on("exit", () => {
  for (const server of running) server.kill();
});

function endNow(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (bytes) => {
      out += bytes;
      if (out.includes("\n")) resolve(out.slice(0, out.indexOf("\n")));
    });
    child.on("error", reject);
    child.on("close", (code, signal) => reject(new Error(`ended before it was ready: ${code ?? signal}`)));
  });
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (yes) => {
      socket.destroy();
      resolve(yes);
    };
    socket.on("connect", () => answer(true));
    socket.on("error", () => answer(false));
  });
}

async function listens(port) {
  const end = Date.now() + READY_MS;
  while (!(await connects(port))) {
    if (Date.now() > end) throw new Error(`nobody listens on port ${port}`);
    await pause(20);
  }
}

/**
 * Starts one of `servers`, pinned to `cores` ("0", "0,1"): {pid, url, dialect, stop()}.
 * options: tls, deflate, reactors, where the server has them; person: `token` is that of one who may post, without limits.
 * data: the folder to use, else an empty one.
 */
export async function start(name, { release, cores, first, options = {}, data }) {
  const kind = servers[name];
  const folder = mkdtempSync(path.join(tmpdir(), "snug-bench-"));
  mkdirSync(path.join(folder, "data"));
  let port = kind.fixedPort ? await freePort() : 0;
  const command = kind.command({ release, folder, options, port, data });
  const began = performance.now();
  const child = pinned(cores, command, {
    first,
    cwd: here,
    stdio: ["ignore", "pipe", openSync(path.join(folder, "log"), "w")],
    env: { ...process.env, [SECRET_ENV]: SECRET, NODE_ENV: "production" },
  });
  const log = () => readFileSync(path.join(folder, "log"), "utf8").trim().split("\n").at(-1);
  const ended = once(child, "close");
  const server = {
    kill() {
      if (child.exitCode === null) for (const pid of family(child.pid)) endNow(pid); // nginx has a worker
      rmSync(folder, { recursive: true, force: true });
    },
  };
  running.add(server);
  try {
    if (kind.fixedPort) await listens(port);
    else port = (kind.port ?? Number)(await firstLine(child));
  } catch (error) {
    throw new Error(`${name}: ${error.message}; it wrote: ${log()}`);
  }
  const ready_ms = performance.now() - began;
  return {
    name,
    ready_ms,
    token: options.person && person(release, path.join(folder, "data")),
    pid: child.pid,
    dialect: kind.dialect,
    url: `${options.tls ? "wss" : "ws"}://127.0.0.1:${port}/${kind.path ?? ""}`,
    log,
    async stop() {
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(hard);
      server.kill();
      running.delete(server);
    },
  };
}
