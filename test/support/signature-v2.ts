/** Signature Version 2 computed by hand, as old clients do. */
import { createHmac } from "node:crypto";
import { canonicalHeaders, splitOnce } from "./request-text.ts";

const SIGNED_IN_V2 =
  /^(acl|cors|delete|lifecycle|location|logging|notification|partNumber|policy|requestPayment|restore|tagging|torrent|upload(Id|s)|version(Id|ing|s)|website|response-.*)$/;

export interface SignedInV2 {
  readonly options: { readonly secretAccessKey: string };
  readonly request: { readonly virtualBucket?: string };
  readonly method: string;
  readonly path: string;
  readonly query: string;
}

/** `date`: of the Date header, or of Expires. */
export function signatureV2(
  { options, request, method, path, query }: SignedInV2,
  headers: readonly [string, string][],
  date: string,
): string {
  const all = new Map(canonicalHeaders(headers));
  let amz = "";
  for (const [name, value] of all) if (name.startsWith("x-amz-")) amz += `${name}:${value}\n`;
  const resources: string[] = [];
  for (const part of query.split("&")) {
    const [name = "", value] = splitOnce(part, "=");
    if (SIGNED_IN_V2.test(name))
      resources.push(value === undefined || value === "" ? name : `${name}=${decodeURIComponent(value)}`);
  }
  const resource = `${request.virtualBucket ?? ""}${path}${resources.length > 0 ? `?${resources.sort().join("&")}` : ""}`;
  const text = `${method}\n${all.get("content-md5") ?? ""}\n${all.get("content-type") ?? ""}\n${date}\n${amz}${resource}`;
  return createHmac("sha1", options.secretAccessKey).update(text).digest("base64");
}
