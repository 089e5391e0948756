/**
 * What an access key may do of all that its account may: pure. It only ever takes away; what remains is asked of the
 * access control lists (access.ts). Names alone decide, so that it is asked before anything is looked up.
 */
import ipaddr from "ipaddr.js";
import type { KeyScope, Place } from "../model.ts";
import type { Action } from "./access.ts";

/** What a request names. A listing names the `prefix` it asks for, what is for an object its `key`. */
export interface Named {
  readonly bucket: string | undefined;
  readonly key?: string | undefined;
  readonly prefix?: string | undefined;
}

const READS = /^s3:(Get|List)/;

/** Actions that show only what begins with the prefix they ask for; without one (HeadBucket) only that it exists. */
const LISTINGS: ReadonlySet<Action> = new Set<Action>([
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:ListBucketMultipartUploads",
]);

/** Actions on a bucket that are open to whoever may reach anything in it. */
const OF_ANY_PLACE: ReadonlySet<Action> = new Set<Action>([
  "s3:GetBucketLocation",
  // DeleteObjects, which asks again for each key.
  "s3:DeleteObject",
]);

/** Is the action, on what is named, within the scope? Listing one's buckets is: they are those of the scope. */
export function scopeAllows({ readOnly, places }: KeyScope, action: Action, named: Named): boolean {
  if (readOnly === true && !READS.test(action)) return false;
  return places === undefined || named.bucket === undefined || places.some((place) => holds(place, action, named));
}

/** May requests of this key come from this address? One that is no address lies in no network. */
export function networksAllow({ networks }: KeyScope, address: string): boolean {
  if (networks === undefined) return true;
  if (!ipaddr.isValid(address)) return false;
  const from = ipaddr.process(address);
  return networks.some((network) => {
    const [base, bits] = network.includes("/") ? ipaddr.parseCIDR(network) : wholeAddress(network);
    return base.kind() === from.kind() && from.match(base, bits);
  });
}

function holds({ bucket, prefix }: Place, action: Action, named: Named): boolean {
  if (bucket !== named.bucket) return false;
  if (prefix === "" || OF_ANY_PLACE.has(action)) return named.key?.startsWith(prefix) ?? true;
  if (LISTINGS.has(action)) return named.prefix?.startsWith(prefix) ?? true;
  return named.key?.startsWith(prefix) ?? false;
}

function wholeAddress(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
