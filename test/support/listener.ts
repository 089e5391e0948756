/** A server of another origin: it serves the pages of a test, and hears what scripts report to it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listener extends AsyncDisposable {
  /** `http://localhost:PORT`: to a browser, another site than 127.0.0.1. */
  readonly url: string;
  /** Bodies of what was posted to `/heard`, in order. */
  readonly heard: readonly string[];
  /** Serves HTML under a path from now on. */
  serve(path: string, html: string): string;
}

export async function startListener(): Promise<Listener> {
  const heard: string[] = [];
  const pages = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === "/heard") heard.push(Buffer.concat(chunks).toString());
    const page = pages.get(request.url ?? "");
    response.writeHead(page === undefined ? 204 : 200, { "content-type": "text/html; charset=utf-8" }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    heard,
    serve(path, html) {
      pages.set(path, html);
      return url + path;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
