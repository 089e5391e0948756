/**
 * Brings a gateway to one point inside an operation and kills it there. The proxies in front of the stores hold calls,
 * the proxy in front of the gateway holds answers, and a lock on the database holds commits.
 */
import { setTimeout as wait } from "node:timers/promises";
import knexFactory, { type Knex } from "knex";
import type { Match } from "../support/faulty-s3-script.ts";
import type { ProxyFault, S3Proxy } from "../support/s3-proxy.ts";
import type { CrashRig } from "./crash-rig.ts";
import type { Recorder } from "./recorder.ts";

const PATIENCE_MS = 30_000;

/** In front of one of the two stores, or between the gateway and its clients. */
export type Place = "first" | "second" | "clients";

export interface Hold {
  readonly at: Place;
  readonly match: Match;
  readonly fault: ProxyFault;
}

export interface Stage {
  readonly recorder: Recorder;
  /** A key that only this point uses. */
  readonly key: string;
  /** Adds a call that is in progress when the gateway is killed. */
  begin(work: Promise<unknown>): void;
  /** Resolves when the first request that matches is held. */
  hold(hold: Hold): Promise<void>;
  /** Lets all held requests and answers go on. */
  release(): void;
  /** Resolves when the server at that place has answered such a request. */
  answered(at: Place, match: Match): Promise<void>;
  /** From now on every commit of the gateway waits. */
  lockDatabase(): Promise<void>;
  /** Resolves when the gateway has handled everything it received before. */
  roundTrips(): Promise<void>;
  /** Makes reclaims and jobs due now, as if their time had come. */
  hasten(): Promise<void>;
  /** Repeats the query until it returns a row. */
  until(sql: string, values: readonly string[]): Promise<void>;
  /** Removes all holds and faults. */
  heal(): void;
  /** Restarts the gateway with a changed configuration for this point. */
  restart(change: Parameters<CrashRig["gateway"]["restart"]>[0]): Promise<void>;
}

/**
 * `late`: the held requests reach the stores after the gateway was killed; otherwise they are dropped. `meanwhile`: what
 * happens before it is started again.
 */
export async function dieAt(
  rig: CrashRig,
  key: string,
  point: (stage: Stage) => Promise<void>,
  { late, meanwhile }: { readonly late: boolean; readonly meanwhile?: () => Promise<void> },
): Promise<void> {
  const { gateway, recorder } = rig;
  const underWay: Promise<unknown>[] = [];
  const holds: { readonly hold: Hold; release(): void }[] = [];
  const knex = knexFactory({
    client: "sqlite3",
    connection: { filename: rig.databaseFile },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  const release = () => {
    for (const held of holds) held.release();
  };
  const heal = () => {
    for (const proxy of [rig.front, ...rig.stores.proxies]) proxy.reset();
  };
  try {
    // After the first write the gateway has storage keys in reserve, and needs no commit to get one.
    await recorder.put(`${key}/before`, Buffer.from(key));
    const reached = point({
      recorder,
      key,
      begin: (work) => void underWay.push(work),
      hold(hold) {
        const script = proxyOf(rig, hold.at).script(hold.match, hold.fault);
        holds.push({ hold, release: script.release });
        return script.met;
      },
      release,
      answered: (at, match) => proxyOf(rig, at).answered(match),
      lockDatabase: async () => void (await knex.raw("BEGIN IMMEDIATE")),
      roundTrips: async () => {
        for (let count = 0; count < 3; count++) await fetch(`${gateway.url}/-/health`).then((reply) => reply.text());
      },
      hasten: () => hasten(knex),
      until: async (sql, values) => {
        for (let rows = []; rows.length === 0; ) rows = await knex.raw(sql, [...values]);
      },
      heal,
      restart: async (change) => {
        await gateway.kill();
        await gateway.restart(change);
      },
    });
    await Promise.race([reached, timeout()]);
    await gateway.kill();
    if (late) {
      const done = holds.map(({ hold }) => proxyOf(rig, hold.at).answered(hold.match));
      release();
      await Promise.all(done);
    }
  } finally {
    await gateway.kill();
    heal();
    await Promise.all(underWay);
    await knex.destroy();
    await meanwhile?.();
    await gateway.restart({ minimumCopies: 2 });
  }
}

/** So that a point that is never reached does not keep the gateway from the next one. */
async function timeout(): Promise<never> {
  await wait(PATIENCE_MS, undefined, { ref: false });
  throw new Error(`the point was not reached within ${PATIENCE_MS / 1000} s`);
}

function proxyOf({ front, stores }: CrashRig, place: Place): S3Proxy {
  const proxy = place === "clients" ? front : stores.proxies[place === "first" ? 0 : 1];
  if (proxy === undefined) throw new Error(`no proxy ${place}`);
  return proxy;
}

/** Ends all leases, too: those of killed processes would delay the jobs. */
async function hasten(knex: Knex): Promise<void> {
  await knex.raw("UPDATE blobs SET reclaim_at = 1 WHERE reclaim_at IS NOT NULL");
  await knex.raw("UPDATE jobs SET run_at = 1, lease_until = CASE WHEN lease_until IS NULL THEN NULL ELSE 1 END");
}
