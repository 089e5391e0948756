/**
 * The least that a server can cost with this framework. Each server is a process of its own: `koa PORT` answers hello,
 * `origin PORT` serves 4 KiB, `pipe PORT ORIGIN_PORT` pipes them through.
 */
import { Agent, createServer, get } from "node:http";
import Koa from "koa";

const [role, port = "", originPort = ""] = process.argv.slice(2);
const bytes = Buffer.alloc(4096, "x");
const agent = new Agent({ keepAlive: true });

const servers: Readonly<Record<string, () => { listen(port: number, host: string): unknown }>> = {
  koa: () =>
    new Koa().use((ctx) => {
      ctx.body = "hello";
    }),
  origin: () => createServer((_, response) => response.writeHead(200, { "Content-Length": bytes.length }).end(bytes)),
  pipe: () =>
    createServer((request, response) => {
      get({ agent, host: "127.0.0.1", port: originPort, path: request.url }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
    }),
};

const open = servers[role ?? ""];
if (open === undefined) throw new Error(`expected one of ${Object.keys(servers).join(", ")}`);
open().listen(Number(port), "127.0.0.1");
