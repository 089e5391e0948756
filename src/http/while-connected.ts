/** Whether a client is still there. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Aborts when the client goes before its reply has gone out. */
export function whileConnected(request: IncomingMessage, response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const gone = () => {
    if (!response.writableFinished) controller.abort();
  };
  if ((request.destroyed && !request.complete) || response.destroyed) gone();
  response.once("close", gone);
  return controller.signal;
}
