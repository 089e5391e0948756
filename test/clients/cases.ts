/** The cases of the matrix: each is a task of a client, and what must have become of it. A case throws what is wrong. */
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { encodePath } from "../../src/signature-v4.ts";
import { type Endpoint, NotOffered, type Tasks, type Told } from "./client.ts";
import { BUCKET, LISTED, METADATA, MIB, type Site, type SiteName, type Stage, sha256, text } from "./stage.ts";

export interface Scene {
  readonly stage: Stage;
  readonly site: Site;
  readonly endpoint: Endpoint;
  readonly tasks: Tasks;
  /** The client gives a file the time of the object. */
  readonly keepsTime: boolean;
  /** Keys under this prefix are the client's own. */
  readonly own: string;
  /** The path of a file that is not there yet. */
  fresh(): string;
}

export interface Case {
  readonly name: string;
  readonly site: SiteName;
  /** Bytes read that must have come from somewhere: the matrix says where from. */
  readonly reads?: number;
  /** A text is a remark: what is not the object's own, and no part of what the client relies on. */
  run(scene: Scene): Promise<unknown>;
}

const SPECIAL = ["a space", "one+one", "ümläut/日本", "per%2Fcent", "signs &=;'(ok)~"];

export const cases: readonly Case[] = [
  {
    name: "redirected GET",
    site: "minio",
    reads: 3 * MIB,
    run: ({ stage, ...scene }) => getAs(scene, "plain", stage.plain),
  },
  {
    name: "GET with metadata",
    site: "minio",
    reads: 3 * MIB,
    run: ({ stage, ...scene }) => getAs(scene, "attributes", stage.attributes),
  },
  {
    name: "GET from a node",
    site: "node",
    reads: 3 * MIB,
    run: ({ stage, ...scene }) => getAs(scene, "attributes", stage.attributes),
  },
  {
    name: "GET, mode always",
    site: "always",
    reads: 3 * MIB,
    run: ({ stage, ...scene }) => getAs(scene, "plain", stage.plain),
  },
  {
    name: "HEAD",
    site: "minio",
    async run({ site, tasks }) {
      const told = await tasks.head("attributes");
      if (told.size === undefined && told.etag === undefined) throw new Error("tells neither size nor ETag");
      const wrong = Object.values(await differences(site, "attributes", told));
      if (wrong.length > 0) throw new Error(wrong.join("; "));
    },
  },
  {
    name: "range",
    site: "minio",
    reads: 1.5 * MIB,
    async run({ stage, tasks, fresh }) {
      const file = fresh();
      const first = 1_000_001;
      await tasks.range("plain", first, first + 1.5 * MIB - 1, file);
      expectBytes(await readFile(file), stage.plain.subarray(first, first + 1.5 * MIB));
    },
  },
  {
    name: "resume",
    site: "minio",
    reads: 2 * MIB,
    async run({ stage, tasks, fresh }) {
      const file = fresh();
      await writeFile(file, stage.plain.subarray(0, MIB));
      await tasks.resume("plain", file, MIB);
      expectBytes(await readFile(file), stage.plain);
    },
  },
  {
    name: "GET in parts",
    site: "node",
    reads: 12 * MIB,
    async run({ stage, tasks, fresh }) {
      const file = fresh();
      await tasks.getInParts("parts", file);
      expectBytes(await readFile(file), stage.parts);
    },
  },
  { name: "GET of nothing", site: "always", run: getAbsent },
  { name: "presigned GET", site: "minio", run: presignedGet },
  { name: "presigned PUT", site: "minio", run: presignedPut },
  {
    name: "list of 2,500",
    site: "minio",
    async run({ tasks }) {
      const keys = await tasks.list("list/");
      if (new Set(keys).size !== LISTED || keys.length !== LISTED) throw new Error(`${keys.length} keys`);
    },
  },
  { name: "special keys", site: "node", run: (scene) => roundTrips(scene, "special", SPECIAL) },
  { name: "slash at the end", site: "node", run: (scene) => roundTrips(scene, "slash", ["end/"]) },
  {
    name: "empty object",
    site: "minio",
    async run({ site, tasks, own, fresh }) {
      const [key, file, got] = [`${own}/empty`, fresh(), fresh()];
      await writeFile(file, "");
      await tasks.put(file, key);
      await expectStored(site, key, Buffer.alloc(0));
      await tasks.get(key, got);
      expectBytes(await readFile(got), Buffer.alloc(0));
    },
  },
  {
    name: "PUT in parts",
    site: "minio",
    async run({ stage, site, tasks, own, fresh }) {
      const file = fresh();
      await writeFile(file, stage.parts);
      await tasks.putInParts(file, `${own}/parts`);
      const { etag } = await expectStored(site, `${own}/parts`, stage.parts);
      if (!/^"[0-9a-f]{32}-[23]"$/.test(etag ?? "")) throw new Error(`not in parts of 5 MiB: ETag ${etag}`);
    },
  },
  {
    name: "PUT of 100 MiB",
    site: "minio",
    async run({ site, tasks, own, fresh }) {
      const [file, content] = [fresh(), large()];
      await writeFile(file, content);
      await tasks.put(file, `${own}/large`);
      await rm(file);
      await expectStored(site, `${own}/large`, content);
    },
  },
  {
    name: "copy",
    site: "minio",
    async run({ stage, site, tasks, own }) {
      await tasks.copy("attributes", `${own}/copy`);
      await expectStored(site, `${own}/copy`, stage.attributes);
    },
  },
  {
    name: "delete",
    site: "minio",
    async run({ site, tasks, own }) {
      for (const name of ["this", "keep"]) await store(site, `${own}/delete/${name}`, "x");
      await tasks.delete(`${own}/delete/this`);
      await expectKeys(site, `${own}/delete/`, [`${own}/delete/keep`]);
    },
  },
  {
    name: "delete a prefix",
    site: "minio",
    async run({ site, tasks, own }) {
      for (const name of ["prune/a", "prune/b&c", "prune/d/e f", "pruned-not"]) await store(site, `${own}/${name}`, "");
      await tasks.deleteAll(`${own}/prune/`);
      await expectKeys(site, `${own}/prune`, [`${own}/pruned-not`]);
    },
  },
];

