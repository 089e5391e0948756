/**
 * The part of the composition root that opens the buckets which are taken over: of a source of the configuration, or of
 * a backend's service. Each is opened once, when it is asked for.
 */
import { openStore } from "./admin/open-store.ts";
import type { Backend } from "./backends/backend.ts";
import { type BackendConfig, openOldPlace } from "./backends/kinds.ts";
import type { OldPlace } from "./backends/old-place.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Metadata } from "./metadata/metadata.ts";
import type { OldBucket } from "./model.ts";
import { nameOfOld } from "./old-bucket.ts";
import type { AdoptingBackend } from "./takeover/adopt.ts";
import { askerHeaders } from "./takeover/asker.ts";
import type { OldPlaces } from "./takeover/takeover.ts";

type Adopting = AdoptingBackend & Pick<Backend, "close">;

const PROBE_MS = 30_000;

/** `declared`: the backends by now. */
export function openOldPlaces(
  sources: GatewayConfig["sources"],
  metadata: Pick<Metadata, "backends">,
  declared: () => readonly BackendConfig[],
): OldPlaces & { close(): Promise<void> } {
  const places = new Map<string, Promise<OldPlace>>();
  const backends = new Map<string, Promise<Adopting>>();
  const serviceNamed = (name: string) => {
    const service = sources.find((one) => one.name === name) ?? declared().find((one) => one.name === name);
    if (service === undefined) throw new Error(`the configuration names no source and no backend ${name}`);
    if (!("endpoint" in service)) throw new Error(`${name} is no S3 service`);
    return service;
  };
  const openPlace = async ({ service: name, bucket }: OldBucket) => {
    const service = serviceNamed(name);
    // In a backend's bucket stand its blobs too: they are nobody's old objects.
    const holder = declared().find(
      (one) => "endpoint" in one && one.endpoint === service.endpoint && one.bucket === bucket,
    );
    const prefix = holder !== undefined && "prefix" in holder ? holder.prefix : undefined;
    if (holder !== undefined && !prefix) throw new Error(`in ${bucket} stand the blobs of ${holder.name}`);
    return openOldPlace({ ...service, bucket, hidden: prefix, headers: await askerHeaders(metadata) });
  };
  const openAdopting = async ({ service: name, bucket }: OldBucket): Promise<Adopting> => {
    const config = declared().find((one) => one.name === name);
    if (config?.kind !== "s3") throw adoptsNothing(name);
    if (config.bucket !== bucket)
      throw new Error(`the bucket of ${name} is ${config.bucket}: in place, it adopts what stands there`);
    const registered = (await metadata.backends.list()).find((one) => one.name === name);
    if (registered === undefined)
      throw new Error(`${name} is not registered: start the gateway with this configuration once`);
    const backend = await openStore(config);
    try {
      if (backend.adoptable === undefined) throw adoptsNothing(name);
      // What stands in another store's bucket is nothing of this backend's.
      await backend.probe(AbortSignal.timeout(PROBE_MS), registered.identity);
      return { name, adoptable: backend.adoptable, close: () => backend.close() };
    } catch (error) {
      await backend.close();
      throw error;
    }
  };
  return {
    open: (old) => once(places, nameOfOld(old), () => openPlace(old)),
    adopting: (old) => once(backends, nameOfOld(old), () => openAdopting(old)),
    async close() {
      for (const opened of [...places.values(), ...backends.values()])
        await opened.then((one) => one.close()).catch(() => undefined);
    },
  };
}

function adoptsNothing(name: string): Error {
  return new Error(`${name} adopts nothing: it must be a backend of kind s3 with adopts: true`);
}

/** What could not be opened is tried again. */
function once<T>(opened: Map<string, Promise<T>>, name: string, open: () => Promise<T>): Promise<T> {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const opening = open();
  opened.set(name, opening);
  opening.catch(() => opened.delete(name));
  return opening;
}
