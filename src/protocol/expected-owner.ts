/** A caller may say whose bucket it believes to work on, so that a name taken over by somebody else gets nothing. */
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
