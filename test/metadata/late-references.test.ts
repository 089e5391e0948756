// A request may find a blob, and refer to it only after that blob was merged with an equal one.
// Shows I3, I8 of docs/durability.md.
import { expect, it } from "vitest";
import { digestOf, known, openPlace } from "../support/content.ts";
import { graceMs, onBothEngines } from "../support/engines.ts";

onBothEngines("A reference that comes after a merge", (store) => {
  it("is refused when the blob's bytes were not proven, and the client's next attempt gets good ones", async () => {
    const { metadata, clock } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("first", "hello");
    const found = await blobOf("first");
    await put("second", "hello", { content: await fresh("hello", { digest: undefined }) });
    const good = await blobOf("second");
    await metadata.blobs.setDigest(good.id, digestOf("hello"));
    await expect(put("copy", "hello", { content: known(found) })).rejects.toMatchObject({ code: "SlowDown" });
    await put("copy", "hello", { content: known(await blobOf("first")) });
    expect((await blobOf("copy")).id).toBe(good.id);
    clock.advance(graceMs - 1);
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([]);
    clock.advance(1);
    expect((await metadata.blobs.takeReclaimable(10)).map(({ id }) => id)).toEqual([found.id]);
  });

  it("keeps a blob whose objects went to a proven one", async () => {
    const { metadata, clock } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("first", "hello");
    await put("second", "hello", { content: await fresh("hello", { digest: undefined }) });
    const found = await blobOf("second");
    await metadata.blobs.setDigest(found.id, digestOf("hello"), await blobOf("first"));
    await put("copy", "hello", { content: known(found) });
    clock.advance(graceMs);
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([]);
    expect((await blobOf("copy")).id).toBe(found.id);
  });
});
