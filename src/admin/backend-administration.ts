/**
 * What an operator asks about backends and does with them, beside a running gateway: the gateways read the result from
 * the database within seconds. Nothing here makes a copy the only one without being told to.
 */
import { randomUUID } from "node:crypto";
import { onlyBackendError } from "../backends/backend.ts";
import type { BackendConfig } from "../backends/kinds.ts";
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { Amount } from "../metadata/holders.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { BackendState, SealedSecret } from "../model.ts";
import { findIdentity, registerBackend } from "../upkeep/registration.ts";
import { type CopyRule, copiesOf, type Wanted } from "../wanted.ts";
import type { LiveBackend } from "./live-status.ts";
import { openStore } from "./open-store.ts";
import { knownBackend, Refusal } from "./refusal.ts";

export interface BackendAdministrationOptions {
  readonly metadata: Pick<Metadata, "backends" | "jobs">;
  readonly rule: CopyRule;
  /** Undefined: the configuration is not known here, as beside a demo. */
  readonly configured: readonly BackendConfig[] | undefined;
  /** The configuration of one that was attached at run time; undefined: it was not. */
  readonly attached: (row: RegisteredBackend) => BackendConfig | undefined;
  /** Secrets included, for the database. */
  readonly seal: (config: BackendConfig) => SealedSecret;
  /** How long copies on a backend that is away still count as good. */
  readonly outageGraceMs: number;
  readonly now: () => Date;
}

export interface BackendDescription {
  readonly name: string;
  readonly kind: string | undefined;
  readonly region: string | undefined;
  readonly state: BackendState | "not registered";
  /** In place, away: a running gateway says so. Without one, by the database: seen of late, or away since. */
  readonly condition: "in place" | "seen" | "lost" | "away" | "never seen";
  /** When it was last seen, or since when it is lost. */
  readonly at: Date | undefined;
  readonly replicas: number;
  readonly bytes: number;
  /** Where configuration and database differ. */
  readonly note: string | undefined;
  /** At run time: it is not in the configuration. */
  readonly attached: boolean;
}

export interface BackendCheck {
  readonly name: string;
  readonly condition: "in place" | "lost" | "away" | "not registered";
  /** Why, unless it is in place; why not, if it takes no writes. */
  readonly reason: string | undefined;
  readonly writable: boolean;
}

/** Gateways note a backend that is in place every 30 s. */
const FRESH_MS = 90_000;
const PATIENCE_MS = 5000;
const BATCH = 1000;

export class BackendAdministration {
  readonly #options: BackendAdministrationOptions;

  constructor(options: BackendAdministrationOptions) {
    this.#options = options;
  }

