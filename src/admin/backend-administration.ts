/**
 * What an operator asks about backends and does with them, beside a running gateway: the gateways read the result from
 * the database within seconds. Nothing here makes a copy the only one without being told to.
 */
import { randomUUID } from "node:crypto";
import { onlyBackendError } from "../backends/backend.ts";
import type { BackendConfig } from "../backends/kinds.ts";
import { reasonOf } from "../log.ts";
import type { RegisteredBackend } from "../metadata/backends.ts";
import { type Amount, type HolderSet, sum } from "../metadata/holders.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { SealedSecret } from "../model.ts";
import { findIdentity, registerBackend } from "../upkeep/registration.ts";
import { type CopyRule, copiesOf, mayStandIn, type Wanted } from "../wanted.ts";
import {
  type BackendCheck,
  type BackendDescription,
  type BackendFacts,
  describeBackend,
} from "./backend-description.ts";
import { amountText, checkCopied, checkInUse, checkNotInPlace, checkNoUploads } from "./backend-refusals.ts";
import type { LiveBackend } from "./live-status.ts";
import { type MissingBackends, missingBackends, regionsOf } from "./missing-backends.ts";
import { openStore } from "./open-store.ts";
import { knownBackend, Refusal } from "./refusal.ts";
import { tryRedirects } from "./try-redirects.ts";

