// Who gets in and what the first frame says: no way around the log-in (S44), the welcome (S45), a peer that is dead (S46).
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { disconnected, client, slow, until } from "../support/chat.mjs";
import { startPlace } from "../support/place.mjs";
import { Server, snug } from "../support/server.mjs";
import { Wire } from "../support/wire.mjs";

let server, ada;

before(async () => {
  server = await startPlace();
  ada = await server.setup({ display: "Ada" });
});

test("S44 a fresh server without settings lets nobody in who is not logged in", async () => {
  const fresh = await Server.start();
  const stranger = client(fresh.url);
  const left = disconnected(stranger);
  stranger.connect();
  assert.equal((await left).code, 101);
  assert.ok(!fresh.log.includes(" insecure "), "and there is nothing to warn of");
  assert.equal((await fresh.stop()).code, 0);
});

test("S44 client.insecure warns, listens on the loopback, and starts nowhere else", async () => {
  const open = await Server.start({ args: ["--client.insecure"] });
  await until("the warning", () => / warn insecure option=client\.insecure means=".*without a token/.test(open.log));
  const wire = await Wire.connect(open.url);
  await wire.close();
  assert.equal((await open.stop()).code, 0);
  for (const listen of ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"]) {
    const { code, err, out } = await snug(["serve", "--ephemeral", "--client.insecure", "--listen", "127.0.0.1:0", "--listen", listen]);
    assert.equal(code, 2, listen);
    assert.equal(out, "");
    assert.match(err, /client\.insecure needs every address on the loopback, and listen has /);
  }
});

test("S45 the first frame after the connect is the welcome, and says all that a client needs", async () => {
  const took = [];
  for (const [who, how] of [[{ cookie: ada.cookie }, "cookie"], [{ token: ada.token }, "token"]]) {
    for (let i = 0; i < 5; i++) {
      const wire = await Wire.open(server.url, who);
      const at = performance.now();
      const { connect } = await wire.ask("connect", who.token ? { token: who.token } : {});
      took.push(performance.now() - at);
      assert.match(wire.messages[0], /^\{"id":1,"connect":\{"client":"/, "nothing came before it");
      assert.match(connect.client, /^[0-9a-f-]{36}$/);
      assert.match(connect.version, /^\d+\.\d+\.\d+$/);
      assert.deepEqual([connect.ping, connect.pong], [25, true]);
      const { recoverable, positioned, epoch } = connect.subs[`user:${ada.user.id}`];
      assert.ok(recoverable && positioned && epoch, "it can be recovered");
      assert.ok(connect.data.expires > Date.now() + 3_600_000, `${how}: when the session ends`);
      assert.equal(connect.data.level, "normal");
      if (how === "token") assert.ok(connect.expires && Math.abs(connect.ttl - (connect.data.expires - Date.now()) / 1000) < 10);
      await wire.close();
    }
  }
  const median = took.sort((a, b) => a - b)[took.length >> 1];
  console.log(`# from the upgraded socket to the welcome: median ${median.toFixed(1)} ms`);
  assert.ok(median < (slow ? 1000 : 50), `${median} ms`);
});

test("S46 the announced interval and timeout find a dead peer within 35 s; in short, one that only holds its socket", async () => {
  const wire = await Wire.connect(server.url, { token: ada.token });
  const timeout = 8; // client.pong_timeout's default, as --help and the README say
  assert.match((await snug(["serve", "--help"])).out, /client\.pong_timeout .*\(8s\)/);
  assert.ok(wire.welcome.ping + timeout <= 35);
  await wire.close();
  const quick = await startPlace({ config: { client: { ping_interval: "1s", pong_timeout: "1s" } } });
  const bob = await quick.setup({ display: "Bob" });
  const dead = await Wire.connect(quick.url, { token: bob.token });
  const alive = await Wire.connect(quick.url, { token: bob.token });
  dead.socket.pause(); // its kernel takes what comes; nobody reads or answers
  const began = performance.now();
  await until("one is left", async () => (await quick.call("connection.list", {}, bob.cookie)).total === 1);
  const lasted = performance.now() - began;
  assert.ok(lasted < (slow ? 10_000 : 3000), `${lasted} ms for an interval and a timeout of 1 s`);
  const { closed } = await until("its row", async () => {
    const found = await quick.call("connection.history", {}, bob.cookie);
    return found.total === 1 && found;
  });
  assert.deepEqual([closed[0].code, closed[0].by], [3012, "server"]);
  assert.ok((await alive.ask("ping")).ping);
  await alive.close();
});
