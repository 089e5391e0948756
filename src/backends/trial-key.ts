/** The names of objects by which a store is tried: no storage key looks so, and each stands there for seconds only. */
import { randomBytes } from "node:crypto";
import type { ListedBlob } from "./backend.ts";

/** Where blobs stand, so that the key that signs redirects may read there. */
const PREFIX = "blobs/nearbucket-doctor-";
const LONGEST_MS = 3_600_000;

export function newTrialKey(): string {
  return `${PREFIX}${randomBytes(8).toString("hex")}`;
}

/** Is that an object by which the store is tried now? An older one is what a crash left there. */
export function isTriedNow({ key, modifiedAt }: ListedBlob, now: Date): boolean {
  return key.startsWith(PREFIX) && now.getTime() - modifiedAt.getTime() < LONGEST_MS;
}
