/**
 * Requests for encryption at rest. None is served: a valid one is NotImplemented, with the header's name. One that
 * contradicts itself is InvalidArgument first, as in S3.
 */
import { createHash } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";

const SSE = "x-amz-server-side-encryption";
const COPY_SOURCE = "x-amz-copy-source-server-side-encryption-customer-";
const KEY_BYTES = 32;

/** Throws InvalidArgument for a contradiction, NotImplemented for any other request to encrypt. */
export function refuseEncryption(headers: HeaderFields): void {
  let asked: string | undefined;
  for (const name in headers) if (name.startsWith(SSE) || name.startsWith(COPY_SOURCE)) asked ??= name;
  if (asked === undefined) return;
  checkMethod(headers);
  checkCustomerKey(headers, `${SSE}-customer-`);
  checkCustomerKey(headers, COPY_SOURCE);
  throw new S3Error("NotImplemented", { elements: { Header: asked } });
}

function checkMethod(headers: HeaderFields): void {
  const method = headers[SSE];
  const isKms = method === "aws:kms" || method === "aws:kms:dsse";
  if (method !== undefined && method !== "AES256" && !isKms)
    throw invalid(SSE, method, "The encryption method specified is not supported");
  const keyId = headers[`${SSE}-aws-kms-key-id`];
  if (keyId !== undefined && !isKms)
    throw invalid(
      SSE,
      method ?? "",
      "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
    );
  if (method !== undefined && headers[`${SSE}-customer-algorithm`] !== undefined)
    throw invalid(
      SSE,
      method,
      "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
    );
}

function checkCustomerKey(headers: HeaderFields, prefix: string): void {
  const algorithm = headers[`${prefix}algorithm`];
  const key = headers[`${prefix}key`];
  const md5 = headers[`${prefix}key-md5`];
  if (algorithm === undefined && key === undefined && md5 === undefined) return;
  const say = (part: string, value: string | undefined, what: string) =>
    invalid(
      `${prefix}${part}`,
      value ?? "",
      `Requests specifying Server Side Encryption with Customer provided keys must provide ${what}.`,
    );
  if (algorithm !== "AES256") throw say("algorithm", algorithm, "a valid encryption algorithm");
  const bytes = Buffer.from(key ?? "", "base64");
  if (bytes.length !== KEY_BYTES) throw say("key", undefined, "an appropriate secret key");
  if (md5 === undefined) throw say("key-md5", md5, "the client calculated MD5 of the secret key");
  if (createHash("md5").update(bytes).digest("base64") !== md5)
    throw invalid(
      `${prefix}key-md5`,
      md5,
      "The calculated MD5 hash of the key did not match the hash that was provided.",
    );
}

function invalid(name: string, value: string, message: string): S3Error {
  return new S3Error("InvalidArgument", { message, elements: { ArgumentName: name, ArgumentValue: value } });
}
