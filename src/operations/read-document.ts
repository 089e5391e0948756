/** The XML body of a request: read whole, bounded, checked against every claim about it, then parsed. */
import { gather } from "../blobs/gather.ts";
import { checkClaims } from "../checksums/claims.ts";
import { digestBuffer } from "../checksums/digest.ts";
import { S3Error } from "../errors.ts";
import type { IncomingBody } from "../protocol/incoming-body.ts";
import { readClaims } from "../protocol/read-claims.ts";
import { readXml, type XmlElement, type XmlLimits } from "../protocol/read-xml.ts";
import type { ServiceCall } from "./operation.ts";

/** Limits checked before a document is parsed; derived from the longest list that its operation takes. */
export interface DocumentLimits extends XmlLimits {
  readonly bytes: number;
}

/** For ACLs, tags and the like. A list just too long for its operation still gets that operation's own error. */
const CONFIGURATION: DocumentLimits = { bytes: 64 * 1024, tags: 2_048, references: 8_192 };

/**
 * The document whose root is `root`; undefined when there is no body. Throws MalformedXML, MaxMessageLengthExceeded,
 * BadDigest or XAmzContentSHA256Mismatch when a claim does not hold.
 */
export async function readDocument(
  { headers, body }: Pick<ServiceCall, "headers" | "body">,
  root: string,
  limits: DocumentLimits = CONFIGURATION,
): Promise<XmlElement | undefined> {
  const claims = readClaims(headers, body);
  if ((body.length ?? 0) > limits.bytes) throw new S3Error("MaxMessageLengthExceeded");
  const bytes = await collect(body, limits.bytes);
  checkClaims(claims, await digestBuffer(bytes, claims.checksum?.algorithm));
  return bytes.length === 0 ? undefined : readXml(decode(bytes), root, limits);
}

async function collect(body: IncomingBody, limit: number): Promise<Buffer> {
  const gathered = gather(limit);
  for await (const chunk of body.open(Math.min(body.length ?? limit, limit)) as AsyncIterable<Buffer>) {
    if (gathered.size + chunk.length > limit) throw new S3Error("MaxMessageLengthExceeded");
    gathered.add(chunk);
  }
  return gathered.whole();
}

/** Refuses invalid UTF-8: a replacement character in a key would name another object. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8(cause);
  }
}

function notUtf8(cause: unknown): S3Error {
  return new S3Error("MalformedXML", {}, { cause });
}
