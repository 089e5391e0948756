/** Every migration, in order; its version is its place, counted from 1. A released one is never changed. */
import { init } from "./001-init.ts";
import type { Migration } from "./migration.ts";

export const migrations: readonly Migration[] = [init];
