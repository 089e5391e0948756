/**
 * The ETag of a blob that was adopted is what a service said. Most are made of the bytes; some only look like it. Until
 * the bytes were read or copied once, bytes that do not fit the ETag are no damage: the ETag may be none.
 */
import { adopterOf } from "../../backends/adopted-key.ts";
import { BackendError } from "../../backends/backend.ts";
import type { Blob, Digest } from "../../model.ts";
import { isReadable } from "./verify.ts";

/** Does it stand with its adopter alone? A copy elsewhere was held against the ETag. */
export function isUnproven({
  digest,
  storageKey,
  replicas,
}: Pick<Blob, "digest" | "storageKey" | "replicas">): boolean {
  const adopter = adopterOf(storageKey);
  if (digest !== undefined || adopter === undefined) return false;
  const [only, ...others] = replicas.filter(isReadable);
  return only?.backend === adopter && others.length === 0;
}

/** The adopter gave all bytes, under the right size and ETag, and the ETag is not made of them. */
export class OtherBytes extends BackendError {
  /** Of what it gave. */
  readonly digest: Digest;

  constructor(backend: string, digest: Digest, detail: string) {
    super(backend, "corrupt", { detail, isSuspicion: true });
    this.digest = digest;
  }
}
