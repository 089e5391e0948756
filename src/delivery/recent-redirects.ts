/**
 * Which clients were just sent away: one that comes back for the same bytes within ten seconds probably could not
 * follow. Bounded: two generations of entries, the older one dropped when the newer is full or has grown old.
 */

const WINDOW_MS = 10_000;
const GENERATION_LIMIT = 20_000;

export class RecentRedirects {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #since = 0;

  /** Was this remembered within the last ten seconds? Times in ms since the epoch. */
  has(request: string, nowMs: number): boolean {
    const at = this.#young.get(request) ?? this.#old.get(request);
    return at !== undefined && nowMs - at < WINDOW_MS;
  }

  remember(request: string, nowMs: number): void {
    if (this.#young.size >= GENERATION_LIMIT || nowMs - this.#since >= WINDOW_MS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#since = nowMs;
    }
    this.#young.set(request, nowMs);
  }
}
