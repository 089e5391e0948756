/** Bounds the time of a call, also of one that ignores its signal. */

/** Settles as `work` does, or rejects after `ms` or when `limit` is aborted by others; aborts `limit` at its end. */
export async function withinTime<T>(work: Promise<T>, limit: AbortController, ms: number, what: string): Promise<T> {
  const { signal } = limit;
  const timer = setTimeout(() => limit.abort(new Error(`${what} within ${ms} ms`)), ms).unref();
  const over = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
  // What comes after the end is nobody's.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
