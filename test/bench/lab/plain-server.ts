/** `plain-server PORT`: answers GET /N with N bytes, at once and without a gateway. */
import { createServer } from "node:http";

const block = Buffer.alloc(1024 ** 2, "x");

createServer(async (request, response) => {
  const length = Number(request.url?.slice(1));
  if (!Number.isSafeInteger(length)) return void response.writeHead(404).end();
  response.writeHead(200, { "Content-Length": length });
  for (let left = length; left > 0; left -= block.length)
    if (!response.write(block.subarray(0, left)))
      await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  response.end();
}).listen(Number(process.argv[2]), "127.0.0.1");
