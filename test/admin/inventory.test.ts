// What operators hear of inventories: how old they are, and what is held.
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { checkInventories } from "../../src/admin/checks/inventory.ts";
import { startTestGateway } from "../support/gateway.ts";
import { openRig } from "../support/rig.ts";

const HOUR = 3_600_000;
const FOUND = { replicas: 9, quarantined: 3, bytes: 30 };

it("the doctor names a backend whose inventory is late, never came, or found much", async () => {
  await using rig = await openRig();
  const { metadata, clock } = rig;
  const walkedAt = clock.now().getTime();
  await metadata.jobs.add({ kind: "inventory", backend: "a", found: { ...FOUND, walkedAt } });
  await metadata.jobs.add({ kind: "inventory", backend: "b", found: { ...FOUND, walkedAt, heldAt: walkedAt } });
  const look = async () =>
    (await checkInventories({ metadata, hours: 2, now: clock.now() })).map(({ check, subject, level }) => [
      check,
      subject,
      level,
    ]);
  clock.advance(6 * HOUR);
  expect(await look()).toEqual([
    ["inventory", "a", "ok"],
    ["inventory", "b", "ok"],
    ["orphans", "b", "warning"],
    ["inventory", "c", "ok"],
  ]);
  clock.advance(1);
  await metadata.backends.setState("b", "removed");
  expect(await look()).toEqual([
    ["inventory", "a", "warning"],
    ["inventory", "c", "warning"],
  ]);
});

it("metrics tell the age of each inventory, and what is in quarantine", async () => {
  await using gateway = await startTestGateway({ backends: 2 });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  const lines = async () => (await (await fetch(`${gateway.url}/-/metrics`)).text()).split("\n");
  const age = async () =>
    (await lines()).map((line) => /^nearbucket_inventory_age_seconds.*store-1"} (\S+)$/.exec(line)?.[1]).find(Boolean);
  await expect.poll(age, { timeout: 15_000 }).toBeDefined();
  const before = Number(await age());
  gateway.clock.advance(2 * HOUR);
  expect(Number(await age()) - before).toBeGreaterThanOrEqual(7200);
  expect(await lines()).toContain('nearbucket_quarantined{backend="store-1"} 0');
  const sink = gateway.gateway.fleet.get("store-1")?.backend.write("blobs/ab/stray", 5);
  await sink?.write(Buffer.from("stray"));
  expect(await sink?.finish(undefined)).toBe(true);
  gateway.clock.advance(22 * HOUR);
  await expect.poll(lines, { timeout: 15_000 }).toContain('nearbucket_quarantined{backend="store-1"} 1');
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'nearbucket_quarantined_bytes{backend="store-1"} 5',
      'nearbucket_quarantine_held{backend="store-1"} 0',
      'nearbucket_quarantined{backend="store-2"} 0',
    ]),
  );
});
