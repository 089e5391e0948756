/** The server of a page, of another origin than every gateway: the page itself, its script, and files of one folder. */
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { build } from "vite";

export interface PageServer extends AsyncDisposable {
  /** To a browser `localhost` and `127.0.0.1` are two origins. */
  readonly port: number;
}

/**
 * `script`: the file of a module, which `/script.js` has with all that it imports, for the page to import. `folder`: the
 * page reads and writes its files as `/files/NAME`.
 */
export async function startPageServer(script: string, folder = "/dev/null"): Promise<PageServer> {
  const bundled = await bundle(script);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = "", method } = request;
    if (!url.startsWith("/files/")) {
      const isScript = url === "/script.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? bundled : "<!doctype html><title>page</title>");
    } else if (method === "PUT") {
      await pipeline(request, createWriteStream(join(folder, basename(url))));
      response.end();
    } else await pipeline(createReadStream(join(folder, basename(url))), response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => response.destroy(error));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function bundle(entry: string): Promise<string> {
  const built = await build({
    ...{ configFile: false, logLevel: "silent", define: { global: "globalThis" } },
    build: { write: false, lib: { entry, formats: ["es"], fileName: "script" } },
  });
  const [one] = Array.isArray(built) ? built : [built];
  if (one === undefined || !("output" in one)) throw new Error("vite built nothing");
  return one.output[0].code;
}
