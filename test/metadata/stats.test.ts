import { describe, expect, it } from "vitest";
import { presentBackends, type RegisteredBackend } from "../../src/metadata/backends.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

onBothEngines("Stats", (store) => {
  it("count good copies on the given backends, and the blobs that have too few", async () => {
    const { metadata } = store();
    const { put, fresh, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    await put("b", "other", { content: await fresh("other", { backends: ["toronto", "singapore"] }) });
    await put("c", "third", { content: await fresh("third", { backends: ["toronto"], copies: 1 }) });
    await metadata.blobs.setReplica((await blobOf("b")).id, "toronto", "lost");
    const report = async (present?: readonly string[]) => {
      const { replicas, storedBytes, underReplicated } = await metadata.stats.report(2, present);
      return [replicas, storedBytes, underReplicated];
    };
    expect(await report()).toEqual([4, 20, 2]);
    expect(await report(["amsterdam", "toronto", "singapore"])).toEqual([4, 20, 2]);
    expect(await report(["amsterdam", "singapore"])).toEqual([2, 10, 3]);
    expect(await report([])).toEqual([0, 0, 3]);
  });
});

describe("the backends that count", () => {
  const seen = (name: string, minute: number, change: Partial<RegisteredBackend> = {}): RegisteredBackend => ({
    name,
    identity: name,
    state: "attached",
    config: undefined,
    registeredAt: new Date(0),
    seenAt: new Date(minute * 60_000),
    lostAt: undefined,
    abilities: undefined,
    ...change,
  });

  it("are attached, not lost, and seen within the grace while any was", () => {
    const all = [
      seen("a", 100),
      seen("b", 90),
      seen("c", 89),
      seen("d", 100, { state: "draining" }),
      seen("e", 100, { state: "removed" }),
      seen("f", 100, { lostAt: new Date(0) }),
    ];
    expect(presentBackends(all, 600_000)).toEqual(["a", "b"]);
    expect(presentBackends([], 600_000)).toEqual([]);
  });
});
