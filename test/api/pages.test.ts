// Every list of the API in pages: each row once, whatever goes meanwhile, and no cursor but its own.
import { expect, it, vi } from "vitest";
import { apiOperations } from "../../src/api/table.ts";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import { type ApiClient, apiClient } from "../support/api.ts";
import { startOverDisks } from "./over-disks.ts";

vi.setConfig({ testTimeout: 60_000 });

type Item = Readonly<Record<string, unknown>>;

interface List {
  readonly query?: Readonly<Record<string, string>>;
  readonly idOf: (item: Item) => unknown;
}

const COUNT = 7;
const numbered = (name: string) => Array.from({ length: COUNT }, (_, at) => `${name}${at}`);

const lists: Readonly<Record<string, List>> = {
  listKeys: { idOf: ({ accessKeyId }) => accessKeyId },
  listAccounts: { idOf: ({ name }) => name },
  listOrphans: { query: { backend: "a" }, idOf: ({ key }) => key },
  listJobs: { query: { kind: "digest" }, idOf: ({ id }) => id },
  listBuckets: { idOf: ({ name }) => name },
};

/** A gateway with seven of each, or more. */
async function startFilled() {
  const place = await startOverDisks(["a", "b"], [], { inventory: { hours: 1 / 3600 } });
  const { gateway } = place;
  const { jobs } = gateway.gateway.metadata;
  const disk = await openDiskBackend({ name: "a", region: "a", directory: place.at("a"), durable: false });
  for (const key of numbered("blobs/ab/orphan-")) await put(disk, key, Buffer.from("lost"));
  for (const name of numbered("account-")) await gateway.addAccount(name);
  for (const name of numbered("bucket-")) await gateway.fetch({ method: "PUT", path: `/${name}` });
  const later = new Date(Date.now() + 3_600_000);
  for (let blobId = 1; blobId <= COUNT; blobId++) await jobs.add({ kind: "digest", blobId }, later);
  const ask = asker(place.call);
  const found = async () => expect((await ask("listOrphans")).items).toHaveLength(COUNT);
  await vi.waitFor(found, 15_000);
  return { ...place, ask, walk: walker(ask) };
}

type Ask = ReturnType<typeof asker>;

function asker(call: ApiClient) {
  return async (name: string, more: Readonly<Record<string, string>> = {}) => {
    const query = { ...lists[name]?.query, ...more };
    return (await call("GET", apiOperations[name]?.path ?? "", { query })).document;
  };
}

/** The ids of each page. */
function walker(ask: Ask) {
  return async (name: string, limit: number): Promise<readonly (readonly unknown[])[]> => {
    const pages: unknown[][] = [];
    let cursor: string | undefined;
    do {
      const { items, next } = await ask(name, { limit: String(limit), ...(cursor !== undefined && { cursor }) });
      pages.push(items.map(lists[name]?.idOf));
      cursor = next;
    } while (cursor !== undefined);
    return pages;
  };
}

it("knows of every list that has pages", () => {
  const paged = Object.entries(apiOperations).filter(([, { query }]) => query && "cursor" in query.shape);
  expect(paged.map(([name]) => name).sort()).toEqual(Object.keys(lists).sort());
});

it("gives each row of a list once, in pages of any size", async () => {
  await using place = await startFilled();
  for (const name of Object.keys(lists)) {
    const [all = [], ...more] = await place.walk(name, 1000);
    expect([name, more]).toEqual([name, []]);
    expect(all.length).toBeGreaterThanOrEqual(COUNT);
    expect([name, new Set(all).size]).toEqual([name, all.length]);
    for (const limit of [1, 3, all.length - 1, all.length]) {
      const pages = await place.walk(name, limit);
      expect([name, limit, pages.flat()]).toEqual([name, limit, all]);
      expect([name, limit, pages.length]).toEqual([name, limit, Math.ceil(all.length / limit)]);
    }
  }
});

const TEXTS = ["%", "x y", "", "AA==", "AA", "a".repeat(4096), "a".repeat(4097), "keys:", "keys:\0"];
const MADE_UP = [...TEXTS.slice(0, -1), ...TEXTS.map((text) => Buffer.from(text).toString("base64url"))];

it("takes no cursor that is made up, or of another list, and no limit that is none", async () => {
  await using place = await startFilled();
  const { ask } = place;
  for (const name of Object.keys(lists)) {
    const others = Object.keys(lists).filter((other) => other !== name);
    const foreign = await Promise.all(others.map(async (other) => (await ask(other, { limit: "1" })).next));
    for (const cursor of [...MADE_UP, ...foreign])
      expect([name, cursor, await ask(name, { cursor })]).toMatchObject([
        ...[name, cursor],
        { code: "BadRequest", errors: [{ pointer: "/cursor" }] },
      ]);
    for (const limit of ["0", "1001", "-1", "1.5", "many", ""])
      expect([name, await ask(name, { limit })]).toMatchObject([name, { errors: [{ pointer: "/limit" }] }]);
  }
  const { next } = await ask("listOrphans", { limit: "1" });
  expect((await ask("listOrphans", { backend: "b", cursor: next })).code).toBe("BadRequest");
  const cursor = Buffer.from("jobs:one").toString("base64url");
  expect((await ask("listJobs", { cursor })).code).toBe("BadRequest");
});

it("goes on behind a row that has gone meanwhile", async () => {
  await using place = await startFilled();
  const before = (await place.walk("listBuckets", 1000)).flat();
  const first = await place.ask("listBuckets", { limit: "3" });
  const gone = first.items.at(-1).name;
  expect((await place.gateway.fetch({ method: "DELETE", path: `/${gone}` })).status).toBe(204);
  const second = await place.ask("listBuckets", { cursor: first.next });
  expect([...first.items, ...second.items].map(({ name }: Item) => name)).toEqual(before);
});

it("tells nobody by a cursor of buckets that they may not list", async () => {
  await using place = await startFilled();
  const asAlice = asker(apiClient(place.gateway, await place.gateway.addAccount("alice")));
  const { metadata } = place.gateway.gateway;
  const { id: accountId } = await metadata.accounts.ensure("alice");
  // Among those of another account: bucket-0, bucket-1 and so on.
  const own = ["aaa", "bucket-0-own", "bucket-1-own", "zzz"];
  for (const name of own) await metadata.buckets.create({ name, accountId, location: "", settings: {} });
  const cursors: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
    const { items, next } = await asAlice("listBuckets", { limit: "1", ...(cursor !== undefined && { cursor }) });
    expect(items).toMatchObject([{ name: own[pages] }]);
    cursor = next;
    if (cursor !== undefined) cursors.push(Buffer.from(cursor, "base64url").toString());
  }
  expect(cursors).toEqual(own.slice(0, -1).map((name) => `buckets:${name}`));
});
