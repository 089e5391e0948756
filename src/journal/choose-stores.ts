/** Which backends the journal goes to, and which are looked at for what others may have written. */
import type { FleetMember } from "../backends/fleet.ts";
import { type JournalStore, journalStore } from "./journal-store.ts";

/** Those that take files: the first one, then the first one of another region, then the others. */
export function preferred(members: readonly FleetMember[]): readonly JournalStore[] {
  const [first, ...others] = members.filter(({ up, writable, draining }) => up && writable && !draining);
  if (first === undefined) return [];
  const second = others.find(({ region }) => region.name !== first.region.name) ?? others[0];
  const rest = others.filter((member) => member !== second);
  return [first, ...(second ? [second] : []), ...rest].map(({ backend }) => journalStore(backend));
}

export function listed(members: readonly FleetMember[]) {
  const away = members.filter(({ up, draining }) => !up && !draining).length;
  return { stores: members.filter(({ up }) => up).map(({ backend }) => journalStore(backend)), away };
}

/** The same, whose files are neither listed, read, written nor deleted any more once `check` throws. */
export function stoppable(stores: readonly JournalStore[], check: () => void): readonly JournalStore[] {
  return stores.map((store) => ({
    ...store,
    async *list(prefix) {
      for await (const file of store.list(prefix)) {
        check();
        yield file;
      }
    },
    async put(name, bytes) {
      check();
      await store.put(name, bytes);
    },
    async delete(name) {
      check();
      await store.delete(name);
    },
    async read(file) {
      check();
      return store.read(file);
    },
  }));
}
