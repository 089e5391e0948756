import { expect, it } from "vitest";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { startUpload } from "../support/uploads.ts";

onBothEngines("Uploads under way", (store) => {
  it("lists by key, then start, page by page, and rolls up", async () => {
    const { metadata, clock } = store();
    const place = await openPlace(metadata);
    const ids = new Map<string, string>();
    for (const key of ["b", "a", "b", "dir/1", "dir/2", "e"]) {
      ids.set((await startUpload(metadata, place, key)).uploadId, key);
      clock.advance(10);
    }
    const list = async (page: {
      prefix?: string;
      delimiter?: string;
      afterKey?: string;
      afterUploadId?: string;
      limit?: number;
    }) => {
      const full = {
        prefix: "",
        delimiter: undefined,
        afterKey: undefined,
        afterUploadId: undefined,
        limit: 100,
        ...page,
      };
      const { entries, truncated } = await metadata.uploads.list(place.bucket.id, full);
      return {
        shown: entries.map((entry) => ("upload" in entry ? entry.upload.key : `P${entry.commonPrefix}`)),
        entries,
        truncated,
      };
    };
    expect((await list({})).shown).toEqual(["a", "b", "b", "dir/1", "dir/2", "e"]);
    expect(await list({ delimiter: "/" })).toMatchObject({ shown: ["a", "b", "b", "Pdir/", "e"], truncated: false });
    expect(await list({ delimiter: "/", limit: 4 })).toMatchObject({
      shown: ["a", "b", "b", "Pdir/"],
      truncated: true,
    });
    expect((await list({ prefix: "dir/", delimiter: "/" })).shown).toEqual(["dir/1", "dir/2"]);
    expect((await list({ afterKey: "b" })).shown).toEqual(["dir/1", "dir/2", "e"]);
    expect((await list({ afterKey: "dir/", delimiter: "/" })).shown).toEqual(["e"]);
    const { entries } = await list({ prefix: "b" });
    const [first, second] = entries.flatMap((entry) => ("upload" in entry ? [entry.upload] : []));
    expect(first?.startedAt.getTime()).toBeLessThan(second?.startedAt.getTime() ?? 0);
    expect((await list({ afterKey: "b", afterUploadId: first?.uploadId ?? "" })).entries[0]).toEqual({
      upload: second,
    });
    expect(await list({ limit: 0 })).toMatchObject({ shown: [], truncated: false });
  });

  it("rolls up many uploads under one prefix as one", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    for (let at = 0; at < 60; at++) await startUpload(metadata, place, `dir/${at}`, { backends: [] });
    await startUpload(metadata, place, "e");
    const { entries } = await metadata.uploads.list(place.bucket.id, {
      prefix: "",
      delimiter: "/",
      afterKey: undefined,
      afterUploadId: undefined,
      limit: 10,
    });
    expect(entries).toMatchObject([{ commonPrefix: "dir/" }, { upload: { key: "e" } }]);
  });

  it("returns stale uploads, oldest first", async () => {
    const { metadata, clock } = store();
    const place = await openPlace(metadata);
    const old = [];
    for (const key of ["z", "y", "x"]) {
      old.push(await startUpload(metadata, place, key));
      clock.advance(1000);
    }
    const before = clock.now();
    await startUpload(metadata, place, "new");
    expect(await metadata.uploads.stale(before, 2)).toEqual(old.slice(0, 2));
    expect(await metadata.uploads.stale(before, 10)).toEqual(old);
  });
});
