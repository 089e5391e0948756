/**
 * Brings a gateway to one point inside an operation, and lets it die there: store calls are held by the proxies before
 * the stores, answers by the one before the gateway, and a commit by a lock on the database.
 */
import knexFactory, { type Knex } from "knex";
import type { Match } from "../support/faulty-s3-script.ts";
import type { ProxyFault, S3Proxy } from "../support/s3-proxy.ts";
import type { CrashRig } from "./crash-rig.ts";
import type { Recorder } from "./recorder.ts";

/** The two stores, and the way from the gateway to its clients. */
export type Place = "first" | "second" | "clients";

export interface Hold {
  readonly at: Place;
  readonly match: Match;
  readonly fault: ProxyFault;
}

export interface Stage {
  readonly recorder: Recorder;
  /** A key of this point's own. */
  readonly key: string;
  /** Goes on while the gateway dies. */
  begin(work: Promise<unknown>): void;
  /** Resolves when the first request is held there. */
  hold(hold: Hold): Promise<void>;
  /** Lets go what is held. */
  release(): void;
  /** Resolves when the server at that place has answered such a request. */
  answered(at: Place, match: Match): Promise<void>;
  /** From now on no commit of the gateway comes to its end. */
  lockDatabase(): Promise<void>;
  /** What the gateway was told before has been taken in. */
  roundTrips(): Promise<void>;
  /** What is due later is due now, as if the time had passed. */
  hasten(): Promise<void>;
  /** Asks until the database answers with a row. */
  until(sql: string, values: readonly string[]): Promise<void>;
  /** The stores and the way to them are as before. */
  heal(): void;
  /** Starts the gateway again for this point. */
  restart(change: Parameters<CrashRig["gateway"]["restart"]>[0]): Promise<void>;
}

/** `late`: what is held reaches the stores when the gateway is gone; else it never does. */
export async function dieAt(
  rig: CrashRig,
  key: string,
  point: (stage: Stage) => Promise<void>,
  { late }: { readonly late: boolean },
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
    // Names are reserved before they are needed.
    await recorder.put(`${key}/before`, Buffer.from(key));
    await point({
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
    await gateway.kill();
    if (late) {
      const done = holds.map(({ hold }) => proxyOf(rig, hold.at).answered(hold.match));
      release();
      await Promise.all(done);
    }
    heal();
    await Promise.all(underWay);
  } finally {
    await knex.destroy();
  }
  await gateway.restart({ minimumCopies: 2 });
}

function proxyOf({ front, stores }: CrashRig, place: Place): S3Proxy {
  const proxy = place === "clients" ? front : stores.proxies[place === "first" ? 0 : 1];
  if (proxy === undefined) throw new Error(`no proxy ${place}`);
  return proxy;
}

/** A lease that a dead process held has ended by then; a living one that loses its lease gives the job up. */
async function hasten(knex: Knex): Promise<void> {
  await knex.raw("UPDATE blobs SET reclaim_at = 1 WHERE reclaim_at IS NOT NULL");
  await knex.raw("UPDATE jobs SET run_at = 1, lease_until = CASE WHEN lease_until IS NULL THEN NULL ELSE 1 END");
}