let rest: Buffer | undefined;

/** 100 MiB as nobody stored before. Quickly made: meanwhile nothing else runs in this process, the gateways included. */
function large(): Buffer {
  rest ??= text(100 * MIB - 64);
  return Buffer.concat([text(64), rest]);
}

async function getAs(scene: Omit<Scene, "stage">, key: string, content: Buffer): Promise<string | undefined> {
  const file = scene.fresh();
  const told = await scene.tasks.get(key, file);
  expectBytes(await readFile(file), content);
  const own = scene.keepsTime ? { modified: (await stat(file)).mtime.toISOString() } : {};
  const wrong = await differences(scene.site, key, { ...told, ...own });
  // Whom `always` sends to a store gets the store's.
  const borne = scene.keepsTime && !scene.site.redirectsAll ? [] : ["modified"];
  if (Object.keys(wrong).some((name) => !borne.includes(name))) throw new Error(Object.values(wrong).join("; "));
  return Object.keys(wrong).length === 0 ? undefined : `${Object.keys(wrong).join(", ")}: the store's`;
}

/** An empty file in place of an error is what a client must never leave behind without saying so. */
async function getAbsent({ tasks, fresh }: Scene): Promise<void> {
  try {
    await tasks.get("not/there", fresh());
  } catch (error) {
    if (error instanceof NotOffered) throw error;
    return;
  }
  throw new Error("reports success");
}

async function presignedGet({ stage, tasks }: Scene): Promise<void> {
  for (const url of await tasks.presignGet("plain")) {
    const reply = await fetch(url);
    if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
    expectBytes(Buffer.from(await reply.arrayBuffer()), stage.plain);
  }
}

