// Bun's native WebSockets, plain rooms: `bun bun_plain.mjs PORT`. The path of the address is the room.
import { listen } from "./bun_listen.mjs";

const server = listen({
  open: (ws) => ws.subscribe(ws.data.room),
  message: (ws, text) => server.publish(ws.data.room, text, ws.data.compress),
});
