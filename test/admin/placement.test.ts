import { describe, expect, it, vi } from "vitest";
import { checkPlacement, judgePlacement } from "../../src/admin/checks/placement.ts";
import { watchSafety } from "../../src/admin/safety-watch.ts";
import { openLog } from "../../src/log.ts";
import { openRig } from "../support/rig.ts";

describe("the regions that buckets and blobs are kept in", () => {
  const bucket = (name: string, ...regions: string[]) => ({ name, settings: { placement: { regions } } });
  const blobs = (...regions: string[]) => ({ blobs: 3, wanted: { regions } });
  const at = (...regions: string[]) => regions.map((region) => ({ name: `in-${region}`, region }));
  const free = { name: "free", settings: { placement: "nearest-writer" as const } };

  it("are not spoken of where nobody names any", () => {
    expect(judgePlacement([free], [{ blobs: 2 }, { blobs: 1, wanted: { copies: 3 } }], at("eu"))).toEqual([]);
  });

  it("have a backend each, or it is told which has none, and what is kept there", () => {
    expect(judgePlacement([bucket("photos", "eu")], [blobs("ca")], at("ca", "eu"))).toMatchObject([{ level: "ok" }]);
    const findings = judgePlacement(
      [bucket("photos", "eu", "uk"), bucket("films", "uk")],
      [blobs("eu", "uk"), blobs("us"), blobs("uk")],
      at("eu"),
    );
    expect(findings.map(({ level, subject, says }) => [level, subject, says])).toEqual([
      ["warning", "uk", expect.stringContaining("2 buckets (photos, films) and 6 blobs are kept")],
      ["warning", "us", expect.stringContaining("0 buckets and 3 blobs are kept")],
    ]);
  });

  it("may have another name now: that is an error where no copy counts any more, and the old name is the way out", () => {
    const kept = (...backends: string[]) => ({ blobs: 2, backends, wanted: { regions: ["eu", "uk"] } });
    const backends = [
      { name: "one", region: "europe" },
      { name: "two", region: "uk" },
    ];
    const [half] = judgePlacement([], [kept("one", "two")], backends);
    expect(half).toMatchObject({
      level: "warning",
      subject: "eu",
      says: expect.stringMatching(/stand on one in europe$/),
    });
    const [gone] = judgePlacement([], [kept("one"), kept("two")], backends);
    expect(gone).toMatchObject({
      level: "error",
      says: expect.stringContaining("2 of the blobs have no copy in their"),
    });
    expect(gone?.remedy).toContain("give it the old one again");
  });

  it("are those of the database", async () => {
    await using rig = await openRig();
    await rig.metadata.buckets.updateSettings(rig.bucket.id, () => ({ placement: { regions: ["gone", "x", "y"] } }));
    await rig.put("key", Buffer.from("kept"), { wanted: { regions: ["x", "y"] } });
    const found = await checkPlacement(rig.metadata, [{ name: "a", region: "x" }]);
    expect(found.map(({ subject }) => subject)).toEqual(["gone", "y"]);
  });

  it("are told in the log when a gateway starts and no backend is there", async () => {
    await using rig = await openRig();
    await rig.put("key", Buffer.from("kept"), { wanted: { regions: ["x", "y", "z"] } });
    const { id } = await rig.blobOf("key");
    for (const name of ["a", "b", "c"]) await rig.metadata.blobs.setReplica(id, name, "verified");
    const lines: { region: string; copiesOn: string[] }[] = [];
    const log = openLog("warn", { write: (line) => void lines.push(JSON.parse(line)) });
    const fleet = { ...rig.fleet, members: () => rig.fleet.members().filter(({ region }) => region.name !== "y") };
    const watch = watchSafety({ holders: rig.metadata.holders, fleet, rule: { copies: 2 }, now: rig.clock.now, log });
    await vi.waitFor(() => expect(lines).toMatchObject([{ region: "y", blobs: 1, copiesOn: [], outside: 0 }]));
    await watch.close();
  });
});
