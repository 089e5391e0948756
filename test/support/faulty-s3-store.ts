/**
 * The faulty S3 server without its faults: an in-memory store that answers the S3 calls of a backend, as plain values.
 * It verifies no signature.
 */
import { createHash, randomUUID } from "node:crypto";

export interface KeptObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  /** Decoded; "" for a call on the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, KeptObject>;
}

interface Bucket {
  readonly objects: Map<string, KeptObject>;
  readonly uploads: Map<string, Upload>;
}

export const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function answer(status: number, headers: Readonly<Record<string, string>> = {}, body: Buffer | string = ""): S3Answer {
  return { status, headers, body: Buffer.from(body) };
}

export function errorAnswer(status: number, code: string, message = code): S3Answer {
  return answer(
    status,
    { "content-type": "application/xml" },
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}

function xml(root: string, content: string): S3Answer {
  return answer(
    200,
    { "content-type": "application/xml" },
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`,
  );
}

export class MemoryS3 {
  readonly buckets = new Map<string, Bucket>();
  /** Keys in one page of a listing. */
  pageSize = 1000;

  addBucket(name: string): Bucket {
    const bucket: Bucket = { objects: new Map(), uploads: new Map() };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /**
   * `body`: what arrived. `kept`: what the store keeps of it, and `etag` what it says of it, where a fault makes it
   * lie.
   */
  handle(request: S3Request, body: Buffer, lie: { readonly kept?: Buffer; readonly etag?: string } = {}): S3Answer {
    const { method, bucket: name, key, query } = request;
    const bucket = this.buckets.get(name);
    if (key === "" && method === "PUT") {
      if (bucket === undefined) this.addBucket(name);
      return bucket === undefined ? answer(200) : errorAnswer(409, "BucketAlreadyOwnedByYou");
    }
    if (bucket === undefined) return errorAnswer(404, "NoSuchBucket");
    if (key === "") return this.#onBucket(method, bucket, query);
    const kept: KeptObject = { bytes: lie.kept ?? body, etag: lie.etag ?? md5(body), modifiedAt: new Date() };
    const uploadId = query.get("uploadId");
    if (uploadId !== null) return onUpload(method, bucket, key, uploadId, { query, body, kept });
    if (method === "POST" && query.has("uploads")) {
      const id = randomUUID();
      bucket.uploads.set(id, { key, parts: new Map() });
      return xml("InitiateMultipartUploadResult", `<Key>${escaped(key)}</Key><UploadId>${id}</UploadId>`);
    }
    if (method === "PUT") {
      if (request.headers["if-none-match"] === "*" && bucket.objects.has(key))
        return errorAnswer(412, "PreconditionFailed");
      bucket.objects.set(key, kept);
      return answer(200, { etag: `"${kept.etag}"` });
    }
    if (method === "DELETE") {
      bucket.objects.delete(key);
      return answer(204);
    }
    if (method === "GET" || method === "HEAD") return read(bucket.objects.get(key), request.headers["range"]);
    return errorAnswer(405, "MethodNotAllowed");
  }

  #onBucket(method: string, bucket: Bucket, query: URLSearchParams): S3Answer {
    if (method === "HEAD") return answer(200);
    if (method !== "GET") return errorAnswer(405, "MethodNotAllowed");
    const prefix = query.get("prefix") ?? "";
    if (query.has("uploads")) {
      const uploads = [...bucket.uploads].filter(([, upload]) => upload.key.startsWith(prefix));
      const elements = uploads.map(
        ([id, { key }]) => `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId></Upload>`,
      );
      return xml("ListMultipartUploadsResult", `<IsTruncated>false</IsTruncated>${elements.join("")}`);
    }
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const all = [...bucket.objects.keys()]
      .filter((key) => key.startsWith(prefix) && key > after)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const page = all.slice(0, this.pageSize);
    const isTruncated = page.length < all.length;
    const elements = page.map((key) => {
      const { bytes, etag, modifiedAt } = bucket.objects.get(key) ?? {
        bytes: Buffer.alloc(0),
        etag: "",
        modifiedAt: new Date(0),
      };
      const quoted = `&quot;${etag}&quot;`;
      return `<Contents><Key>${escaped(key)}</Key><LastModified>${modifiedAt.toISOString()}</LastModified><ETag>${quoted}</ETag><Size>${bytes.length}</Size></Contents>`;
    });
    const next = isTruncated ? `<NextContinuationToken>${escaped(page.at(-1) ?? "")}</NextContinuationToken>` : "";
    return xml(
      "ListBucketResult",
      `<KeyCount>${page.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>${next}${elements.join("")}`,
    );
  }
}

function onUpload(
  method: string,
  bucket: Bucket,
  key: string,
  id: string,
  { query, body, kept }: { readonly query: URLSearchParams; readonly body: Buffer; readonly kept: KeptObject },
): S3Answer {
  const upload = bucket.uploads.get(id);
  if (upload === undefined || upload.key !== key) return errorAnswer(404, "NoSuchUpload");
  if (method === "PUT") {
    upload.parts.set(Number(query.get("partNumber")), kept);
    return answer(200, { etag: `"${kept.etag}"` });
  }
  if (method === "DELETE") {
    bucket.uploads.delete(id);
    return answer(204);
  }
  const chosen: KeptObject[] = [];
  for (const [, part = ""] of body.toString("utf8").matchAll(/<Part>(.*?)<\/Part>/gs)) {
    const etag = /<ETag>(?:&quot;|")?([^<&"]*)/.exec(part)?.[1];
    const found = upload.parts.get(Number(/<PartNumber>(\d+)</.exec(part)?.[1]));
    if (found === undefined || found.etag !== etag) return errorAnswer(400, "InvalidPart");
    chosen.push(found);
  }
  if (chosen.length === 0) return errorAnswer(400, "MalformedXML");
  if (chosen.slice(0, -1).some((part) => part.bytes.length < 5 * 1024 * 1024))
    return errorAnswer(400, "EntityTooSmall");
  const etag = `${md5(Buffer.concat(chosen.map((part) => Buffer.from(part.etag, "hex"))))}-${chosen.length}`;
  bucket.objects.set(key, { bytes: Buffer.concat(chosen.map((part) => part.bytes)), etag, modifiedAt: new Date() });
  bucket.uploads.delete(id);
  return xml("CompleteMultipartUploadResult", `<Key>${escaped(key)}</Key><ETag>&quot;${etag}&quot;</ETag>`);
}

function read(object: KeptObject | undefined, range: string | undefined): S3Answer {
  if (object === undefined) return errorAnswer(404, "NoSuchKey");
  const { bytes, etag, modifiedAt } = object;
  const headers = {
    etag: `"${etag}"`,
    "last-modified": modifiedAt.toUTCString(),
    "accept-ranges": "bytes",
    "content-type": "binary/octet-stream",
  };
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (asked === null) return answer(200, headers, bytes);
  const first = Number(asked[1]);
  const last = Math.min(asked[2] === "" ? Number.POSITIVE_INFINITY : Number(asked[2]), bytes.length - 1);
  if (first > last) return errorAnswer(416, "InvalidRange");
  return answer(
    206,
    { ...headers, "content-range": `bytes ${first}-${last}/${bytes.length}` },
    bytes.subarray(first, last + 1),
  );
}
