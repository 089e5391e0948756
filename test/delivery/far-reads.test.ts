// Which reads are noted as coming from a region that has no copy.
import { expect, it } from "vitest";
import { bench, replica, request, trusted } from "./support.ts";

const rule = { afterReads: 3, max: 1, ttlHours: 1 };
const AMSTERDAM = "52,5";
const TORONTO = "43,-79";

async function notedBench(readReplicas: typeof rule | undefined) {
  const noted: string[] = [];
  const noteFarRead = (blobId: number, region: string) => void noted.push(`${blobId} ${region}`);
  return { ...(await bench({ readReplicas, noteFarRead })), noted };
}
const inToronto = (more: object = {}) => ({ blob: { ...request().blob, replicas: [replica("toronto")], ...more } });
const inBucket = (readReplicas: typeof rule | "off") => ({
  bucket: { ...request().bucket, settings: { readReplicas } },
});

it("notes reads by clients whose closest region has no copy, and none by others", async () => {
  const { delivery, noted } = await notedBench(rule);
  delivery.route(trusted(AMSTERDAM, inToronto()));
  delivery.route(trusted(TORONTO, inToronto()));
  delivery.route(trusted(AMSTERDAM));
  delivery.route(request(inToronto()));
  delivery.explain(trusted(AMSTERDAM, inToronto()));
  expect(noted).toEqual(["1 amsterdam"]);
});

it("notes those that a copy for readers answers: it is kept as long as they go on", async () => {
  const { delivery, noted } = await notedBench(rule);
  const route = delivery.route(
    trusted(AMSTERDAM, inToronto({ replicas: [replica("toronto"), replica("amsterdam", "reader")] })),
  );
  expect(route.kind === "redirect" ? route.backend : route.order[0]).toBe("amsterdam");
  expect(noted).toEqual(["1 amsterdam"]);
});

it("notes none of blobs that may not stand there", async () => {
  const { delivery, noted } = await notedBench(rule);
  delivery.route(trusted(AMSTERDAM, inToronto({ wanted: { regions: ["toronto"] } })));
  expect(noted).toEqual([]);
});

it("follows the bucket before the gateway", async () => {
  const on = await notedBench(rule);
  on.delivery.route(trusted(AMSTERDAM, { ...inToronto(), ...inBucket("off") }));
  expect(on.noted).toEqual([]);
  const off = await notedBench(undefined);
  off.delivery.route(trusted(AMSTERDAM, inToronto()));
  off.delivery.route(trusted(AMSTERDAM, { ...inToronto(), ...inBucket(rule) }));
  expect(off.noted).toEqual(["1 amsterdam"]);
});
