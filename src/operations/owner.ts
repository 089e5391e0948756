/** An account as S3's documents show an owner. */
import type { Account, Bucket } from "../model.ts";
import type { XmlContent } from "../protocol/xml.ts";

export function ownerOf({ name }: Pick<Account, "name">): XmlContent {
  return { ID: name, DisplayName: name };
}

const GRANTEE = 'Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"';

/** The one access control list there is: the bucket's owner may do everything, nobody else anything. */
export function ownerOnlyAcl({ owner }: Pick<Bucket, "owner">): XmlContent {
  return { Owner: ownerOf(owner), AccessControlList: { Grant: { [GRANTEE]: ownerOf(owner), Permission: "FULL_CONTROL" } } };
}
