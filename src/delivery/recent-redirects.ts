/**
 * Which clients were just sent away: one that comes back for the same bytes within ten seconds probably could not
 * follow. Bounded: the latest 20,000, each known by a hash, whatever the client wrote into its headers.
 */
import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";

const WINDOW_MS = 10_000;
const KEPT = 20_000;

export class RecentRedirects {
  readonly #sentAt = new LRUCache<string, number>({ max: KEPT });

  /** Was this remembered within the last ten seconds? Times in ms since the epoch. */
  has(request: string, nowMs: number): boolean {
    const at = this.#sentAt.peek(nameOf(request));
    return at !== undefined && nowMs - at < WINDOW_MS;
  }

  remember(request: string, nowMs: number): void {
    this.#sentAt.set(nameOf(request), nowMs);
  }
}

function nameOf(request: string): string {
  return hash("sha256", request, "base64url");
}
