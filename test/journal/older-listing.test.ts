// A database that was found older than the backends are asks them nothing again until somebody has it go on.
import { expect, it } from "vitest";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { beginJournal, failingStore, writeJournal } from "../support/journal-scene.ts";

const LEASE_MS = 60_000;

onBothEngines("an older database", (store) => {
  it("lists the backends once, and anew when it is to go on", async () => {
    const { metadata, clock, openAnother, look } = store();
    const a = failingStore("a");
    let listings = 0;
    const b = {
      ...failingStore("b"),
      list(prefix: string) {
        listings++;
        return a.list(prefix);
      },
    };
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    await place.put("1", "1");
    await writer.write();
    clock.advance(LEASE_MS + 1);
    await look((knex) => knex("journal_head").update({ written: 0, started: 0, hash: "" }));
    const late = writeJournal(await openAnother(), { stores: [a, b], now: clock.now });
    listings = 0;
    for (let tries = 0; tries < 3; tries++)
      await expect(late.writer.write()).rejects.toThrow("older than what backends hold: segment 1 of journal line");
    expect(listings).toBe(1);
    expect(late.writer.state().older).toMatchObject({ journal: "line", number: 1 });
    await metadata.journal.begin("another", 1);
    await late.writer.write();
    expect(listings).toBe(2);
    expect(late.writer.state().older).toBeUndefined();
  });
});
