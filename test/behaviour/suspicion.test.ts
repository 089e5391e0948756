// A MinIO that answers SlowDownRead found damage, or lost sight of its own disks for a moment: such a copy is replaced
// while the other can be read, and the last copy never counts as lost because of it.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import type { Fault, Match } from "../support/faulty-s3-script.ts";
import { openRigOver, statesOf } from "../support/rig.ts";
import { requests } from "../support/upload-in-parts.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const GET: Match = { method: "GET", key: /^blobs\// };
const UNREADABLE: Fault = { do: "status", status: 503, code: "SlowDownRead" };

describe.each([
  ["small", randomBytes(10_000)],
  ["large", randomBytes(3 * 1024 * 1024)],
])("a %s blob", (_, bytes) => {
  async function stored() {
    const s = await openRigOver(await startFarStores(2));
    await s.rig.put("key", bytes);
    return s;
  }

  it("is read from the other store at once, and copied again from there", async () => {
    await using s = await stored();
    s.stores.store("a").script({ ...GET, nth: 1 }, UNREADABLE);
    expect(sha256(await s.rig.get("key", { order: ["a", "b"] }))).toBe(sha256(bytes));
    expect(requests(s.stores, "a", "GET")).toHaveLength(1);
    expect(await statesOf(s.rig, "key")).toEqual({ a: "lost", b: "verified" });
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toEqual({ a: "verified", b: "verified" });
  });

  it("keeps a copy when both stores answer so to one read, which may be repeated", async () => {
    await using s = await stored();
    for (const name of ["a", "b"]) s.stores.store(name).script({ ...GET, nth: 1 }, UNREADABLE);
    await expect(s.rig.get("key", { order: ["a", "b"] })).rejects.toMatchObject({ code: "ServiceUnavailable" });
    expect(await statesOf(s.rig, "key")).toEqual({ a: "lost", b: "verified" });
    expect(sha256(await s.rig.get("key"))).toBe(sha256(bytes));
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toEqual({ a: "verified", b: "verified" });
  });

  it("keeps a copy when both stores answer so at the same moment", async () => {
    await using s = await stored();
    for (const name of ["a", "b"]) s.stores.store(name).script(GET, UNREADABLE);
    const reads = [
      ["a", "b"],
      ["b", "a"],
    ].map((order) => s.rig.get("key", { order }));
    expect((await Promise.allSettled(reads)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(Object.values(await statesOf(s.rig, "key")).sort()).toEqual(["lost", "verified"]);
  });

  it("keeps both copies when the other store is down", async () => {
    await using s = await stored();
    await s.stores.store("b").stop();
    await s.rig.fleet.probeNow();
    s.stores.store("a").script(GET, UNREADABLE);
    await expect(s.rig.get("key")).rejects.toMatchObject({ code: "ServiceUnavailable" });
    expect(await statesOf(s.rig, "key")).toEqual({ a: "verified", b: "verified" });
  });
});
