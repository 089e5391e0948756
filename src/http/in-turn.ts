/**
 * One request of a connection at a time. A client may send requests ahead of the replies (pipelining), and node passes
 * them all on at once; but a reply that has no connection yet never hears that the connection is gone, so that whatever
 * it holds would be held for ever. A request that is not begun holds nothing.
 */
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/** How many requests may wait on one connection: each costs memory, and those that pipeline send few. */
const MOST_AHEAD = 16;
const ahead = new WeakMap<Socket, number>();

/** Calls `listener` when all earlier replies have gone out; never for a connection that closes before. */
export function inTurn(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (response.socket !== null) return listener(request, response);
    const { socket } = request;
    const waiting = (ahead.get(socket) ?? 0) + 1;
    if (waiting > MOST_AHEAD) return socket.destroy();
    ahead.set(socket, waiting);
    response.once("socket", () => {
      ahead.set(socket, (ahead.get(socket) ?? 1) - 1);
      return listener(request, response);
    });
  };
}
