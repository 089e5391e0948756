// One store is left of those that received a large write: the copy that replaces the others also proves its bytes.
// Shows I4 of docs/durability.md.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import { bytesOf, openRig } from "../support/rig.ts";
import { requests } from "../support/upload-in-parts.ts";

const PUT = { method: "PUT", key: /^blobs\// } as const;
const bytes = randomBytes(3 * 1024 * 1024);
const md5 = createHash("md5").update(bytes).digest("hex");
const keepsHalf = { do: "truncate", keep: 2_500, etagOf: "received" } as const;

describe("the only survivor of a large write", () => {
  it("is read once before the answer", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    far.store("b").script(PUT, { do: "disconnect", at: "received" });
    const content = await rig.put("key", bytes);
    expect(content).toMatchObject({ backends: ["a", "c"], touched: ["b"] });
    expect(requests(far, "a", "GET")).toHaveLength(1);
    expect(requests(far, "c", "GET")).toHaveLength(0);
  });

  it("is read once also when it is enough and nobody takes a copy", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    far.store("b").script(PUT, { do: "status", status: 403 });
    expect(await rig.put("key", bytes, { minimumCopies: 1 })).toMatchObject({ backends: ["a"], touched: ["b"] });
    expect(requests(far, "a", "GET")).toHaveLength(1);
  });

  it.each([
    ["and no other store is left", 2],
    ["and another takes no copy of it", 3],
  ] as const)("that holds other bytes than it says is no copy when one is enough %s", async (_, count) => {
    await using far = await startFarStores(count);
    await using rig = await openRig({ backends: far.backends });
    far.store("a").script(PUT, keepsHalf);
    far.store("b").script(PUT, { do: "disconnect", at: "received" });
    await expect(rig.blobs.put(bytesOf(bytes), { scope: rig.scope, minimumCopies: 1 })).rejects.toMatchObject({
      code: "ServiceUnavailable",
    });
  });

  it("that a copy disproved does not count, although it named the right md5", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    far.store("a").script(PUT, keepsHalf);
    far.store("b").script(PUT, { do: "disconnect", at: "received" });
    await expect(
      rig.blobs.put(bytesOf(bytes, { claims: { md5 } }), { scope: rig.scope, minimumCopies: 1 }),
    ).rejects.toMatchObject({ code: "ServiceUnavailable" });
  });
});

describe("a source that a copy disproves", () => {
  it("is left for another one, and has a row to be cleaned up by", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, copies: 3, minimumCopies: 2 });
    far.store("a").script(PUT, keepsHalf);
    far.store("c").script({ ...PUT, nth: 1 }, { do: "disconnect", at: "received" });
    const content = await rig.put("key", bytes);
    expect(content).toMatchObject({ backends: ["b", "c"], touched: ["a"] });
    const { replicas } = await rig.blobOf("key");
    expect(replicas).toContainEqual(expect.objectContaining({ backend: "a", state: "lost" }));
  });
});
