// What clients see of the same objects through several gateways, restarts and crashes included, can have happened one
// call after the other, in the order of time: linearizability, in reads and listings alike.
// Shows I10 of docs/durability.md.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scheduler } from "node:timers/promises";
import knexFactory from "knex";
import { afterAll, beforeAll, expect, it } from "vitest";
import { overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { startPostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/programs.ts";
import { isLong, openChance } from "./chance.ts";
import { buildChecker, type Checker } from "./checker.ts";
import { type Door, openDoor } from "./door.ts";
import { type Call, History } from "./history.ts";
import { startSharedClients } from "./shared-clients.ts";

/** However slow the machine is: each kind of fault once. */
const LEAST_FAULTS = 3;
const RUN_MS = isLong ? 5 * 60_000 : 5_000;
const TIMEOUT_MS = RUN_MS + 120_000;
const CALLS_BETWEEN_FAULTS = 250;

describeWith(["go", "minio", "initdb", "pg_ctl"], "many clients on the same objects", () => {
  let checker: Checker;
  let minios: readonly [Minio, Minio];
  const buckets = ["blobs", "blobs-of-postgres"];
  beforeAll(async () => {
    checker = await buildChecker();
    minios = [await startMinio({ buckets }), await startMinio({ buckets })];
  });
  afterAll(async () => {
    for (const one of [checker, ...minios]) await one[Symbol.asyncDispose]();
  });

  const judge = async (history: History) => {
    const picture = join(await mkdtemp(join(tmpdir(), "nearbucket-history-")), "history.html");
    expect(`${await checker.judge(history.calls(), picture)}; ${picture}`).toBe(`Ok; ${picture}`);
    expect(history.length).toBeGreaterThan(LEAST_FAULTS * CALLS_BETWEEN_FAULTS);
  };

  it("see a linearizable history through one gateway on SQLite that is killed", { timeout: TIMEOUT_MS }, async () => {
    await using gateway = await startGatewayProcess(overMinios(minios));
    const door = openDoor(gateway);
    const history = new History();
    const kill = () => door.restart(async () => history.died(0));
    await underFaults([door], history, "one gateway on SQLite", [kill]);
    await judge(history);
  });

  it("see a linearizable history through two gateways on a PostgreSQL that crashes", {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using postgres = await startPostgresServer();
    const { regions, backends } = overMinios(minios);
    const start = (name: string) =>
      startGatewayProcess({
        regions,
        backends: backends.map((backend) => ({ ...backend, bucket: "blobs-of-postgres" })),
        metadata: { kind: "postgres", url: `${postgres.url}?application_name=${name}` },
        encryptionKey: "a key for two gateways, long enough",
      });
    await using one = await start("gateway-0");
    await using other = await start("gateway-1");
    const doors = [one, other].map(openDoor);
    const history = new History();
    const kills = doors.map(
      (door, server) => () =>
        door.restart(async () => {
          await sessionsEnded(postgres.url, `gateway-${server}`);
          history.died(server);
        }),
    );
    await underFaults(doors, history, "two gateways on PostgreSQL", [...kills, () => postgres.crash()]);
    await judge(history);
  });

  it("are checked by a program that finds a stale read", async () => {
    const call = { client: 0, key: "a", condition: "", unknown: false };
    const stale: Call[] = [
      { ...call, kind: "write", value: "one", call: 1, return: 2 },
      { ...call, kind: "write", value: "two", call: 3, return: 4 },
      { ...call, client: 1, kind: "read", value: "one", call: 5, return: 6 },
    ];
    expect(await checker.judge(stale)).toBe("Illegal");
    expect(await checker.judge(stale.map((one) => ({ ...one, unknown: one.value === "two" })))).toBe("Ok");
    expect(
      await checker.judge([{ ...call, kind: "write", value: "one", condition: "absent", call: 1, return: 2 }]),
    ).toBe("Ok");
  });
});

/** Clients at work on both, one fault after the other under them, for the time of a run. */
async function underFaults(
  doors: readonly Door[],
  history: History,
  title: string,
  faults: readonly (() => Promise<void>)[],
): Promise<void> {
  const made = await doors[0]?.ask({ method: "PUT", path: "/bucket" });
  expect(made?.status).toBe(200);
  const end = performance.now() + RUN_MS;
  const clients = startSharedClients(doors, history, openChance(title));
  let count = 0;
  for (; performance.now() < end || count < LEAST_FAULTS; count++) {
    await Promise.race([history.more(CALLS_BETWEEN_FAULTS), clients.ended]);
    await faults[count % faults.length]?.();
  }
  await clients.stop();
  const unknown = history.calls().filter((call) => call.unknown).length;
  process.stderr.write(`${title}: ${history.length} calls, ${unknown} without an answer, ${count} faults\n`);
}

/** A commit that a dead gateway had asked for may still be under way until then. */
async function sessionsEnded(url: string, name: string): Promise<void> {
  const knex = knexFactory({ client: "pg", connection: url });
  try {
    for (let sessions = 1; sessions > 0; ) {
      await scheduler.wait(5);
      sessions = (await knex("pg_stat_activity").where({ application_name: name })).length;
    }
  } finally {
    await knex.destroy();
  }
}
