/**
 * DeleteObjects: up to 1,000 keys, in one transaction.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
import { S3Error } from "../errors.ts";
import type { XmlElement } from "../protocol/read-xml.ts";
import type { XmlContent } from "../protocol/xml.ts";
import { bringDoomed } from "./bring-doomed.ts";
import { type DeleteCondition, readDeleteCondition } from "./delete-condition.ts";
import { operation } from "./operation.ts";
import { readDocument } from "./read-document.ts";

const MAX_KEYS = 1000;
const MAX_KEY_BYTES = 1024;
/**
 * 1 MiB of keys and a quarter for their markup: 1,000 keys of 1,024 bytes fit. An object has six elements at most, and
 * its key may consist of references.
 */
const LIMITS = { bytes: 1.25 * 1024 ** 2, tags: MAX_KEYS * 12 + 16, references: MAX_KEYS * 128 };

interface Entry {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly condition: DeleteCondition;
}

export const DeleteObjects = operation({
  on: "bucket",
  method: "POST",
  query: { delete: true },
  action: "s3:DeleteObject",
  async handle(call, services) {
    const { metadata, inScope } = services;
    const { quiet, entries } = readDelete(await readDocument(call, "Delete", LIMITS));
    const isRefused = ({ key }: Entry) => !inScope(call.caller, "s3:DeleteObject", { bucket: call.bucket.name, key });
    const doomed = entries.filter((entry) => isOneObject(entry) && !isRefused(entry));
    await bringDoomed(services, call.bucket, doomed);
    const outcomes = await metadata.objects.deleteMany(
      call.bucket.id,
      doomed.map(({ key, condition }) => ({ key, ...condition })),
      call.bucket.settings.takesOver !== undefined,
    );
    const failed = new Set(doomed.filter((_entry, index) => outcomes[index] === "precondition-failed"));
    const Deleted: XmlContent[] = [];
    const errors: XmlContent[] = [];
    for (const entry of entries) {
      if (isRefused(entry)) errors.push(errorOf(entry, new S3Error("AccessDenied")));
      else if (isTooLong(entry.key)) errors.push(errorOf(entry, new S3Error("KeyTooLongError")));
      else if (failed.has(entry)) errors.push(errorOf(entry, new S3Error("PreconditionFailed")));
      else if (!quiet) Deleted.push({ Key: entry.key, VersionId: entry.versionId });
    }
    return { body: { root: "DeleteResult", content: { Deleted, Error: errors } } };
  },
});

/** Only the null version can exist; deleting another one succeeds. */
function isOneObject({ key, versionId }: Entry): boolean {
  return !isTooLong(key) && (!versionId || versionId === "null");
}

function isTooLong(key: string): boolean {
  return Buffer.byteLength(key) > MAX_KEY_BYTES;
}

function errorOf({ key, versionId }: Entry, { code, message }: S3Error): XmlContent {
  return { Key: key, VersionId: versionId, Code: code, Message: message };
}

function readDelete(list: XmlElement | undefined): { readonly quiet: boolean; readonly entries: readonly Entry[] } {
  if (list === undefined) throw new S3Error("MissingRequestBodyError");
  const objects = list.children("Object");
  if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error("MalformedXML");
  return { quiet: list.text("Quiet")?.toLowerCase() === "true", entries: objects.map(readEntry) };
}

function readEntry(element: XmlElement): Entry {
  const key = element.text("Key");
  if (key === undefined || key === "") throw new S3Error("MalformedXML");
  const condition = readDeleteCondition({
    etag: element.text("ETag"),
    size: element.text("Size"),
    modifiedAt: element.text("LastModifiedTime"),
  });
  return { key, versionId: element.text("VersionId"), condition };
}
