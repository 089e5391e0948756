/**
 * One page of a bucket that others have filled, with common prefixes, held against itself. Services differ in what they
 * make of a start in the midst of a common prefix: nothing at or before it is told, whatever they answer.
 */
import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { BackendError } from "../backend.ts";
import type { OldListing, OldPage } from "../old-place.ts";
import { bareEtag } from "./faults.ts";
import { decode, listAround } from "./listing.ts";
import type { AskedBucket } from "./object-heads.ts";
import { translated } from "./sdk-client.ts";
import { commonPrefixOf, compareBytes, FOLDER, LEAST, type Step, stepsOf } from "./steps.ts";

type Entry = OldListing["entries"][number];

const MOST = 1000;
const NOTHING: OldListing = { entries: [], truncated: false, next: undefined };

/** `hidden`: keys that begin so are not told, nor a common prefix that only they have. Throws BackendError. */
export async function listOldPage(asked: AskedBucket, page: OldPage, hidden: string | undefined): Promise<OldListing> {
  if (hidden !== undefined && page.prefix.startsWith(hidden)) return NOTHING;
  for (let from = page.after; ; ) {
    const steps = stepsOf(page, from, hidden);
    let last: string | undefined;
    for (const [index, step] of steps.entries()) {
      const { entries, isTruncated } = await readStep(asked, page, step);
      const told: Entry[] = [];
      for (const entry of entries) {
        const isNew = from === undefined || compareBytes(nameOf(entry), from) > 0;
        if (isNew && !(await isHidden(asked, entry, hidden))) told.push(entry);
      }
      const truncated = isTruncated || index + 1 < steps.length || told.length > page.limit;
      const cut = told.slice(0, page.limit);
      if (told.length > 0) return { entries: cut, truncated, next: truncated ? nameOfLast(cut) : undefined };
      last = isTruncated ? nameOfLast(entries) : undefined;
      if (last !== undefined) break;
    }
    if (last === undefined) return NOTHING;
    if (from !== undefined && compareBytes(last, from) <= 0) throw corrupt(asked, "that goes in circles");
    from = last;
  }
}

/** Other delimiters than a folder's make MinIO tell a common prefix again, or end early: these are rolled up here. */
async function readStep(asked: AskedBucket, page: OldPage, { prefix, after, isIncluded }: Step) {
  const what = !page.delimiter || page.delimiter === FOLDER ? page : { delimiter: undefined, limit: MOST };
  const { entries, isTruncated } = await readPage(asked, { ...what, prefix, after });
  if (!isIncluded || after === undefined) return { entries: rolledUp(entries, page), isTruncated };
  const behind = await readPage(asked, { prefix: after, delimiter: undefined, after: undefined, limit: LEAST });
  const first = behind.entries.filter((entry) => nameOf(entry) === after);
  return { entries: rolledUp([...first, ...entries], page), isTruncated };
}

function rolledUp(entries: readonly Entry[], { prefix, delimiter }: OldPage): readonly Entry[] {
  const rolled: Entry[] = [];
  let last: string | undefined;
  for (const entry of entries) {
    const commonPrefix = commonPrefixOf(nameOf(entry), prefix, delimiter);
    if (commonPrefix === undefined) rolled.push(entry);
    else if (commonPrefix !== last) rolled.push({ commonPrefix });
    last = commonPrefix;
  }
  return rolled;
}

async function isHidden({ client, name, bucket }: AskedBucket, entry: Entry, hidden: string | undefined) {
  if (hidden === undefined) return false;
  if (nameOf(entry).startsWith(hidden)) return true;
  if ("object" in entry || !hidden.startsWith(entry.commonPrefix)) return false;
  const range = { backend: name, bucket, prefix: entry.commonPrefix };
  for await (const _ of listAround(client, range, hidden)) return false;
  return true;
}

async function readPage(
  asked: AskedBucket,
  { prefix, delimiter, after, limit }: OldPage,
): Promise<{ readonly entries: readonly Entry[]; readonly isTruncated: boolean }> {
  const { client, name, bucket: Bucket } = asked;
  const what = { Prefix: prefix, Delimiter: delimiter || undefined, StartAfter: after, EncodingType: "url" } as const;
  const MaxKeys = Math.min(Math.max(limit, LEAST), MOST);
  const answer = await translated(name, "list", () =>
    client.send(new ListObjectsV2Command({ Bucket, ...what, MaxKeys })),
  );
  const read = entriesOf(answer, prefix, delimiter);
  if (typeof read === "string") throw corrupt(asked, read);
  const { IsTruncated, KeyCount } = answer;
  if (IsTruncated === undefined || (KeyCount !== undefined && KeyCount !== read.length))
    throw corrupt(asked, "that is not whole");
  if (IsTruncated && read.length === 0) throw corrupt(asked, "that stops midway");
  return { entries: read, isTruncated: IsTruncated };
}

function corrupt({ name }: AskedBucket, what: string): BackendError {
  return new BackendError(name, "corrupt", { detail: `a listing ${what}` });
}

/** In byte order, or what is wrong with them. */
function entriesOf(answer: ListObjectsV2CommandOutput, prefix: string, delimiter: string | undefined) {
  const { Contents = [], CommonPrefixes = [], EncodingType } = answer;
  const decoded = (text: string | undefined) => (EncodingType === "url" && text !== undefined ? decode(text) : text);
  const objects: Entry[] = [];
  for (const { Key, Size: size, ETag, LastModified, StorageClass } of Contents) {
    const [key, etag] = [decoded(Key), bareEtag(ETag)];
    if (key === undefined || size === undefined || etag === undefined || LastModified === undefined)
      return "with an entry that is not whole";
    if (!key.startsWith(prefix) || commonPrefixOf(key, prefix, delimiter) !== undefined)
      return "with a key that nobody asked for";
    const storageClass =
      StorageClass === undefined || StorageClass === "STANDARD" ? {} : { storageClass: StorageClass };
    const attributes = { metadata: {}, ...storageClass };
    // The second, as a HEAD has it: the time of an object is one and the same wherever it is asked for.
    const modifiedAt = new Date(Math.floor(LastModified.getTime() / 1000) * 1000);
    objects.push({ object: { key, versionId: "null", size, etag, modifiedAt, attributes, checksum: undefined } });
  }
  const prefixes: Entry[] = [];
  for (const { Prefix } of CommonPrefixes) {
    const commonPrefix = decoded(Prefix);
    if (commonPrefix === undefined || commonPrefixOf(commonPrefix, prefix, delimiter) !== commonPrefix)
      return "with a common prefix that is none";
    prefixes.push({ commonPrefix });
  }
  if (!isAscending(objects) || !isAscending(prefixes)) return "that is out of order";
  return [...objects, ...prefixes].sort((a, b) => compareBytes(nameOf(a), nameOf(b)));
}

function isAscending(entries: readonly Entry[]): boolean {
  const names = entries.map(nameOf);
  return names.every((name, at) => at === 0 || compareBytes(names[at - 1] ?? "", name) < 0);
}

function nameOf(entry: Entry): string {
  return "object" in entry ? entry.object.key : entry.commonPrefix;
}

function nameOfLast(entries: readonly Entry[]): string | undefined {
  const [last] = entries.slice(-1);
  return last && nameOf(last);
}
