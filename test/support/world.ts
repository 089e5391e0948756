/** A gateway over disks in the demo's cities, which holds `photos/trip/cat.jpg`. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { nodePlaces } from "../../src/cli/demo-places.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

export interface World extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** Of the disk in this city. */
  readonly directoryOf: (city: string) => string;
}

export const OBJECT = { Bucket: "photos", Key: "trip/cat.jpg" } as const;

/** `copies`: of every object. `cities`: how many of the five. Close it with `await using`. */
export async function openWorld(copies: number, cities = nodePlaces.length): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-world-"));
  const directoryOf = (city: string) => join(root, city);
  const regions = nodePlaces.slice(0, cities);
  const backends = regions.map(({ name }) => ({
    kind: "disk" as const,
    name,
    region: name,
    directory: directoryOf(name),
  }));
  const gateway = await startTestGateway({ backends, config: { regions, copies } });
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
