// ways: the reference client in each encoding and over each transport, behind one face.
//
// body(value) is what publish and rpc take, read(data) what came: Protobuf carries bytes where JSON carries values.
import { Centrifuge } from "centrifuge";
import { Centrifuge as ProtobufCentrifuge } from "centrifuge/build/protobuf";
import WebSocket from "ws";
import { patience } from "./chat.mjs";
import { eventSource } from "./event_source.mjs";
import { atEnd } from "./tidy.mjs";

const json = { body: (value) => value, read: (data) => data };
const bytes = {
  body: (value) => new TextEncoder().encode(JSON.stringify(value)),
  read: (data) => JSON.parse(new TextDecoder().decode(data)),
};

const common = { minReconnectDelay: 1, maxReconnectDelay: 100, timeout: patience };

function made(c) {
  c.on("error", () => {}); // a cut line is what these tests are about
  atEnd(() => c.disconnect());
  return c;
}

const websocket = (Client) => (url, options) =>
  made(new Client(url.replace(/^http/, "ws") + "/connection/websocket", { websocket: WebSocket, ...common, ...options }));

const stream = (Client, transport) => (url, options) =>
  made(new Client([{ transport, endpoint: `${url}/connection/${transport}` }], {
    fetch,
    readableStream: ReadableStream,
    eventsource: eventSource(),
    emulationEndpoint: `${url}/emulation`,
    ...common,
    ...options,
  }));

export const ways = [
  { name: "JSON over WebSocket", ...json, client: websocket(Centrifuge) },
  { name: "Protobuf over WebSocket", ...bytes, client: websocket(ProtobufCentrifuge) },
  { name: "JSON over http_stream", ...json, client: stream(Centrifuge, "http_stream") },
  { name: "Protobuf over http_stream", ...bytes, client: stream(ProtobufCentrifuge, "http_stream") },
  { name: "JSON over server-sent events", ...json, client: stream(Centrifuge, "sse") },
];
