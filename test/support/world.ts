/** A gateway over five disks in the demo's five cities, each of which holds a copy of `photos/trip/cat.jpg`. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { nodePlaces } from "../../src/cli/demo-places.ts";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

export interface World extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** Of the disk in this city. */
  readonly directoryOf: (city: string) => string;
}

export const OBJECT = { Bucket: "photos", Key: "trip/cat.jpg" } as const;

/** `copies`: of every object. Close it with `await using`. */
export async function openWorld(copies: number, config: Partial<GatewayConfigInput> = {}): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-world-"));
  const directoryOf = (city: string) => join(root, city);
  const backends = nodePlaces.map(({ name }) => ({
    kind: "disk" as const,
    name,
    region: name,
    directory: directoryOf(name),
  }));
  const gateway = await startTestGateway({ backends, config: { regions: [...nodePlaces], copies, ...config } });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: OBJECT.Bucket }));
  await gateway.s3.send(new PutObjectCommand({ ...OBJECT, Body: randomBytes(300_000), ContentType: "image/jpeg" }));
  return {
    gateway,
    directoryOf,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}
