// The relay on real sockets: what it passes is what was sent, both ways, whoever ends first.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { openRelay } from "./relay.ts";

function portOf(server: Server): number {
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A relay before a server that answers with what it got, once it has all of it. */
async function echoing(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk)).on("end", () => socket.end(Buffer.concat(chunks)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const to = { host: "127.0.0.1", port: portOf(server), localAddress: "127.0.0.2" };
  const way = { rttMs: 4, initialWindowBytes: 14_600, windowBytes: 256 * 1024 };
  return portOf(await openRelay({ host: "127.0.0.1", port: 0, to: () => to, way: () => way }));
}

it("passes every byte in its order, there and back, after the client has ended its half", async () => {
  const port = await echoing();
  const sent = randomBytes(3 * 1024 ** 2 + 1);
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.end(sent);
  expect((await buffer(socket)).equals(sent)).toBe(true);
});

it("breaks the client's connection when the server cannot be reached", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const to = { host: "127.0.0.1", port: (server.address() as AddressInfo).port, localAddress: "127.0.0.1" };
  server.close();
  await once(server, "close");
  const way = { rttMs: 4, initialWindowBytes: 14_600, windowBytes: 256 * 1024 };
  const port = portOf(await openRelay({ host: "127.0.0.1", port: 0, to: () => to, way: () => way }));
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  await once(socket, "close");
});
