// What gateways on one PostgreSQL tell each other, also over a connection that is lost or stands still.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Heard, Listening } from "../../../src/metadata/engine.ts";
import { type Metadata, openMetadata } from "../../../src/metadata/metadata.ts";
import { makePostgres, postgresUrl } from "../../support/engines.ts";
import { openPostgresProxy } from "../../support/postgres-proxy.ts";

const WITHIN = { timeout: 20_000, interval: 20 };
vi.setConfig({ testTimeout: 60_000 });
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(url: string): Promise<Metadata> {
  return openMetadata({ engine: { kind: "postgres", url }, now: () => new Date(), graceMs: 1, cacheRows: 0 });
}

async function twoGateways() {
  const { engine, remove } = await makePostgres(postgresUrl ?? "");
  if (engine.kind !== "postgres") throw new Error("PostgreSQL was asked for");
  closing.push(remove);
  const proxy = await openPostgresProxy(engine.url);
  closing.push(() => proxy.close());
  const one = await open(engine.url);
  closing.push(() => one.close());
  const other = await open(proxy.url);
  closing.push(() => other.close());
  const heard: Heard[] = [];
  const listening = other.journal.listen((what) => heard.push(what));
  if (listening === undefined) throw new Error("others may have this database");
  closing.push(() => listening.close());
  await hears(listening, true);
  return { one, proxy, heard, listening };
}

async function hears(listening: Listening, expected: boolean): Promise<void> {
  await vi.waitFor(() => expect(listening.hears()).toBe(expected), WITHIN);
}

describe.skipIf(!postgresUrl)("gateways on one PostgreSQL", () => {
  it("hear what another one tells", async () => {
    const { one, heard } = await twoGateways();
    one.journal.tell("wanted");
    await vi.waitFor(() => expect(heard).toEqual(["wanted"]), WITHIN);
    one.journal.tell("settled");
    await vi.waitFor(() => expect(heard).toEqual(["wanted", "settled"]), WITHIN);
  });

  it.each(["stop", "stall"] as const)("know when they hear nothing more (%s), and hear again later", async (how) => {
    const { one, proxy, heard, listening } = await twoGateways();
    proxy[how]();
    await hears(listening, false);
    expect(heard).toEqual(["nothing more"]);
    proxy.resume();
    await hears(listening, true);
    one.journal.tell("settled");
    await vi.waitFor(() => expect(heard).toEqual(["nothing more", "settled"]), WITHIN);
  });
});