  /** In order of name: all that are registered, configured, or named by a replica. `live`: by a running gateway. */
  async describe(live: readonly Pick<LiveBackend, "name" | "up">[] = []): Promise<readonly BackendDescription[]> {
    const { metadata, configured } = this.#options;
    const [rows, used, holdings] = [
      await metadata.backends.list(),
      await metadata.backends.namesInUse(),
      await metadata.backends.holdings(),
    ];
    const names = new Set([...rows, ...(configured ?? [])].map(({ name }) => name).concat(used));
    return [...names].sort().map((name) => {
      const row = rows.find((one) => one.name === name);
      const known = configured?.find((one) => one.name === name) ?? (row && this.#options.attached(row));
      const held = holdings.find((one) => one.name === name);
      return {
        name,
        kind: known?.kind,
        region: known?.region,
        state: row?.state ?? "not registered",
        ...this.#conditionOf(row, live.find((one) => one.name === name)?.up),
        replicas: held?.replicas ?? 0,
        bytes: held?.bytes ?? 0,
        note: this.#noteOn(row, known, used.includes(name)),
        attached: row?.config !== undefined && configured?.some((one) => one.name === name) !== true,
      };
    });
  }

  /** Of all that are in use: those of the configuration, then those that were attached at run time. */
  async configurations(): Promise<readonly BackendConfig[]> {
    const { metadata, configured = [], attached } = this.#options;
    const rows = await metadata.backends.list();
    const isRemoved = (name: string) => rows.some((row) => row.name === name && row.state === "removed");
    const others = rows.filter(({ name }) => !configured.some((one) => one.name === name) && !isRemoved(name));
    return [...configured.filter(({ name }) => !isRemoved(name)), ...others.flatMap((row) => attached(row) ?? [])];
  }

  /** Looks at the store now, from here. */
  async check(name: string): Promise<BackendCheck> {
    const row = await this.#find(name);
    const backend = await openStore(this.#configOf(name, row));
    try {
      if (row === undefined)
        return { name, condition: "not registered", reason: "no gateway has registered it yet", writable: false };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const failure = await backend.probe(signal, row.identity).then(() => undefined, onlyBackendError);
      if (failure !== undefined) {
        const isLost = failure.fault === "absent" || failure.fault === "corrupt";
        return { name, condition: isLost ? "lost" : "away", reason: failure.message, writable: false };
      }
      const refusal = await backend.probeWrite(signal).then(() => undefined, onlyBackendError);
      return { name, condition: "in place", reason: refusal?.message, writable: refusal === undefined };
    } finally {
      await backend.close();
    }
  }

  /**
   * Gateways open it within seconds. One that was registered before comes back if it is the same store. Throws what
   * speaks against its registration.
   */
  async attach(config: BackendConfig): Promise<void> {
    const { name } = config;
    const { metadata, configured, seal } = this.#options;
    if (configured?.some((one) => one.name === name) === true) throw new Refusal(`${name} is in the configuration`);
    const rows = await metadata.backends.list();
    const former = rows.find((row) => row.name === name);
    const backend = await openStore(config);
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      if (former === undefined) await registerBackend(backend, metadata.backends, rows, signal, seal(config));
      else {
        await backend.probe(signal, former.identity);
        await metadata.backends.setConfig(name, seal(config));
        await metadata.backends.setState(name, "attached");
      }
      await backend.establish((await this.#registered(name)).identity);
    } finally {
      await backend.close();
    }
  }

  /** Throws when it is not registered, or removed. */
  async drain(name: string): Promise<void> {
    if ((await this.#registered(name)).state === "removed") throw new Refusal(`${name} is removed`);
    await this.#options.metadata.backends.setState(name, "draining");
  }

  /** What would have too few good copies without it. Throws when it is not registered. */
  async left(name: string): Promise<Amount> {
    const { lostAt } = await this.#registered(name);
    return this.#shortWithout(name, (wanted) => (lostAt ? 1 : copiesOf(this.#options.rule, wanted)));
  }

  /** Throws when it is not registered. */
  async resume(name: string): Promise<void> {
    await this.#registered(name);
    await this.#options.metadata.backends.setState(name, "attached");
  }

  /**
   * What stands there is left there and forgotten. Throws, with numbers, while blobs would have too few good copies
   * without it, or uploads parts, and while new ones may still come. Copies on one that is lost are not good any more.
   */
  async remove(name: string): Promise<void> {
    const { metadata } = this.#options;
    const row = await this.#registered(name);
    if (row.state === "attached" && row.lostAt === undefined)
      throw new Refusal(`${name} still takes new blobs: nearbucket backends drain ${name} first`);
    const only = await this.#shortWithout(name, () => 1);
    const short = await this.left(name);
    // A write that began before the drain may have come after the walk over all blobs.
    if (short.blobs > 0) await metadata.jobs.add({ kind: "survey" });
    if (only.blobs > 0)
      throw new Refusal(`${amount(only)} have their only good copy on ${name}: wait until they are copied elsewhere`);
    if (short.blobs > 0)
      throw new Refusal(
        `${amount(short)} would have fewer copies than they should without ${name}: attach a backend for them, or wait`,
      );
    const uploads = row.lostAt === undefined ? await metadata.backends.uploadsOnlyThere(name, this.#since()) : 0;
    if (uploads > 0)
      throw new Refusal(`${uploads} unfinished uploads have parts only on ${name}: complete or abort them first`);
    await metadata.backends.setState(name, "removed");
    for (let forgotten = BATCH; forgotten === BATCH; ) forgotten = await metadata.backends.forgetReplicas(name, BATCH);
  }

  /**
   * An empty store takes the place of one that is lost: what stood there counts as lost, and repair copies it anew.
   * `onProgress`: how many replicas are marked so far. Throws when the former one is in place, when the store may be
   * somebody else's, when a disk's directory is not there, and when blobs would be given up, unless `acceptLoss`.
   */
  async replace(
    name: string,
    options: { readonly acceptLoss: boolean; readonly onProgress: (marked: number) => void },
  ): Promise<{ readonly identity: string; readonly lost: number }> {
    const { backends } = this.#options.metadata;
    const rows = await backends.list();
    const row = rows.find((one) => one.name === name);
    if (row !== undefined) this.#checkNotInPlace(row);
    const config = this.#configOf(name, row);
    const backend = await openStore(config);
    try {
      const found = await findIdentity(backend, AbortSignal.timeout(PATIENCE_MS));
      if (row !== undefined && found === row.identity)
        throw new Refusal(`${name} is in place: there is nothing to replace`);
      // A disk that is not mounted looks so: made here, it would be a directory of the disk below.
      if (found === "missing" && config.kind === "disk")
        throw new Refusal(`${config.directory} is not there: mount the disk, or make an empty directory for a new one`);
      const other = rows.find((one) => one.identity === found);
      if (other !== undefined) throw new Refusal(`the store at ${name} is ${other.name}`);
      if (found !== "missing" && !(await backend.isEmpty()))
        throw new Refusal(`the store at ${name} is not empty: it holds blobs that this database does not know`);
      const only = await this.#shortWithout(name, () => 1);
      if (only.blobs > 0 && !options.acceptLoss)
        throw new Refusal(
          `${amount(only)} have no other good copy than the one on the store that was ${name}: ` +
            "bring it back, or give them up with --accept-loss",
        );
      const identity = found === "missing" || found === undefined ? randomUUID() : found;
      await backend.establish(identity);
      let lost = 0;
      for (let marked = BATCH; marked === BATCH; options.onProgress(lost)) {
        marked = await backends.loseReplicas(name, BATCH);
        lost += marked;
      }
      const isDone =
        row === undefined
          ? await backends.register(name, identity)
          : await backends.replace(name, row.identity, identity);
      if (!isDone) throw new Refusal(`${name} was changed by somebody else at the same time: look, and try again`);
      return { identity, lost };
    } finally {
      await backend.close();
    }
  }

  async #find(name: string): Promise<RegisteredBackend | undefined> {
    return (await this.#options.metadata.backends.list()).find((row) => row.name === name);
  }

  async #registered(name: string): Promise<RegisteredBackend> {
    return knownBackend(await this.#options.metadata.backends.list(), name);
  }

  #configOf(name: string, row: RegisteredBackend | undefined): BackendConfig {
    const { configured, attached } = this.#options;
    const config = configured?.find((one) => one.name === name) ?? (row && attached(row));
    if (config !== undefined) return config;
    if (configured === undefined) throw new Refusal("a demo's backends can be reached by the demo alone");
    throw new Refusal(`${name} is not in the configuration, and was not attached`, { isUnknown: row === undefined });
  }

  #shortWithout = (name: string, copies: (wanted: Wanted | undefined) => number): Promise<Amount> =>
    this.#options.metadata.backends.shortWithout(name, copies, this.#since());

  #since(): Date {
    return new Date(this.#options.now().getTime() - this.#options.outageGraceMs);
  }

  /** From here another store may be seen than from the gateways, such as a directory of another machine. */
  #checkNotInPlace({ name, seenAt, lostAt }: RegisteredBackend): void {
    const ageMs = Math.max(0, this.#options.now().getTime() - seenAt.getTime());
    if (lostAt !== undefined || ageMs >= FRESH_MS) return;
    const [ago, left] = [Math.floor(ageMs / 1000), Math.ceil((FRESH_MS - ageMs) / 1000)];
    throw new Refusal(
      `a gateway found ${name} in place ${ago} s ago: there is nothing to replace. ` +
        `If it is lost since then, try again in ${left} s`,
    );
  }

  #conditionOf(
    row: RegisteredBackend | undefined,
    up: boolean | undefined,
  ): Pick<BackendDescription, "condition" | "at"> {
    if (row === undefined || row.seenAt.getTime() === 0) return { condition: "never seen", at: undefined };
    const { seenAt, lostAt } = row;
    if (up === true) return { condition: "in place", at: seenAt };
    if (lostAt !== undefined) return { condition: "lost", at: lostAt };
    const isFresh = up === undefined && this.#options.now().getTime() - seenAt.getTime() < FRESH_MS;
    return { condition: isFresh ? "seen" : "away", at: seenAt };
  }

  #noteOn(row: RegisteredBackend | undefined, known: BackendConfig | undefined, isUsed: boolean): string | undefined {
    if (this.#options.configured === undefined) return undefined;
    if (row?.state === "removed") return known && "removed, but still configured: it is not used";
    if (known !== undefined) return row === undefined ? "not registered yet: see the gateway's log" : undefined;
    return isUsed ? "not configured any more, but replicas stand there" : "not configured any more";
  }
}

function amount({ blobs, bytes }: Pick<Amount, "blobs" | "bytes">): string {
  return `${blobs} blobs (${bytes} bytes)`;
}
