// Each header of a read, proxied and redirected, for each kind of backend: what differs stands in docs/redirects.md.
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { describeWith } from "../support/programs.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MIB = 1024 ** 2;
const SINGLE = randomBytes(100_000);
const PARTS = randomBytes(6 * MIB);
const CHECKSUM = createHash("sha256").update(SINGLE).digest("base64");

const ATTRIBUTES = {
  "content-type": "text/x-kind; charset=utf-8",
  "content-disposition": 'attachment; filename="a b.txt"',
  "content-encoding": "x-none",
  "content-language": "en, nl",
  "cache-control": "max-age=9, private",
  expires: "Thu, 01 Jan 2032 00:00:00 GMT",
  "x-amz-meta-name": "Grüße",
  "x-amz-meta-mtime": "1600000000",
  "x-amz-tagging": "a=1&b=2",
  "x-amz-storage-class": "STANDARD_IA",
  "x-amz-website-redirect-location": "/elsewhere",
};

/** Of each answer alone: the exchange, not the object. */
const OF_THE_EXCHANGE =
  /^(?:date|connection|keep-alive|server|x-amz-request-id|x-amz-id-2|x-nearbucket-(?:served|region))$/;

/** What the table says: header, and what becomes of it on a node and on another S3 service. */
async function readTable(): Promise<ReadonlyMap<string, { readonly node: string; readonly s3: string }>> {
  const text = await readFile(join(import.meta.dirname, "../../docs/redirects.md"), "utf8");
  const section = text.split("\n## ").find((one) => one.startsWith("Each header")) ?? "";
  const rows = section.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return cells.length === 5 && cells[1]?.startsWith("`") ? [cells] : [];
  });
  const named = rows.flatMap(([, names = "", node = "", s3 = ""]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => [name.toLowerCase(), { node, s3 }] as const),
  );
  return new Map(named);
}

function rowFor<T>(table: ReadonlyMap<string, T>, name: string): T | undefined {
  return table.get(name) ?? table.get(name.replace(/^(x-amz-(?:meta|checksum)-).*/, "$1*"));
}

interface Place {
  readonly on: OpenBucket;
  close(): Promise<void>;
}

type BackendConfig = GatewayConfigInput["backends"][number];

