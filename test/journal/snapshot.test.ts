// A snapshot that cannot be read now is not taken for a missing one: another would be made for nothing, each time.
import { expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import type { JournalStore } from "../../src/journal/journal-store.ts";
import { newestSnapshot } from "../../src/journal/snapshot.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { beginJournal, failingStore, KEYS } from "../support/journal-scene.ts";

const unreadable = (store: JournalStore): JournalStore => ({
  ...store,
  async read() {
    throw new BackendError(store.name, "unavailable");
  },
});

onBothEngines("the newest snapshot", (store) => {
  it("is read from the backend that gives it, and is no other where none does", async () => {
    const { metadata, clock } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const scene = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    expect(await newestSnapshot("line", [unreadable(a), b], KEYS)).toMatchObject({ number: 0 });
    await expect(newestSnapshot("line", [unreadable(a), unreadable(b)], KEYS)).rejects.toMatchObject({
      fault: "unavailable",
    });
    await place.put("1", "1");
    await scene.snapshot();
    const index = "journal/line/snapshots/000000000001-00000001/index";
    for (const one of [a, b]) await one.put(index, Buffer.from("damaged"));
    // Of one that does not open, another is made: it is as good as none.
    expect(await newestSnapshot("line", [a, b], KEYS)).toMatchObject({ number: 0 });
    expect(await newestSnapshot("never", [a, b], KEYS)).toBeUndefined();
  });
});
