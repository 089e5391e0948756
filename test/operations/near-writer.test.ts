// Buckets that want the first copy of an object near whoever writes it.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { apiClient } from "../support/api.ts";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

/** Regions lie 10 degrees apart on the equator. */
const fromRegion = (number: number) => ({ "x-nearbucket-client": `1,${(number - 1) * 10 + 1}` });

async function openNear(placement = "nearest-writer"): Promise<OpenBucket> {
  const on = await openBucket({ backends: 6 });
  const set = await apiClient(on.gateway)("PATCH", `/buckets/${BUCKET}`, { body: { placement } });
  expect(set.status).toBe(200);
  return on;
}

const regionsOf = async (on: OpenBucket, key: string): Promise<readonly string[]> => {
  const { document } = await apiClient(on.gateway)("GET", "/objects", { query: { bucket: BUCKET, key } });
  return document.replicas.map(({ region }: { region: string }) => region);
};

describe("the first copy", () => {
  it.each([
    ["small", 1000],
    ["large", 9 * 1024 * 1024],
  ])("stands closest to the writer, and the other in any other region, %s", async (_size, size) => {
    await using on = await openNear();
    for (const number of [1, 3, 6, 3]) {
      const key = `key-${number}`;
      await on.put(key, randomBytes(size), fromRegion(number));
      const regions = await regionsOf(on, key);
      expect(regions).toContain(`region-${number}`);
      expect(new Set(regions).size).toBe(2);
    }
  });

  it("of an upload in parts does too", async () => {
    await using on = await openNear();
    const headers = fromRegion(5);
    const [uploadId] = texts(await on.ok("POST", "parts?uploads", { headers }), "UploadId");
    const part = await on.ok("PUT", `parts?partNumber=1&uploadId=${uploadId}`, { body: "one" });
    const list = `<Part><PartNumber>1</PartNumber><ETag>${part.headers["etag"]}</ETag></Part>`;
    const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
    await on.ok("POST", `parts?uploadId=${uploadId}`, { body });
    expect(await regionsOf(on, "parts")).toContain("region-5");
  });

  it("goes to the next region while none can be written in the closest", async () => {
    await using on = await openNear();
    const { metadata, fleet } = on.gateway.gateway;
    await metadata.backends.setState("store-3", "draining");
    fleet.setRegistrations(await metadata.backends.list());
    await on.put("key", "x", { "x-nearbucket-client": "1,21" });
    const regions = await regionsOf(on, "key");
    expect(regions).not.toContain("region-3");
    expect(regions).toContain("region-4");
  });

  it("is drawn as ever when nobody knows where the writer is", async () => {
    await using on = await openNear();
    await on.put("key", "x");
    expect(new Set(await regionsOf(on, "key")).size).toBe(2);
  });

  it("is drawn as ever where the bucket does not want it", async () => {
    await using on = await openNear("any");
    const seen = new Set<string>();
    for (let at = 0; at < 40; at++) {
      await on.put(`key-${at}`, `x${at}`, fromRegion(1));
      if (!(await regionsOf(on, `key-${at}`)).includes("region-1")) seen.add("elsewhere");
    }
    expect(seen.size).toBe(1);
  });
});
