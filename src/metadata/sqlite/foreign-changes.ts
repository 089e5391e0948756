/**
 * Detects changes of the SQLite file by other processes, by PRAGMA data_version on the writing connection: our own
 * commits do not change it there. A cached answer is allowed only after a check that began after the question;
 * questions that come during one check share the next.
 */
import { type Freshness, statement } from "../engine.ts";
import type { SqliteConnection } from "./connection.ts";
import type { GroupCommit } from "./group-commit.ts";

const dataVersion = statement<{ data_version: number }>("data-version", "PRAGMA data_version");

export class ForeignChanges implements Freshness {
  onForeignChange: () => void = () => undefined;
  readonly #connection: SqliteConnection;
  readonly #writes: GroupCommit;
  #seen: number | undefined;
  #looking: Promise<void> | undefined;
  #next: Promise<boolean> | undefined;

  constructor(connection: SqliteConnection, writes: GroupCommit) {
    this.#connection = connection;
    this.#writes = writes;
    writes.onBegin = () => this.#look();
  }

  check(): boolean | Promise<boolean> {
    // While this process holds the lock nobody else writes; earlier changes were seen when it was taken.
    if (this.#writes.phase === "inside") return true;
    // A commit in progress may already be visible to readers, but not yet in the cache.
    if (this.#writes.phase !== "idle") return false;
    this.#next ??= this.#lookNext();
    return this.#next;
  }

  async #lookNext(): Promise<boolean> {
    await Promise.allSettled([this.#looking]);
    this.#next = undefined;
    this.#looking = this.#look();
    await this.#looking;
    return this.#writes.phase !== "ending";
  }

  async #look(): Promise<void> {
    const row = await this.#connection.get(dataVersion, []);
    if (row?.data_version === this.#seen) return;
    this.#seen = row?.data_version;
    this.onForeignChange();
  }
}
