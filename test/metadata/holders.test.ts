import { expect, it } from "vitest";
import { claimAll, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

onBothEngines("Holders", (store) => {
  /** Three blobs on both stores, one of them under two names; one on Toronto alone; one nowhere; one without a name. */
  async function fill() {
    const { metadata } = store();
    const pictures = await openPlace(metadata);
    const music = await openPlace(metadata, "music", "bob");
    for (const text of ["a", "bb", "ccc"]) await pictures.put(text, text);
    await music.put("again", "x", { content: { kind: "known", ...(await knownOf(pictures, "a")) } });
    const alone = { content: await music.fresh("dddd", { backends: ["toronto"], copies: 1 }) };
    await music.put("alone", "dddd", alone);
    await pictures.put("alone-too", "dddd", { content: { kind: "known", ...(await knownOf(music, "alone")) } });
    await pictures.put("nowhere", "eeeee");
    const { id } = await pictures.blobOf("nowhere");
    for (const backend of ["amsterdam", "toronto"]) await metadata.blobs.setReplica(id, backend, "lost");
    await pictures.put("gone", "ffffff");
    await metadata.objects.delete(pictures.bucket.id, "gone");
    return metadata;
  }

  async function knownOf(place: Awaited<ReturnType<typeof openPlace>>, key: string) {
    const { id: blobId, size, etag } = await place.blobOf(key);
    return { blobId, size, etag };
  }

  it("counts blobs by who holds them", async () => {
    const metadata = await fill();
    const expected = [
      { backends: [], blobs: 1, objects: 1, bytes: 5 },
      { backends: ["amsterdam", "toronto"], blobs: 3, objects: 4, bytes: 6 },
      { backends: ["toronto"], blobs: 1, objects: 2, bytes: 4 },
    ];
    expect(await metadata.holders.sets()).toMatchObject(expected);
    while (await metadata.holders.addUp(2));
    expect(await metadata.holders.sets()).toMatchObject(expected);
    expect(await metadata.holders.all()).toContainEqual({
      ...{ backends: ["amsterdam", "toronto"], isReferenced: false, blobs: 1, objects: 0, bytes: 6, logicalBytes: 0 },
    });
  });

  it.each([1, 2, 50_000])("finds the buckets of blobs that have these holders, %s at a time", async (page) => {
    const metadata = await fill();
    const short = (await metadata.holders.sets()).filter(({ backends }) => backends.length < 2);
    expect(await metadata.holders.byBucket(short, page)).toEqual([
      { bucket: "music", objects: 1, bytes: 4 },
      { bucket: "pictures", objects: 2, bytes: 9 },
    ]);
    expect(await metadata.holders.byBucket([], page)).toEqual([]);
  });

  it("counts nothing where nothing is stored", async () => {
    const { metadata } = store();
    expect(await metadata.holders.all()).toEqual([]);
    expect(await metadata.holders.lost()).toEqual([]);
    expect(await metadata.holders.anyOn("toronto")).toBeUndefined();
  });

  it("counts the replicas that are not good", async () => {
    const metadata = await fill();
    expect(await metadata.holders.lost()).toEqual([
      { backend: "amsterdam", lost: 1 },
      { backend: "toronto", lost: 1 },
    ]);
  });

  it("finds a blob on a backend", async () => {
    const metadata = await fill();
    expect(await metadata.holders.anyOn("toronto")).toMatchObject({ storageKey: expect.stringMatching(/^blobs\//) });
  });

  it("tells which jobs fail and why, the most often failed first", async () => {
    const { metadata, clock } = store();
    for (const blobId of [1, 2, 3]) await metadata.jobs.add({ kind: "copy", blobId });
    await metadata.jobs.add({ kind: "digest", blobId: 9 });
    const at = new Date(clock.now().getTime() + 5000);
    for (const job of await claimAll(metadata))
      if (job.work.kind === "copy") await metadata.jobs.fail(job, at, job.work.blobId < 3 ? "away" : "full");
      else await metadata.jobs.finish(job);
    expect(await metadata.failingJobs(10)).toEqual([
      { kind: "copy", reason: "away", jobs: 2, attempts: 1, nextAt: at },
      { kind: "copy", reason: "full", jobs: 1, attempts: 1, nextAt: at },
    ]);
    expect(await metadata.failingJobs(1)).toHaveLength(1);
    expect([...metadata.jobs.finished]).toEqual([["digest", 1]]);
  });
});
