/**
 * A large body -> `copies` backends at the pace of the slowest, hashed on the way, never more than a chunk of it here.
 * Its last chunk waits until claims and dedup are settled, so that what is wrong or known becomes visible nowhere.
 */
import type { BackendError } from "../../backends/backend.ts";
import { computed, type Digests } from "../../checksums/digest.ts";
import type { Digest } from "../../model.ts";
import type { Site } from "../replicas/placement.ts";
import { hopeless, tooFewBackends } from "../replicas/placer.ts";
import { type Outlet, writeToAll } from "../replicas/replica-writer.ts";
import { spread } from "./add-replicas.ts";
import { agreedEtag } from "./agreed-etag.ts";
import type { BytesIn } from "./body-source.ts";
import { openOutlet, type Stores } from "./context.ts";
import type { Written } from "./put-buffer.ts";
import { pour } from "./verified-body.ts";

/**
 * `isKnown` is asked once all bytes are there and right (with their md5 only if it had to be computed); true: the fresh
 * copies are dropped and `written` is undefined. Throws S3Error: what the client did wrong, or ServiceUnavailable as
 * soon as too few backends are left. The name is discarded then.
 */
export async function writeStream(
  stores: Stores,
  bytes: BytesIn,
  needed: number,
  isKnown: (sha256: Digest, md5: string | undefined) => Promise<boolean>,
): Promise<{ readonly digests: Digests; readonly written: Written | undefined }> {
  const { sites, names } = stores;
  const name = await names.take();
  const giveUp = new AbortController();
  const failures: BackendError[] = [];
  const outlets: Outlet[] = [];
  const tried = new Set<string>();
  const checkHope = () => {
    const alive = sitesOf(outlets);
    if (alive.length === 0 || !sites.canBeEnough(alive, hopeless(failures), needed))
      giveUp.abort(tooFewBackends(failures));
  };
  const noteFailure = (failure: BackendError) => {
    failures.push(failure);
    checkHope();
  };
  try {
    for (const member of sites.draw([], tried)) {
      tried.add(member.backend.name);
      outlets.push(openOutlet(stores, member, () => member.backend.write(name, bytes.size), noteFailure));
    }
    const write = (chunk: Buffer) => {
      // A backend that failed may be found to be down only later.
      if (failures.length > 0) checkHope();
      return writeToAll(outlets, chunk);
    };
    // Two stores that name the same md5 spare us a third one: it is what a stream costs most.
    const { digests, last } = await pour(bytes, { sha256: true, md5: outlets.length < 2 }, write, giveUp.signal);
    const sha256 = computed(digests.sha256);
    if (await isKnown(sha256, digests.md5)) {
      await abandon(stores, outlets, name);
      return { digests, written: undefined };
    }
    if (last !== undefined) await writeToAll(outlets, last);
    await Promise.all(outlets.map((outlet) => outlet.finish(digests.md5)));
    const stored = { name, size: bytes.size, digest: sha256, layout: undefined };
    const etag = digests.md5 ?? (await agreedEtag(sites.fleet, outlets, stored));
    if (etag === undefined) throw tooFewBackends(failures);
    const whole = { ...stored, etag };
    const elsewhere = await spread(stores, whole, sitesOf(outlets), tried, failures);
    const held = await spread(stores, whole, elsewhere, hopeless(failures), failures);
    if (!sites.isEnough(held, needed)) throw tooFewBackends(failures);
    return { digests: { ...digests, md5: etag }, written: { name, backends: held.map((site) => site.name) } };
  } catch (error) {
    await abandon(stores, outlets, name);
    throw error;
  }
}

function sitesOf(outlets: readonly Outlet[]): readonly Site[] {
  return outlets.filter((outlet) => outlet.failure === undefined).map((outlet) => outlet.site);
}

async function abandon(stores: Stores, outlets: readonly Outlet[], name: string): Promise<void> {
  for (const outlet of outlets) outlet.abort();
  await stores.names.discard(name);
}
