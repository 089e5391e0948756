import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiClient, apiClient } from "../support/api.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
let call: ApiClient;
beforeAll(async () => {
  on = await openBucket({ config: { publicAccess: "allowed", graceHours: 3 } });
  call = apiClient(on.gateway);
});
afterAll(() => on[Symbol.asyncDispose]());

const look = async (key: string, as = call) => as("GET", "/objects", { query: { bucket: "bucket", key } });

describe("an object's details", () => {
  it("tell its copies, its digest, and the names of the same bytes", async () => {
    await on.put("details/a", "the same", { "content-type": "text/x" });
    await on.put("details/b", "the same");
    const { document } = await look("details/b");
    expect(document).toMatchObject({
      ...{ bucket: "bucket", key: "details/b", size: 8, freesBytes: 0 },
      etag: createHash("md5").update("the same").digest("hex"),
      digest: createHash("sha256").update("the same").digest("hex"),
      names: {
        count: 2,
        listed: [
          { bucket: "bucket", key: "details/b" },
          { bucket: "bucket", key: "details/a" },
        ],
      },
    });
    expect(document.replicas).toHaveLength(2);
    for (const { backend, region, state, up } of document.replicas)
      expect({ region, state, up }).toEqual({
        region: backend.replace("store", "region"),
        state: "verified",
        up: true,
      });
    expect((await look("details/a")).document.contentType).toBe("text/x");
  });

  it("say that a delete frees the bytes when nothing else refers to them", async () => {
    await on.put("details/only", "nowhere else");
    expect((await look("details/only")).document).toMatchObject({ freesBytes: 12, names: { count: 1 } });
  });

  it("name no object of another account, nor one beside the key's scope", async () => {
    await on.put("open/k", "to be read by all", { "x-amz-acl": "public-read" });
    await on.put("details/hidden", "to be read by all");
    const stranger = apiClient(on.gateway, await on.gateway.addAccount("stranger"));
    const own = [{ bucket: "bucket", key: "open/k" }];
    expect((await look("open/k", stranger)).document.names).toEqual({ count: 1, listed: own });
    const scope = { places: [{ bucket: "bucket", prefix: "open/" }] };
    const limited = apiClient(on.gateway, await on.gateway.addAccount("root", { scope }));
    expect((await look("open/k", limited)).document.names).toEqual({ count: 1, listed: own });
    expect((await look("open/k")).document.names.count).toBe(2);
    expect((await look("details/hidden", stranger)).document.code).toBe("AccessDenied");
    expect((await look("details/hidden", limited)).document.code).toBe("AccessDenied");
    expect((await look("missing")).document.code).toBe("NoSuchKey");
  });

  it("list a hundred names, the object's own first", async () => {
    for (let n = 0; n < 101; n++) await on.put(`names/${n}`, "often");
    const { count, listed } = (await look("names/100")).document.names;
    expect([count, listed.length, listed[0].key]).toEqual([101, 100, "names/100"]);
  });
});

describe("the preview of a delete", () => {
  const preview = (body: object, as = call) => as("POST", "/delete-preview", { body: { bucket: "bucket", ...body } });

  it("frees what nothing else refers to, each blob once, after the grace", async () => {
    await on.put("preview/1", "four");
    await on.put("preview/2", "four");
    await on.put("preview/3", "sixsix");
    await on.put("beside", "sixsix");
    const { document } = await preview({ prefix: "preview/" });
    expect(document).toMatchObject({ objects: 3, logicalBytes: 14, freesBytes: 4, truncated: false });
    expect(Date.parse(document.freedAt) - Date.now()).toBeGreaterThan(3 * 3_600_000 - 60_000);
    const some = await preview({ keys: ["preview/1", "preview/3", "beside", "missing"] });
    expect(some.document).toMatchObject({ objects: 3, logicalBytes: 16, freesBytes: 6, truncated: false });
    expect((await on.get("preview/1")).text).toBe("four");
  });

  it("is true of what the delete then leaves", async () => {
    await on.put("gone/1", "to be freed");
    await on.put("gone/2", "to be freed");
    const { uniqueBytes } = await on.gateway.gateway.stats();
    const { document } = await preview({ prefix: "gone/" });
    for (const key of ["gone/1", "gone/2"]) await on.ok("DELETE", key);
    expect(uniqueBytes - (await on.gateway.gateway.stats()).uniqueBytes).toBe(document.freesBytes);
  });

  it("takes either keys or a prefix", async () => {
    expect((await preview({})).document.code).toBe("BadRequest");
    expect((await preview({ keys: ["a"], prefix: "b" })).document.code).toBe("BadRequest");
  });

  it("is for those who may delete there", async () => {
    const scope = { places: [{ bucket: "bucket", prefix: "preview/" }] };
    const key = { accessKeyId: "AKIAPREVIEW", scope };
    const limited = apiClient(on.gateway, await on.gateway.addAccount("root", key));
    expect((await preview({ prefix: "preview/1" }, limited)).status).toBe(200);
    expect((await preview({ prefix: "prev" }, limited)).document.code).toBe("AccessDenied");
    expect((await preview({ keys: ["preview/1", "beside"] }, limited)).document.code).toBe("AccessDenied");
    const readOnly = { accessKeyId: "AKIAREAD", scope: { readOnly: true } } as const;
    const reads = apiClient(on.gateway, await on.gateway.addAccount("root", readOnly));
    expect((await preview({ prefix: "" }, reads)).document.code).toBe("AccessDenied");
    const stranger = apiClient(on.gateway, await on.gateway.addAccount("passer-by"));
    expect((await preview({ prefix: "" }, stranger)).document.code).toBe("AccessDenied");
    expect((await preview({ bucket: "nothing", prefix: "" })).document.code).toBe("NoSuchBucket");
  });
});
