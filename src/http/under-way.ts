/** The S3 requests under way that began lately: what else goes on in this process lets them go first. */
import type { ServerResponse } from "node:http";

/** What takes longer moves many bytes or waits for its client, and other work hardly delays it. */
const YOUNG_MS = 2_000;
/** Where requests follow each other so closely, what begins between two of them meets the next one. */
const CLOSE_MS = 100;

export class UnderWay {
  readonly #monotonicMs: () => number;
  /** When each began, the oldest first. */
  readonly #young = new Map<ServerResponse, number>();
  #latest = Number.NEGATIVE_INFINITY;

  /** `monotonicMs`: for tests. */
  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /** Counts the request of this response until that is closed. */
  begin(response: ServerResponse): void {
    this.#latest = this.#monotonicMs();
    this.#young.set(response, this.#latest);
    response.once("close", () => this.#young.delete(response));
  }

  /** Is there any, or was there one a moment ago? */
  get any(): boolean {
    const now = this.#monotonicMs();
    if (now - this.#latest < CLOSE_MS) return true;
    const since = now - YOUNG_MS;
    for (const [response, begun] of this.#young) {
      if (begun > since) return true;
      this.#young.delete(response);
    }
    return false;
  }
}
