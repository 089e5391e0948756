/** Clients that read, write and delete through the gateway while the old objects come in. Each has its own keys. */
import { randomBytes } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Chance } from "../chance.ts";
import { sha256 } from "../ledger.ts";
import { BUCKET as Bucket } from "./old-bucket.ts";

interface Expected {
  /** Undefined: it was deleted. */
  readonly digest: string | undefined;
  /** It is the old bucket's object. */
  readonly isOld: boolean;
}

export interface Clients {
  readonly expected: ReadonlyMap<string, Expected>;
  readonly counts: { reads: number; found: number; writes: number; deletes: number };
  readonly wrong: readonly string[];
  stop(): Promise<void>;
}

const CLIENTS = 4;
const KEPT = [
  ...(["ETag", "ContentLength", "ContentType", "CacheControl", "ContentDisposition", "ContentEncoding"] as const),
  ...(["ContentLanguage", "ExpiresString", "Metadata", "LastModified", "TagCount"] as const),
];

export function startClients(s3: S3Client, chance: Chance, old: ReadonlyMap<string, string>): Clients {
  const expected = new Map<string, Expected>([...old].map(([key, digest]) => [key, { digest, isOld: true }]));
  /** An old object was found: from then on all are. */
  let hasBegun = false;
  const counts = { reads: 0, found: 0, writes: 0, deletes: 0 };
  const wrong: string[] = [];
  const write = async (Key: string) => {
    const Body = randomBytes(chance.below(10_000));
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    counts.writes++;
    expected.set(Key, { digest: sha256(Body), isOld: false });
  };
  const step = async (keys: readonly string[], client: number) => {
    const key = chance.pick(keys);
    const draw = chance.next();
    if (draw < 0.1) return write(`live/${client}/${chance.below(1000)}`);
    if (draw < 0.13) return write(key);
    const now = expected.get(key);
    if (now === undefined) return;
    const mayBeAbsent = now.isOld && !hasBegun;
    const found = await digestOf(s3, key);
    counts.reads++;
    if (found !== undefined) counts.found++;
    if (found !== now.digest && !(found === undefined && mayBeAbsent))
      wrong.push(`${key} is ${found}, not ${now.digest}`);
    hasBegun ||= found !== undefined && now.isOld;
    // What is deleted before that is forgotten.
    if (found === undefined || !hasBegun || draw > 0.2) return;
    await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
    counts.deletes++;
    expected.set(key, { digest: undefined, isOld: false });
  };
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const keys = [...old.keys()].filter((_, index) => index % CLIENTS === client);
    while (!isOver) await step(keys, client);
  });
  return {
    ...{ expected, counts, wrong },
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

/** Undefined: there is none. */
export async function digestOf(s3: S3Client, Key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return sha256(Buffer.from((await Body?.transformToByteArray()) ?? []));
  } catch (error) {
    if ((error as { readonly name?: string }).name === "NoSuchKey") return undefined;
    throw error;
  }
}

/** What a HEAD says of an object that both services have. */
export async function attributesOf(s3: S3Client, Key: string): Promise<string> {
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  return JSON.stringify(KEPT.map((name) => [name, head[name] ?? null]));
}
