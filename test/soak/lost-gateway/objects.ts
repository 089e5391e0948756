/** Objects with all that S3 lets one say of them: what a writer sends, and what a reader finds. */
import { createHash, randomBytes } from "node:crypto";
import {
  GetObjectAclCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  GetObjectTaggingCommand,
  type Grant,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Chance } from "../chance.ts";
import { ABSENT, type State } from "./timeline.ts";

export const Bucket = "bucket";

const KEPT = [
  ...(["ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"] as const),
  ...(["ExpiresString", "Metadata", "StorageClass", "ETag", "ChecksumSHA256"] as const),
];

type Headers = Partial<Record<(typeof KEPT)[number], unknown>>;

/** Tags and grants as text, in order. */
export interface Described {
  readonly bytes: string;
  readonly headers: Headers;
  readonly tags: readonly string[];
  readonly grants: readonly string[];
}

/** Account ids. */
export interface People {
  readonly owner: string;
  readonly guest: string;
}

export interface Draft {
  readonly body: Buffer;
  readonly input: Omit<PutObjectCommandInput, "Bucket" | "Key" | "Body">;
  /** As it is when it is put in one piece. */
  readonly described: Described;
}

/** Content that several keys share, so that it is stored once. */
const COMMON = Array.from({ length: 7 }, (_, index) => Buffer.from(`the same ${index}`));
const SIZES = [0, 1, 700, 5_000, 20_000, 150_000];

export function draftOf(chance: Chance, people: People): Draft {
  const body = chance.next() < 0.3 ? chance.pick(COMMON) : randomBytes(chance.pick(SIZES));
  const told = {
    ContentType: chance.pick(["image/png", "text/plain; charset=utf-8", "a/b"]),
    Metadata: { at: `${chance.below(1_000_000)}`, word: chance.pick(["one", "two"]) },
    ...(chance.next() < 0.5 && { CacheControl: `max-age=${chance.below(1000)}` }),
    ...(chance.next() < 0.5 && { ContentDisposition: `attachment; filename="${chance.below(1000)}.txt"` }),
    ...(chance.next() < 0.2 && { ContentEncoding: "gzip" }),
    ...(chance.next() < 0.3 && { ContentLanguage: "nl" }),
    ...(chance.next() < 0.3 && { StorageClass: "STANDARD_IA" as const }),
  };
  const expires = chance.next() < 0.3 ? new Date(1_900_000_000_000 + chance.below(1_000_000) * 1000) : undefined;
  const tags = tagsOf(chance);
  const { words, grants } = grantsOf(chance, people);
  return {
    body,
    input: {
      ...told,
      ...words,
      Tagging: tags.join("&"),
      ChecksumAlgorithm: "SHA256",
      ...(expires && { Expires: expires }),
    },
    described: {
      bytes: hex("sha256", body),
      headers: {
        ...{ ...told, ETag: `"${hex("md5", body)}"` },
        ChecksumSHA256: createHash("sha256").update(body).digest("base64"),
        ...(expires && { ExpiresString: expires.toUTCString() }),
      },
      tags,
      grants,
    },
  };
}

export function tagsOf(chance: Chance): readonly string[] {
  return ["place", "year"].slice(0, chance.below(3)).map((name) => `${name}=${chance.below(3000)}`);
}

export function grantsOf(chance: Chance, { owner, guest }: People) {
  const own = `${owner} FULL_CONTROL`;
  const everybody = "http://acs.amazonaws.com/groups/global/AllUsers";
  return chance.pick([
    { words: { ACL: "private" as const }, grants: [own] },
    { words: { ACL: "public-read" as const }, grants: [own, `${everybody} READ`].sort() },
    {
      words: { GrantFullControl: `id=${owner}`, GrantRead: `id=${guest}`, GrantReadACP: `id=${guest}` },
      grants: [own, `${guest} READ`, `${guest} READ_ACP`].sort(),
    },
  ]);
}

export function grantTexts(grants: readonly Grant[] = []): readonly string[] {
  return grants.map(({ Grantee, Permission }) => `${Grantee?.ID ?? Grantee?.URI} ${Permission}`).sort();
}

/** The fields in one order. */
export function stateOf({ bytes, headers, tags, grants }: Described): State {
  return JSON.stringify([bytes, KEPT.map((name) => [name, headers[name] ?? null]), tags, grants]);
}

export function describedBy(state: State): Described {
  const [bytes, headers, tags, grants] = JSON.parse(state);
  return { bytes, headers: Object.fromEntries(headers), tags, grants };
}

export async function seeObject(s3: S3Client, Key: string): Promise<State> {
  const at = { Bucket, Key };
  const found = await unlessAbsent(s3.send(new GetObjectCommand({ ...at, ChecksumMode: "ENABLED" })));
  if (found === undefined) return ABSENT;
  const bytes = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
  const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(at));
  const { Grants } = await s3.send(new GetObjectAclCommand(at));
  const tags = TagSet.map((tag) => `${tag.Key}=${tag.Value}`).sort();
  return stateOf({ bytes: hex("sha256", bytes), headers: headersOf(found), tags, grants: grantTexts(Grants) });
}

function headersOf(found: GetObjectCommandOutput): Headers {
  return Object.fromEntries(KEPT.map((name) => [name, found[name]]));
}

export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: { readonly name?: string }) => {
    if (error.name?.startsWith("NoSuch")) return undefined;
    throw error;
  });
}

function hex(algorithm: "md5" | "sha256", bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
