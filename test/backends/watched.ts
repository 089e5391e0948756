/** A fleet of one, called "far", on a faulty S3. */
import { expect, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { type Fleet, openFleet } from "../../src/backends/fleet.ts";
import { openLog } from "../../src/log.ts";
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts";
import { registerAll } from "../support/registered.ts";
import { backendAt } from "./s3/support.ts";

export const regions = [{ name: "there", latitude: 1, longitude: 2 }];
export const HOUR = 3_600_000;

/** A fleet of one on a faulty S3; probes only when told, unless an interval is given. */
export async function watched(options: { readonly probeIntervalMs?: number; readonly probeTimeoutMs?: number } = {}) {
  const store = await startFaultyS3();
  const backends = [backendAt(store.endpoint)];
  const said: { level: number; msg: string; backend?: string; err?: { message: string } }[] = [];
  const fleet = openFleet({
    backends,
    regions,
    log: openLog("info", { write: (line) => void said.push(JSON.parse(line)) }),
    probeIntervalMs: HOUR,
    ...options,
  });
  await registerAll(fleet, backends);
  return {
    store,
    fleet,
    /** What it has logged since it was last asked. */
    said: () => said.splice(0),
    async [Symbol.asyncDispose]() {
      await fleet.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

export const only = (fleet: Fleet) => {
  const member = fleet.get("far");
  if (member === undefined) throw new Error("no member called far");
  return member;
};
export const isDown = (fleet: Fleet) => vi.waitFor(() => expect(only(fleet).up).toBe(false), { interval: 1 });
export const OBJECT = "nearbucket-identity";
export const probes = (store: FaultyS3) =>
  store.requests.filter(({ method, key }) => method === "HEAD" && key === OBJECT).length;
export const unavailable = new BackendError("far", "unavailable");
