/**
 * Clients in a thread of their own that connect, send their bytes and then do nothing. Only the server bears their
 * cost; sending does not delay the test's own requests.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export interface StallingClients extends AsyncDisposable {
  /** What each answer that came began with, and how often. */
  readonly answers: Readonly<Record<string, number>>;
}

const PROGRAM = `
const { connect } = require("node:net");
const { parentPort, workerData: { port, count, bytes, reads } } = require("node:worker_threads");
const answers = {};
const one = () => new Promise((resolve, reject) => {
  const socket = connect(port, "127.0.0.1");
  let connected = false;
  socket.once("connect", () => {
    connected = true;
    socket.write(bytes, resolve);
  });
  socket.on("error", (error) => (connected ? resolve() : reject(error)));
  socket.once("close", resolve);
  if (reads) socket.once("data", (data) => {
    const line = data.toString("latin1").split("\\r\\n")[0];
    answers[line] = (answers[line] ?? 0) + 1;
  });
});
Promise.all(Array.from({ length: count }, one)).then(() => parentPort.postMessage(answers));
setInterval(() => undefined, 60_000);
`;

/** Resolves when each has sent all its bytes or was cut. `reads`: it takes what is answered. */
export async function startStallingClients(options: {
  readonly port: number;
  readonly count: number;
  readonly bytes: Buffer;
  readonly reads: boolean;
}): Promise<StallingClients> {
  const worker = new Worker(PROGRAM, { eval: true, workerData: options });
  const [answers] = await once(worker, "message");
  return {
    answers,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
