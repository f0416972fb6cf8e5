// What both Bun servers share: a port, the upgrade, and no limits. The second argument "deflate" turns
// permessage-deflate on: publications are then compressed for who wants it.
const [port, deflate] = process.argv.slice(2);

/** Starts a server whose WebSockets have `data.room`, the path, and `data.compress`. */
export function listen(handlers) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: Number(port),
    fetch(request, s) {
      const room = new URL(request.url).pathname;
      const data = { room, compress: deflate === "deflate" };
      return s.upgrade(request, { data }) ? undefined : new Response("WebSockets only", { status: 426 });
    },
    websocket: { perMessageDeflate: deflate === "deflate", idleTimeout: 0, backpressureLimit: 1 << 30, ...handlers },
  });
  console.log(server.port);
  return server;
}
