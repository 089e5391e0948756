/** The shared dependencies of this room's classes. */
import type { Engine } from "./engine.ts";
import type { ReadCache } from "./read-cache.ts";

export interface MetadataContext {
  readonly engine: Engine;
  /** Undefined: every read asks the database. */
  readonly cache: ReadCache | undefined;
  readonly now: () => Date;
  readonly graceMs: number;
}
