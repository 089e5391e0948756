// A part counts only while some backend holds every part that counts: from such a backend the object can be made.
import { expect, it } from "vitest";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { startUpload } from "../support/uploads.ts";

const A = "amsterdam";
const B = "toronto";
const part = (partNumber: number, ...backends: string[]) => ({
  partNumber,
  size: 5,
  etag: `etag-${partNumber}`,
  checksum: undefined,
  backends,
});
const refused = { code: "ServiceUnavailable", headers: { "Retry-After": "2" } };

onBothEngines("The parts of an upload", (store) => {
  const open = async () => {
    const { metadata } = store();
    const { uploadId, bucketId, key } = await startUpload(metadata, await openPlace(metadata), "film");
    const put = (partNumber: number, ...backends: string[]) =>
      metadata.uploads.putPart(uploadId, part(partNumber, ...backends));
    const recorded = async () =>
      (await metadata.uploads.parts(uploadId, { after: 0, limit: 99 })).map((one) => [one.partNumber, ...one.backends]);
    const wholeOn = async () => (await metadata.uploads.find(bucketId, key, uploadId))?.wholeOn;
    return { uploadId, put, recorded, wholeOn };
  };

  it("may miss one backend as long as another has them all", async () => {
    const { put, recorded, wholeOn } = await open();
    await put(1, A, B);
    expect(await wholeOn()).toEqual([A, B]);
    await put(2, B);
    expect(await wholeOn()).toEqual([B]);
    await put(3, A, B);
    expect(await recorded()).toEqual([
      [1, A, B],
      [2, B],
      [3, A, B],
    ]);
  });

  it("are refused when no backend would have them all, and taken when they are sent again", async () => {
    const { put, recorded } = await open();
    await put(1, B);
    await expect(put(2, A)).rejects.toMatchObject(refused);
    await expect(put(3)).rejects.toMatchObject(refused);
    expect(await recorded()).toEqual([[1, B]]);
    await put(2, A, B);
    await put(3, B);
    await expect(put(2, A)).rejects.toMatchObject(refused);
    expect(await recorded()).toEqual([
      [1, B],
      [2, A, B],
      [3, B],
    ]);
  });

  it("that are sent again mend the backend that lacked them", async () => {
    const { put } = await open();
    await put(1, B);
    await put(1, A, B);
    await put(2, A);
    await put(2, B, A);
    await put(3, B);
    await put(3, B);
    await expect(put(4, A)).rejects.toMatchObject(refused);
    await put(3, A, B);
    await put(4, A);
  });

  it("that fail on one backend each at the same time leave one whole", async () => {
    for (let round = 0; round < 8; round++) {
      const { put, recorded } = await openRound(round);
      const outcomes = await Promise.allSettled([put(1, A), put(2, B), put(3, A, B)]);
      expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
      const held = await recorded();
      expect([A, B].some((backend) => held.every((one) => one.includes(backend)))).toBe(true);
    }
    async function openRound(round: number) {
      const { metadata } = store();
      const place = await openPlace(metadata, `bucket-${round}`, `account-${round}`);
      const { uploadId } = await startUpload(metadata, place, "film");
      return {
        put: (partNumber: number, ...backends: string[]) =>
          metadata.uploads.putPart(uploadId, part(partNumber, ...backends)),
        recorded: async () =>
          (await metadata.uploads.parts(uploadId, { after: 0, limit: 99 })).map(({ backends }) => backends),
      };
    }
  });

  it("are not held against a backend that only may have something", async () => {
    const { uploadId, put } = await open();
    const { uploads } = store().metadata;
    await uploads.touch(uploadId, "oslo");
    await uploads.touch(uploadId, "oslo");
    await uploads.touch(uploadId, A);
    await expect(put(1, "oslo")).rejects.toMatchObject(refused);
    await put(1, A);
    await uploads.touch("no such upload", "oslo");
  });
});
