// Node's package ws, plain rooms: `node ws_plain.mjs PORT`. The path of the address is the room.
import { WebSocketServer } from "ws";

const rooms = new Map();
const at = { host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 };
const server = new WebSocketServer({ ...at, perMessageDeflate: false });
server.on("connection", (ws, request) => {
  const room = rooms.get(request.url) ?? new Set();
  rooms.set(request.url, room.add(ws));
  ws.on("message", (bytes) => {
    for (const member of room) member.send(bytes, { binary: false });
  });
  ws.on("close", () => room.delete(ws));
  ws.on("error", () => room.delete(ws));
});
server.on("listening", () => console.log(server.address().port));
