// The second look at a replica whose body broke off.
import { randomBytes } from "node:crypto";
import { expect, it, vi } from "vitest";
import { MemoryBackend } from "../../../src/backends/memory/backend.ts";
import { backendAt } from "../../backends/s3/support.ts";
import { startFaultyS3 } from "../../support/faulty-s3.ts";
import { openRig } from "../../support/rig.ts";
import { startS3Proxy } from "../../support/s3-proxy.ts";

const MIB = 1024 * 1024;
const WITHIN = { timeout: 20_000, interval: 10 };
const GET = { method: "GET", key: /^blobs\// } as const;

it("finds damage that lies behind what a proxy dropped when the store broke off", async () => {
  await using store = await startFaultyS3();
  await using proxy = await startS3Proxy(store.endpoint);
  const backends = [backendAt(proxy.url), new MemoryBackend({ name: "near", region: "here" })];
  await using rig = await openRig({ backends });
  const bytes = randomBytes(14 * MIB);
  await rig.put("key", bytes);
  proxy.script(GET, { do: "lag", bytes: 6 * MIB });
  // Byte 10 Mi is damaged; the second look begins at byte 4 Mi.
  store.script({ ...GET, nth: 1 }, { do: "disconnect", at: { responseBytes: 10 * MIB } });
  store.script({ ...GET, nth: 1 }, { do: "disconnect", at: { responseBytes: 6 * MIB } });
  expect(bytes.equals(await rig.get("key", { order: ["far", "near"] }))).toBe(true);
  await vi.waitFor(async () => {
    const states = (await rig.blobOf("key")).replicas.map(({ backend, state }) => `${backend} ${state}`);
    expect(states.sort()).toEqual(["far lost", "near verified"]);
  }, WITHIN);
});
