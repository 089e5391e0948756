/** Tells a failure at which nobody listens from one that is a matter of time. */
const CONNECTION_REFUSED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);

/** Nobody listens there: no probe needed to know. */
export function isRefusedConnection(error: Error): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string" && CONNECTION_REFUSED.has(cause.code)) return true;
  return false;
}
