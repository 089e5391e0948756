/**
 * GetObjectAttributes: an object's ETag, checksum, parts, size and storage class.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
 */
import { invalidArgument, S3Error } from "../errors.ts";
import type { Checksum, HeaderFields, StoredObject } from "../model.ts";
import { checksumElement } from "../protocol/checksum-headers.ts";
import { checkReadConditions } from "../protocol/conditions.ts";
import { checkVersionId, refuseReadWithKey } from "../protocol/object-headers.ts";
import type { XmlContent } from "../protocol/xml.ts";
import { operation } from "./operation.ts";

const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
const MAX_PARTS = 1000;

export const GetObjectAttributes = operation({
  on: "storedObject",
  method: "GET",
  query: { attributes: true },
  action: "s3:GetObjectAttributes",
  async handle({ found, key, headers, query }) {
    const { object } = found;
    refuseReadWithKey(headers);
    checkVersionId(query.get("versionId"), key);
    if (checkReadConditions(headers, object) === "notModified") return { status: 304 };
    const wanted = readWanted(headers);
    const has = (name: string, content: XmlContent) => (wanted.has(name) ? content : undefined);
    return {
      headers: { "Last-Modified": object.modifiedAt.toUTCString() },
      body: {
        root: "GetObjectAttributesResponse",
        content: {
          ETag: has("ETag", object.etag),
          Checksum: has(
            "Checksum",
            object.checksum && { ...checksumOf(object.checksum), ChecksumType: object.checksum.type },
          ),
          ObjectParts: has("ObjectParts", partsOf(object, headers)),
          StorageClass: has("StorageClass", object.attributes.storageClass ?? "STANDARD"),
          ObjectSize: has("ObjectSize", object.size),
        },
      },
    };
  },
});

function readWanted(headers: HeaderFields): ReadonlySet<string> {
  const names = (headers["x-amz-object-attributes"] ?? "").split(",").map((name) => name.trim());
  const unknown = names.find((name) => !ATTRIBUTES.includes(name));
  if (unknown !== undefined)
    throw invalidArgument("x-amz-object-attributes", unknown, "Invalid attribute name specified.");
  return new Set(names);
}

function checksumOf({ algorithm, value }: Pick<Checksum, "algorithm" | "value">): {
  readonly [name: string]: XmlContent;
} {
  return { [checksumElement(algorithm)]: value };
}

function partsOf({ parts, checksum }: StoredObject, headers: HeaderFields): XmlContent {
  if (parts === undefined) return undefined;
  const marker = readNumber(headers, "x-amz-part-number-marker") ?? 0;
  const limit = Math.min(readNumber(headers, "x-amz-max-parts") ?? MAX_PARTS, MAX_PARTS);
  const rest = parts.filter(({ partNumber }) => partNumber > marker);
  const page = rest.slice(0, limit);
  return {
    PartsCount: parts.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: limit,
    IsTruncated: rest.length > page.length,
    Part: page.map(({ partNumber, size, checksum: value }) => ({
      PartNumber: partNumber,
      Size: size,
      ...(checksum && value !== undefined && checksumOf({ ...checksum, value })),
    })),
  };
}

function readNumber(headers: HeaderFields, name: string): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text))
    throw new S3Error("InvalidArgument", { elements: { ArgumentName: name, ArgumentValue: text } });
  return Number(text);
}
