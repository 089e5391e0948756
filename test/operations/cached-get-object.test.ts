// GetObject of a small object that is read again: the bytes come from memory; the answer is otherwise the same.
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

async function putHot(key: string): Promise<void> {
  await on.put(key, "0123456789", { "content-type": "text/plain" });
  for (let n = 0; n < 2; n++) await on.get(key);
}

describe("an object read for the third time", () => {
  it("comes from memory, and the answer says so and names no region", async () => {
    await on.put("hot", "0123456789", { "content-type": "text/plain" });
    const answers = [await on.get("hot"), await on.get("hot"), await on.get("hot")];
    const served = answers.map(({ headers }) => String(headers["x-nearbucket-served"]).split(";")[0]);
    expect(served).toEqual(["proxy", "proxy", "memory"]);
    const [, second, third] = answers.map(({ status, text, headers }) => ({ status, text, headers: { ...headers } }));
    for (const { headers } of [second, third].flatMap((one) => one ?? []))
      for (const name of ["x-amz-request-id", "x-amz-id-2", "date", "x-nearbucket-served", "x-nearbucket-region"])
        delete headers[name];
    expect(third).toEqual(second);
    expect(answers[1]?.headers["x-nearbucket-region"]).toBeDefined();
    expect(answers[2]?.headers["x-nearbucket-region"]).toBeUndefined();
  });

  it("serves ranges and conditions", async () => {
    await putHot("ranged");
    const answer = await on.get("ranged", { range: "bytes=4-6" });
    expect(answer).toMatchObject({ status: 206, text: "456" });
    expect(answer.headers["x-nearbucket-served"]).toMatch(/^memory/);
    expect(await on.get("ranged", { "if-match": '"other"' })).toMatchObject({ status: 412 });
  });

  it("is refused to the same callers as before", async () => {
    await putHot("private");
    const other = await on.gateway.addAccount("other");
    await expect(other.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "private" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
    expect((await fetch(`${on.gateway.url}/${BUCKET}/private`)).status).toBe(403);
  });

  it("is gone after its deletion, and new after it was overwritten", async () => {
    await putHot("changing");
    await on.put("changing", "other");
    expect(await on.get("changing")).toMatchObject({ status: 200, text: "other" });
    await on.ok("DELETE", "changing");
    expect(await on.get("changing")).toMatchObject({ status: 404, code: "NoSuchKey" });
  });

  it("is counted", async () => {
    await putHot("counted");
    const count = async () => {
      const text = await (await fetch(`${on.gateway.url}/-/metrics`)).text();
      return Number(/^nearbucket_cache_reads_total\{outcome="hit"\} (\d+)$/m.exec(text)?.[1]);
    };
    const before = await count();
    await on.get("counted");
    expect(await count()).toBe(before + 1);
  });
});