/** On one backend, whose copies are those that were written or, beside another one, those that repair made. */
async function over(backend: BackendConfig, from: Source, close: () => Promise<void>): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-source-"));
  const source = { kind: "disk", name: "source", region: "s", directory: join(directory, "disk") } as const;
  const backends = from === "written" ? [backend] : [backend, source];
  const on = await openBucket({ backends, config: { copies: backends.length, cache: { bytes: 0 } } });
  const regions = backends.map(({ region }) => region).join(",");
  const headers = { ...ATTRIBUTES, "x-nearbucket-regions": regions, "x-amz-checksum-sha256": CHECKSUM };
  await on.put("single", SINGLE, headers);
  const params = { Bucket: BUCKET, Key: "parts", Body: PARTS, Metadata: { mtime: "1" }, Tagging: "a=1" };
  await new Upload({ client: on.s3, partSize: 5 * MIB, params }).done();
  await on.put("plain", SINGLE.subarray(0, 10));
  if (from === "repaired") await repair(on, backend.name);
  return {
    on,
    async close() {
      await on[Symbol.asyncDispose]();
      await close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Its bytes go, they are copied from the other backend, and nobody is sent to that any more. */
async function repair(on: OpenBucket, name: string): Promise<void> {
  const { metadata, fleet, upkeep } = on.gateway.gateway;
  const { backend } = fleet.get(name) ?? {};
  for (const key of ["single", "parts", "plain"]) {
    const { blob } = (await metadata.objects.find(BUCKET, key)).found ?? {};
    if (blob === undefined || backend === undefined) throw new Error(`${key} on ${name}`);
    await backend.delete(blob.storageKey);
    await metadata.blobs.setReplica(blob.id, name, "lost");
    await metadata.jobs.add({ kind: "copy", blobId: blob.id });
    await upkeep.runDue();
    expect(await backend.stat(blob.storageKey)).toMatchObject({ size: blob.size, etag: blob.etag });
    expect(blob.etag.endsWith("-2")).toBe(key === "parts");
  }
  await metadata.backends.setState("source", "draining");
  fleet.setRegistrations(await metadata.backends.list());
}

async function overNode(backends: number | "disk", from: Source): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-headers-"));
  const disk = { kind: "disk", name: "disk", region: "r", directory: join(directory, "disk") } as const;
  const node: TestGateway = await startTestGateway({
    backends: backends === "disk" ? [disk] : backends,
    config: { role: "node" },
  });
  const { url: endpoint, port, accessKeyId, secretAccessKey } = node;
  const reached = {
    endpoint,
    publicEndpoint: `http://localhost:${port}`,
    bucket: "store",
    accessKeyId,
    secretAccessKey,
  };
  return over({ kind: "node", name: "node", region: "r", ...reached }, from, async () => {
    await node[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
}

async function overMinio(from: Source): Promise<Place> {
  const minio: Minio = await startMinio({ buckets: ["store"] });
  const { url: endpoint, publicUrl: publicEndpoint, accessKeyId, secretAccessKey } = minio;
  const reached = { endpoint, publicEndpoint, bucket: "store", accessKeyId, secretAccessKey };
  return over({ kind: "s3", name: "minio", region: "r", replayedHeaders: "tolerate", ...reached }, from, async () => {
    await minio[Symbol.asyncDispose]();
  });
}

type Source = "written" | "repaired";

const KINDS = [
  ["node over memory", "node", (from: Source) => overNode(1, from)],
  ["node over a disk", "node", (from: Source) => overNode("disk", from)],
  ["MinIO", "s3", overMinio],
] as const;

const PLACES = KINDS.flatMap(([name, kind, open]) =>
  (["written", "repaired"] as const).map((from) => [name, from, kind, () => open(from)] as const),
);

type Fields = Readonly<Record<string, string>>;

describeWith(["minio"], "a read that is redirected has the headers of one that is not", () => {
  describe.each(PLACES)("on a %s, as %s", (_name, _from, kind, open) => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    const READS: readonly (readonly [key: string, headers: Fields])[] = [
      ["single", {}],
      ["single", { "x-amz-checksum-mode": "ENABLED" }],
      ["single", { range: "bytes=10-19" }],
      ["parts", {}],
      ["parts", { range: "bytes=5242870-5242889" }],
      ["plain", {}],
    ];

    it.each(READS)("%s %j", async (key, headers) => {
      const { on } = place;
      const ask = (redirect: string) => on.get(key, { ...headers, "x-nearbucket-redirect": redirect });
      const proxied = await ask("never");
      const redirect = await ask("always");
      expect([proxied.status, redirect.status]).toEqual([headers["range"] === undefined ? 200 : 206, 307]);
      const { "x-amz-checksum-mode": _, ...replayed } = headers;
      const followed = await fetch(String(redirect.headers["location"]), { headers: replayed });
      expect(followed.status).toBe(proxied.status);
      expect(followed.headers.get("etag")).toBe(proxied.headers["etag"]);
      expect(Buffer.from(await followed.arrayBuffer()).equals(proxied.body)).toBe(true);
      const table = await readTable();
      const names = new Set([...Object.keys(proxied.headers), ...followed.headers.keys()]);
      const differing = [...names].filter(
        (name) => !OF_THE_EXCHANGE.test(name) && proxied.headers[name] !== (followed.headers.get(name) ?? undefined),
      );
      const isTold = (name: string) => (rowFor(table, name)?.[kind] ?? "same") !== "same";
      expect(differing.filter((name) => !isTold(name))).toEqual([]);
      // What the store cannot say is on the redirect, for those that look there.
      for (const name of differing.filter((one) => rowFor(table, one)?.[kind].startsWith("on the 307")))
        expect(redirect.headers[`x-nearbucket-set-${name}`], name).toBe(proxied.headers[name]);
    });
  });

  it("as a directory keeps the ETag of the parts, too, when repair makes a copy there", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nearbucket-target-"));
    const target = { kind: "disk", name: "target", region: "r", directory: join(directory, "disk") } as const;
    const place = await over(target, "repaired", () => rm(directory, { recursive: true }));
    const [proxied, told] = [await place.on.get("parts"), await place.on.call("HEAD", "parts")];
    expect([proxied.status, proxied.body.equals(PARTS)]).toEqual([200, true]);
    expect(proxied.headers["etag"]).toMatch(/^"[0-9a-f]{32}-2"$/);
    for (const name of ["etag", "last-modified"]) expect(proxied.headers[name]).toBe(told.headers[name]);
    await place.close();
  });

  it("on a node, so that only the exchange is its own and the regions stay behind; the table says so", async () => {
    const table = await readTable();
    const others = [...table].filter(([, { node }]) => !["same", "its own"].includes(node));
    expect(others).toEqual([["x-nearbucket-regions", expect.anything()]]);
    expect(table.get("etag")).toEqual({ node: "same", s3: "same, or else rule 10" });
    expect(table.get("x-amz-meta-*")?.s3).toMatch(/^on the 307/);
  });
});