export interface BackendAdministrationOptions {
  readonly metadata: Pick<Metadata, "backends" | "jobs">;
  readonly rule: CopyRule;
  /** Undefined: the configuration is not known here, as beside a demo. */
  readonly configured: readonly BackendConfig[] | undefined;
  /** The configuration of one that was attached at run time; undefined: it was not. Throws where it cannot be read. */
  readonly attached: (row: RegisteredBackend) => BackendConfig | undefined;
  /** Secrets included, for the database. */
  readonly seal: (config: BackendConfig) => SealedSecret;
  /** Are they disks of which one stands within the other? */
  readonly isNested: (one: BackendConfig, other: BackendConfig) => boolean;
  /** How long copies on a backend that is away still count as good. */
  readonly outageGraceMs: number;
  readonly now: () => Date;
}

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
      return describeBackend({
        name,
        row,
        isConfigured: configured?.some((one) => one.name === name),
        ...this.#read(name, row),
        held: holdings.find((one) => one.name === name),
        isUsed: used.includes(name),
        up: live.find((one) => one.name === name)?.up,
        now: this.#options.now(),
      });
    });
  }

  /**
   * Of all that are in use: those of the configuration, then those that were attached at run time, where theirs can be
   * read.
   */
  async configurations(): Promise<readonly BackendConfig[]> {
    const { metadata, configured = [] } = this.#options;
    const rows = await metadata.backends.list();
    const isRemoved = (name: string) => rows.some((row) => row.name === name && row.state === "removed");
    const others = rows.filter(({ name }) => !configured.some((one) => one.name === name) && !isRemoved(name));
    return [
      ...configured.filter(({ name }) => !isRemoved(name)),
      ...others.flatMap((row) => this.#read(row.name, row).config ?? []),
    ];
  }

  /** Those that were attached, are in use, and cannot be opened, because their configuration cannot be read. */
  async unreadable(): Promise<readonly { readonly name: string; readonly fault: string }[]> {
    const rows = (await this.#options.metadata.backends.list()).filter(({ state }) => state !== "removed");
    return rows.flatMap((row) => {
      const { fault } = this.#read(row.name, row);
      return fault === undefined ? [] : [{ name: row.name, fault }];
    });
  }

  /** Looks at the store now, from here, and tries what becomes of redirected reads. */
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
      if (refusal === undefined) await tryRedirects(backend, this.#options.metadata.backends, row.identity);
      return { name, condition: "in place", reason: refusal?.message, writable: refusal === undefined };
    } finally {
      await backend.close();
    }
  }

  /**
   * Gateways open it within seconds. One that is in use already gets this configuration if it is the same store. Throws
   * what speaks against its registration, and for one that drains or was removed: only `resume` uses it again.
   */
  async attach(config: BackendConfig): Promise<void> {
    const { name } = config;
    const { metadata, configured, seal } = this.#options;
    if (configured?.some((one) => one.name === name) === true) throw new Refusal(`${name} is in the configuration`);
    const rows = await metadata.backends.list();
    const former = rows.find((row) => row.name === name);
    if (former !== undefined) checkInUse(former);
    const other = await this.nestedWith(config);
    if (other !== undefined)
      throw new Refusal(`${name} would stand within the disk of ${other}, or around it: it counts as one copy`);
    const backend = await openStore(config);
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      if (former === undefined) await registerBackend(backend, metadata.backends, rows, signal, seal(config));
      else {
        await backend.probe(signal, former.identity);
        await metadata.backends.setConfig(name, seal(config));
      }
      const { identity } = await this.#registered(name);
      await backend.establish(identity);
      await tryRedirects(backend, metadata.backends, identity);
    } finally {
      await backend.close();
    }
  }

  /** The disk in use that this one would stand within, or around; undefined: none. */
  async nestedWith(config: BackendConfig): Promise<string | undefined> {
    const others = (await this.configurations()).filter(({ name }) => name !== config.name);
    return others.find((one) => this.#options.isNested(config, one))?.name;
  }

  /**
   * Gives how many backends are missing to hold what it holds, and where: copying ends only when they are attached.
   * Throws when it is not registered, or removed.
   */
  async drain(name: string): Promise<MissingBackends> {
    const row = await this.#registered(name);
    if (row.state === "removed") throw new Refusal(`${name} is removed`);
    const { backends } = this.#options.metadata;
    await backends.setState(name, "draining");
    const short = await this.#shortWithout(name, this.#needed(row));
    const regions = regionsOf(await this.configurations());
    const others = (await backends.others(name, this.#since())).map((other) => regions.get(other));
    return missingBackends(short, others, this.#needed(row));
  }

  /** What would have too few good copies without it. Throws when it is not registered. */
  async left(name: string): Promise<Amount> {
    return sum(await this.#shortWithout(name, this.#needed(await this.#registered(name))));
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
    const only = sum(await this.#shortWithout(name, () => 1));
    const short = await this.left(name);
    // A write that began before the drain may have come after the walk over all blobs.
    if (short.blobs > 0) await metadata.jobs.add({ kind: "survey" });
    checkCopied(name, only, short);
    if (row.lostAt === undefined) checkNoUploads(name, await metadata.backends.uploadsOnlyThere(name, this.#since()));
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
    if (row !== undefined) checkNotInPlace(row, this.#options.now());
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
      // Repair copies from any that is left, also from one outside of a blob's regions.
      const only = sum(await backends.shortWithout(name, () => 1, this.#since()));
      if (only.blobs > 0 && !options.acceptLoss)
        throw new Refusal(
          `${amountText(only)} have no other good copy than the one on the store that was ${name}: ` +
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
    const { config, fault } = this.#read(name, row);
    if (config !== undefined) return config;
    if (fault !== undefined) throw new Refusal(`the configuration of ${name} cannot be read: ${fault}`);
    if (this.#options.configured === undefined) throw new Refusal("a demo's backends can be reached by the demo alone");
    throw new Refusal(`${name} is not in the configuration, and was not attached`, { isUnknown: row === undefined });
  }

  /** `fault`: why that of an attached one cannot be read, as where another encryption key has sealed it. */
  #read(name: string, row: RegisteredBackend | undefined): Pick<BackendFacts, "config" | "fault"> {
    const { configured, attached } = this.#options;
    try {
      const config = configured?.find((one) => one.name === name) ?? (row && attached(row));
      return { config, fault: undefined };
    } catch (fault) {
      return { config: undefined, fault: reasonOf(fault) ?? String(fault) };
    }
  }

  /** A copy outside of the regions that are wanted is none, nor is one whose region is not known here. */
  async #shortWithout(name: string, copies: (wanted: Wanted | undefined) => number): Promise<readonly HolderSet[]> {
    const regions = regionsOf(await this.configurations());
    const mayHold = (other: string, wanted: Wanted | undefined) => mayStandIn(regions.get(other) ?? "", wanted);
    return this.#options.metadata.backends.shortWithout(name, copies, this.#since(), mayHold);
  }

  /** Good copies elsewhere that let it go. Those on a lost one are gone already. */
  #needed({ lostAt }: RegisteredBackend): (wanted: Wanted | undefined) => number {
    return (wanted) => (lostAt === undefined ? copiesOf(this.#options.rule, wanted) : 1);
  }

  #since(): Date {
    return new Date(this.#options.now().getTime() - this.#options.outageGraceMs);
  }
}
