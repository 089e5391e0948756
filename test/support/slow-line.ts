/** A line of so many bytes a second to a server, with the buffers that kernels and proxies have before it. */
import net, { type AddressInfo, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

export interface SlowLine extends AsyncDisposable {
  /** In place of the server's. */
  readonly url: string;
}

export async function openSlowLine(endpoint: string, bytesPerSecond: number): Promise<SlowLine> {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const socket of [near, far]) sockets.add(socket.once("close", () => sockets.delete(socket)));
    const ends = [pipeline(near, (bytes) => paced(bytes, bytesPerSecond), far), pipeline(far, near)];
    for (const end of ends)
      end.catch(() => {
        near.destroy();
        far.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What was late is made up for: a busy machine does not make the line slower. */
async function* paced(bytes: AsyncIterable<Buffer>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  let freeAt = performance.now();
  for await (const chunk of bytes) {
    const now = performance.now();
    if (now - freeAt > 1000) freeAt = now;
    freeAt += (1000 * chunk.length) / bytesPerSecond;
    if (freeAt > now) await delay(freeAt - now);
    yield chunk;
  }
}
