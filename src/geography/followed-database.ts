/**
 * A database whose file is followed: a new one that is put in its place is used from then on. It is looked at again and
 * again, because notices of the file system miss renames and network mounts. What cannot be used is told once, and the
 * old data stay; whoever asks never waits.
 */
import { stat } from "node:fs/promises";
import type { Log } from "../log.ts";
import { type AddressDatabase, openAddressDatabase } from "./address-database.ts";

export interface FollowedDatabase {
  readonly file: string;
  /** As last read. */
  readonly now: AddressDatabase;
  /** Reads the file again where it has changed. Never rejects. */
  refresh(): Promise<void>;
}

/** Rejects, naming the file, when it cannot be used in the first place. */
export async function followDatabase(file: string, log: Log): Promise<FollowedDatabase> {
  let mark = await markOf(file);
  let current = await openAddressDatabase(file);
  let complaint: string | undefined;
  let reading: Promise<void> | undefined;
  const read = async () => {
    try {
      const found = await markOf(file);
      if (found === mark) return;
      current = await openAddressDatabase(file);
      mark = found;
      complaint = undefined;
      log.info({ file, kind: current.kind, builtAt: current.builtAt }, "a new database of addresses is in use");
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      if (told !== complaint) log.error({ err: error }, "the new database of addresses is not used");
      complaint = told;
    }
  };
  return {
    file,
    get now() {
      return current;
    },
    async refresh() {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      await reading;
    },
  };
}

/** Another for each version of the file; undefined: it is not there. */
async function markOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
}
