// A store behind a slow line, of which the buffers before it take more than arrives within the time after which a call
// stands still: it is used as any other.
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { backendAt } from "../backends/s3/support.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { openRig } from "../support/rig.ts";
import { openSlowLine } from "../support/slow-line.ts";

const KIB = 1024;

it.each([
  ["at once", KIB * KIB],
  ["as a stream", 64 * KIB],
])("writes that arrive long after they were sent %s are no failures, and stay", async (_, bufferBytes) => {
  await using store = await startFaultyS3();
  await using line = await openSlowLine(store.endpoint, 512 * KIB);
  const slow = backendAt(line.url, { name: "slow", region: "x", capacity: 1e12 });
  const others = ["y", "z"].map((region) => new MemoryBackend({ name: region, region }));
  await using rig = await openRig({ backends: [slow, ...others], bufferBytes, stillMs: 200 });
  // Each takes a second or more, and nothing is known of the line at the first.
  for (const key of ["first", "second"]) {
    const bytes = randomBytes(700 * KIB);
    const content = await rig.put(key, bytes);
    expect(content).toMatchObject({ backends: expect.arrayContaining(["slow"]), touched: [] });
  }
  expect(rig.fleet.get("slow")?.writes).toMatchObject({ state: "closed", errorRate: 0 });
});
