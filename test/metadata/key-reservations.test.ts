// Shows I5, I6 of docs/durability.md.
import { expect, it } from "vitest";
import { claimAll, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

onBothEngines("Names", (store) => {
  it("reserves storage keys that are unguessable and never repeated", async () => {
    const { metadata } = store();
    const writer = await metadata.keyReservations.openWriter(1000);
    const names = await metadata.keyReservations.reserve(writer, 50);
    expect(new Set(names).size).toBe(50);
    for (const name of names) expect(name).toMatch(/^blobs\/[0-9a-f]{2}\/[0-9a-f]{26,}$/);
  });

  it("adds drop jobs for the reservations of a vanished writer, once", async () => {
    const { metadata, clock } = store();
    const gone = await metadata.keyReservations.openWriter(1000);
    const names = await metadata.keyReservations.reserve(gone, 3);
    const alive = await metadata.keyReservations.openWriter(1000);
    await metadata.keyReservations.reserve(alive, 2);
    await metadata.keyReservations.release(names.slice(0, 1));
    clock.advance(1001);
    await metadata.keyReservations.renewWriter(alive, 1000);
    expect(await metadata.keyReservations.discardLeftovers(clock.now())).toBe(2);
    expect(await metadata.keyReservations.discardLeftovers(clock.now())).toBe(0);
    const dropped = (await claimAll(metadata)).map(({ work }) => (work.kind === "drop" ? work.storageKey : work.kind));
    expect(dropped.sort()).toEqual([...names.slice(1)].sort());
  });

  it("refuses storage keys to a forgotten writer until it renews its lease", async () => {
    const { metadata, clock } = store();
    const writer = await metadata.keyReservations.openWriter(1000);
    clock.advance(1001);
    await metadata.keyReservations.discardLeftovers(clock.now());
    await expect(metadata.keyReservations.reserve(writer, 1)).rejects.toMatchObject({ code: "SlowDown" });
    await metadata.keyReservations.renewWriter(writer, 1000);
    expect(await metadata.keyReservations.reserve(writer, 1)).toHaveLength(1);
  });

  it("drops the bytes of a write that failed", async () => {
    const { metadata } = store();
    const writer = await metadata.keyReservations.openWriter(1000);
    const [name = ""] = await metadata.keyReservations.reserve(writer, 1);
    await metadata.keyReservations.discard(name);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      { kind: "drop", storageKey: name, backends: [] },
    ]);
  });

  it("never drops a storage key that a blob has", async () => {
    const { metadata } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    await metadata.keyReservations.discard((await blobOf("a")).storageKey);
    expect(await claimAll(metadata)).toEqual([]);
  });

  it("decides a race between a commit and a discard for one of them", async () => {
    const { metadata } = store();
    const { fresh, put } = await openPlace(metadata);
    for (let round = 0; round < 10; round++) {
      const content = await fresh(`text ${round}`);
      const [written] = await Promise.allSettled([
        put(`k${round}`, `text ${round}`, { content }),
        metadata.keyReservations.discard(content.storageKey),
      ]);
      const dropped = (await claimAll(metadata)).map(({ work }) =>
        work.kind === "drop" ? work.storageKey : work.kind,
      );
      expect(dropped).toEqual(written.status === "fulfilled" ? [] : [content.storageKey]);
    }
  });

  it("leaves unreleased storage keys of a closing writer to be found later", async () => {
    const { metadata, clock } = store();
    const tidy = await metadata.keyReservations.openWriter(1_000_000);
    await metadata.keyReservations.release(await metadata.keyReservations.reserve(tidy, 2));
    await metadata.keyReservations.closeWriter(tidy);
    await expect(metadata.keyReservations.reserve(tidy, 1)).rejects.toMatchObject({ code: "SlowDown" });
    const untidy = await metadata.keyReservations.openWriter(1_000_000);
    await metadata.keyReservations.reserve(untidy, 1);
    await metadata.keyReservations.closeWriter(untidy);
    clock.advance(1);
    expect(await metadata.keyReservations.discardLeftovers(clock.now())).toBe(1);
  });
});
