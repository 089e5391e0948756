/**
 * The first snapshot of the journal that a restored database begins. Until it stands, a restore takes the journal
 * before, and what was written since is lost: so no gateway should run without it.
 */
import type { Backend } from "../backends/backend.ts";
import type { Journal } from "../metadata/journal.ts";
import type { KeyRing } from "./journal-keys.ts";
import { unguardedStore } from "./journal-store.ts";
import { writeSnapshot } from "./snapshot.ts";
import { openJournalWriter } from "./writer.ts";

export interface FirstSnapshotOptions {
  /** Nobody else writes it. */
  readonly journal: Journal;
  /** Each shows the identity that it was registered under. */
  readonly backends: readonly Backend[];
  /** How many there are beside these. */
  readonly away: number;
  readonly keys: KeyRing;
  /** Of the database. */
  readonly schema: number;
  readonly now: () => Date;
}

const COPIES = 2;

/** On two of them where they take it. Throws when none does; the gateway makes one when it can. */
export async function writeFirstSnapshot({
  journal,
  backends,
  away,
  keys,
  ...common
}: FirstSnapshotOptions): Promise<void> {
  const [first, ...others] = backends;
  const second = others.find(({ region }) => region !== first?.region) ?? others[0];
  const ordered = [first, second, ...others.filter((one) => one !== second)].flatMap((one) => one ?? []);
  const stores = ordered.map(unguardedStore);
  const writing = { ...common, journal, stores: () => stores, copies: COPIES, fewest: 1 };
  const writer = openJournalWriter({ ...writing, listed: () => ({ stores, away }), keys: async () => keys });
  const writeOn = async () => {
    await writer.write();
    const { head } = writer.state();
    if (head === undefined) throw new TypeError("it was written, and by nobody");
    return head;
  };
  try {
    await writeSnapshot({ ...writing, head: await writeOn(), keys, writeOn });
  } finally {
    await writer.close();
  }
}
