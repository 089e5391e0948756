/** A caller may name the owner it expects a bucket to have, so that it gives nothing to another account's bucket. */
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";

/** Throws AccessDenied when `header` names another account than the bucket's owner. */
export function checkExpectedOwner(
  headers: HeaderFields,
  header: "x-amz-expected-bucket-owner" | "x-amz-source-expected-bucket-owner",
  bucket: { readonly owner: { readonly name: string } },
): void {
  const expected = headers[header];
  if (expected !== undefined && expected !== bucket.owner.name) throw new S3Error("AccessDenied");
}