async function presignedPut({ site, tasks, own }: Scene): Promise<void> {
  const key = `${own}/presigned`;
  for (const [n, url] of (await tasks.presignPut(key)).entries()) {
    const body = Buffer.from(`written by URL ${n}`);
    const reply = await fetch(url, { method: "PUT", body });
    if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
    await expectStored(site, key, body);
  }
}

async function roundTrips({ site, tasks, own, fresh }: Scene, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const [key, file, got, content] = [`${own}/${folder}/${name}`, fresh(), fresh(), Buffer.from(`this is ${name}\n`)];
    await writeFile(file, content);
    try {
      await tasks.put(file, key);
      await expectStored(site, key, content);
      await tasks.get(key, got);
      expectBytes(await readFile(got), content);
    } catch (error) {
      if (error instanceof NotOffered) throw error;
      throw new Error(`${JSON.stringify(name)}: ${(error as Error).message}`, { cause: error });
    }
  }
  const listed = [...(await tasks.list(`${own}/${folder}/`))].sort();
  const wanted = names.map((name) => `${own}/${folder}/${name}`).sort();
  if (listed.join() !== wanted.join()) throw new Error(`lists ${listed.join(", ")}`);
}

/** Where what a client tells is not what the gateway answers to HEAD. What it leaves open is its own matter. */
async function differences(site: Site, key: string, told: Told): Promise<Record<string, string>> {
  const truth = await head(site, key);
  const wanted: Record<string, unknown> = {
    size: Number(truth["content-length"]),
    etag: truth["etag"]?.replaceAll('"', ""),
    modified: Date.parse(truth["last-modified"] ?? ""),
    type: truth["content-type"],
    metadata: key === "attributes" ? METADATA : {},
  };
  const said: Record<string, unknown> = { ...told };
  if (told.modified !== undefined) said["modified"] = Math.floor(Date.parse(told.modified ?? "") / 1000) * 1000;
  const wrong = Object.keys(said).filter((name) => sorted(said[name]) !== sorted(wanted[name]));
  return Object.fromEntries(
    wrong.map((name) => [name, `${name} ${sorted(said[name])} in place of ${sorted(wanted[name])}`]),
  );
}

function sorted(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(Object.entries(value).sort()) : `${value}`;
}

async function head({ fetch }: Site, key: string): Promise<Record<string, string | undefined>> {
  const { status, headers } = await fetch({ method: "HEAD", path: `/${BUCKET}/${encodePath(key)}` });
  if (status !== 200) throw new Error(`${key}: ${status}`);
  return headers as Record<string, string | undefined>;
}

async function expectStored(site: Site, key: string, content: Buffer): Promise<Record<string, string | undefined>> {
  const headers = { "x-nearbucket-redirect": "never" };
  const answer = await site.fetch({ path: `/${BUCKET}/${encodePath(key)}`, headers });
  if (answer.status !== 200) throw new Error(`${key} is not stored: ${answer.status}`);
  expectBytes(answer.body, content);
  return answer.headers as Record<string, string | undefined>;
}

async function store({ fetch }: Site, key: string, body: string): Promise<void> {
  const { status } = await fetch({ method: "PUT", path: `/${BUCKET}/${encodePath(key)}`, body });
  if (status !== 200) throw new Error(`${key}: ${status}`);
}

async function expectKeys({ fetch }: Site, prefix: string, keys: readonly string[]): Promise<void> {
  const { text } = await fetch({ path: `/${BUCKET}`, query: { "list-type": "2", prefix } });
  const found = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
  // Some keep an empty object in place of a folder.
  const files = found.filter((key) => !key.endsWith("/"));
  if (files.join() !== keys.join()) throw new Error(`left: ${found.join(", ")}`);
}

/** Equal bytes, without printing megabytes when they are not. */
function expectBytes(actual: Buffer, expected: Buffer): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} bytes in place of ${expected.length}`);
  if (sha256(actual) !== sha256(expected)) throw new Error(`WRONG BYTES (${actual.length} of them)`);
}
