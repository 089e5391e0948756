/**
 * One unbroken stretch in which a backend is up. Work under way on the backend watches it and ends with it. Any number
 * may watch; each hears of the end once.
 */
import { BackendError } from "./backend.ts";

export interface UptimeWatcher {
  /** The backend went down: `failure` is `unavailable`. */
  wentDown(failure: BackendError): void;
}

export class Uptime {
  readonly #watchers = new Set<UptimeWatcher>();
  #failure: BackendError | undefined;

  /** Why work cannot begin: the stretch is over. */
  get failure(): BackendError | undefined {
    return this.#failure;
  }

  /** Only while `failure` is undefined. */
  watch(watcher: UptimeWatcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: UptimeWatcher): void {
    this.#watchers.delete(watcher);
  }

  end(backend: string, cause: BackendError): void {
    const failure = new BackendError(backend, "unavailable", { detail: "went down", cause });
    this.#failure = failure;
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher.wentDown(failure);
  }
}
