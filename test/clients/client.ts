/**
 * What every S3 client is asked to do. A client is one file in each/: how it is run, and how it does each task. What it
 * has no way to do it declines by name, with the reason.
 */
import { run } from "../support/run.ts";

/** Where a client finds a gateway, and an empty folder that it may keep its settings in. */
export interface Endpoint {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly folder: string;
  readonly bucket: string;
}

/**
 * What a client tells of an object. A name that is absent: the client tells no such thing. An empty value: it does,
 * and the answer that it got did not say it.
 */
export interface Told {
  readonly size?: number | null;
  /** Without quotes. */
  readonly etag?: string | null;
  /** A date in any form that Date reads. */
  readonly modified?: string | null;
  readonly type?: string | null;
  readonly metadata?: Readonly<Record<string, string>> | null;
}

/** Each rejects when the client reports a failure. All act on `Endpoint.bucket`. */
export interface Tasks {
  /** The way that the client puts a file when nothing else is asked for. */
  put(file: string, key: string): Promise<unknown>;
  /** In parts of 5 MiB. */
  putInParts(file: string, key: string): Promise<unknown>;
  get(key: string, file: string): Promise<Told>;
  /** Several ranges or parts, side by side where the client does so. */
  getInParts(key: string, file: string): Promise<unknown>;
  head(key: string): Promise<Told>;
  /** The bytes `first` to `last`, both inclusive. */
  range(key: string, first: number, last: number, file: string): Promise<unknown>;
  /** Completes a file that holds the first `size` bytes. */
  resume(key: string, file: string, size: number): Promise<unknown>;
  /** The keys under a prefix, in any order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Within the store. */
  copy(from: string, to: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** Everything under a prefix; many in one request where the client can. */
  deleteAll(prefix: string): Promise<unknown>;
  /** URLs by which anyone may read the key for a while: one for each way of signing that the client has. */
  presignGet(key: string): Promise<readonly string[]>;
  presignPut(key: string): Promise<readonly string[]>;
}

export type Task = keyof Tasks;
/** Disposed of when the client has done all. */
export type Opened = Tasks & Partial<AsyncDisposable>;

export interface Client {
  readonly name: string;
  /** As `client-families.ts` and the metrics name it. */
  readonly family: string;
  /** As a reader would get it. */
  readonly install: string;
  /** Gives the files that it writes the time of the object: it relies on Last-Modified. */
  readonly keepsTime?: true;
  version(): Promise<string>;
  open(endpoint: Endpoint): Opened | Promise<Opened>;
}

/** A client has no way to do it. */
export class NotOffered extends Error {
  override readonly name = "NotOffered";
}

/** The key, for a client to which a name with a slash at the end is a folder. */
export function fileKey(key: string): string {
  if (key.endsWith("/")) throw new NotOffered("takes such a name for a folder");
  return key;
}

/** Tasks that the client declines, with the reason for each. */
export function without<Declined extends Task>(reasons: Readonly<Record<Declined, string>>): Pick<Tasks, Declined> {
  const declined = Object.entries<string>(reasons).map(([task, reason]) => [
    task,
    () => Promise.reject(new NotOffered(reason)),
  ]);
  return Object.fromEntries(declined) as Pick<Tasks, Declined>;
}

/** The first line of what a program says of its version. */
export async function versionOf(path: string, ...words: string[]): Promise<string> {
  const said = (await run(path, words.length === 0 ? ["--version"] : words)).toString();
  return /\d[\w.+-]*\d/.exec(said)?.[0] ?? said.trim();
}

/** What the clients made by AWS read from the environment, cut off from this machine's own settings. */
export function awsEnvironment(
  endpoint: Pick<Endpoint, "accessKeyId" | "secretAccessKey" | "folder">,
): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: endpoint.accessKeyId,
    AWS_SECRET_ACCESS_KEY: endpoint.secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_REGION: "us-east-1",
    AWS_CONFIG_FILE: `${endpoint.folder}/no-config`,
    AWS_SHARED_CREDENTIALS_FILE: `${endpoint.folder}/no-credentials`,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
