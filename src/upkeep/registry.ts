/**
 * Keeps the fleet and the table of backends together: what the database says reaches the fleet within seconds, also
 * what a command in another process changed; what the fleet finds is written back. A configured backend that the
 * database does not know is registered before its first use, as soon as it can be reached.
 */
import type { Backend } from "../backends/backend.ts";
import type { Fleet, FleetMember } from "../backends/fleet.ts";
import { withinTime } from "../backends/within-time.ts";
import type { Log } from "../log.ts";
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { Metadata } from "../metadata/metadata.ts";
import { RedirectTrials } from "./redirect-trials.ts";
import { ForeignStoreError, registerBackend } from "./registration.ts";

export interface RegistryOptions {
  readonly metadata: Pick<Metadata, "backends">;
  readonly fleet: Fleet;
  /** Those of the fleet at the start, without its guard: one that is not registered is never up. */
  readonly backends: readonly Backend[];
  /** Opens one that was attached at run time, by its sealed configuration. Default: there are none. */
  readonly openAttached?: ((row: RegisteredBackend) => Promise<Backend>) | undefined;
  readonly now: () => Date;
  readonly log: Log;
  /** Between two looks at the database. Default two seconds. */
  readonly pollMs?: number;
}

export interface BackendRegistry {
  /** One round now: read, register, probe, write back. Backends that are away delay it by a few seconds at most. */
  refresh(): Promise<void>;
  /** Repeats it from now on. */
  start(): void;
  close(): Promise<void>;
}

/** How fresh `seenAt` is kept. */
const SEEN_EVERY_MS = 30_000;
const PATIENCE_MS = 1500;

export function openRegistry(options: RegistryOptions): BackendRegistry {
  return new Registry(options);
}

class Registry implements BackendRegistry {
  readonly #options: RegistryOptions;
  /** The configured ones, then those that were attached. */
  readonly #backends: Backend[];
  readonly #trials: RedirectTrials;
  /** Registrations under way, by name. One that hangs is not begun again. */
  readonly #registering = new Map<string, Promise<void>>();
  /** Identities that this process has written, or found in place. */
  readonly #established = new Set<string>();
  /** By name, what was last said of it: each trouble is logged once. */
  readonly #told = new Map<string, string>();
  #known = "";
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#backends = [...options.backends];
    this.#trials = new RedirectTrials(options);
  }

  refresh(): Promise<void> {
    this.#round ??= this.#refresh().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  start(): void {
    const { pollMs = 2000 } = this.#options;
    this.#timer = setTimeout(async () => {
      try {
        await this.refresh();
        this.#told.delete("");
      } catch (error) {
        this.#tell("", { err: error }, "could not read which backends are registered");
      }
      if (!this.#closed) this.start();
    }, pollMs).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled([this.#round]);
    clearTimeout(this.#timer);
    await this.#trials.close();
  }

  async #refresh(): Promise<void> {
    const { metadata, fleet } = this.#options;
    let rows = await metadata.backends.list();
    for (const row of rows) await this.#attach(row);
    const unknown = this.#backends.filter(({ name }) => !rows.some((row) => row.name === name));
    if (unknown.length > 0) {
      await Promise.all(unknown.map((backend) => this.#register(backend, rows)));
      rows = await metadata.backends.list();
    }
    await Promise.all(rows.map((row) => this.#establish(row)));
    const usable = rows.filter((row) => isSeen(row) || this.#established.has(row.identity));
    fleet.setRegistrations(usable);
    const known = usable.map(({ name, identity, state }) => `${name} ${identity} ${state}`).join("\n");
    if (known !== this.#known) {
      await fleet.probeNow();
      await this.#tellDifferences(rows);
    }
    this.#known = known;
    for (const row of usable) {
      const member = fleet.get(row.name);
      await this.#writeBack(row, member);
      this.#trials.consider(row, this.#find(row.name), member);
    }
  }

  async #attach(row: RegisteredBackend): Promise<void> {
    const { fleet, openAttached } = this.#options;
    const { name, config, state } = row;
    if (config === undefined || state === "removed" || openAttached === undefined || this.#find(name)) return;
    try {
      const backend = await openAttached(row);
      fleet.add(backend);
      this.#backends.push(backend);
      this.#told.delete(`attached ${name}`);
    } catch (error) {
      this.#tell(`attached ${name}`, { backend: name, err: error }, "an attached backend cannot be opened");
    }
  }

  #find(name: string): Backend | undefined {
    return this.#backends.find((backend) => backend.name === name);
  }

  #register(backend: Backend, rows: readonly RegisteredBackend[]): Promise<void> {
    const { name } = backend;
    return this.#attempt(name, (signal) => registerBackend(backend, this.#options.metadata.backends, rows, signal));
  }

  /** One that was registered and never seen: its store may not have its identity yet. */
  async #establish({ name, identity, ...row }: RegisteredBackend): Promise<void> {
    const backend = this.#find(name);
    if (backend === undefined || isSeen(row) || row.state === "removed" || this.#established.has(identity)) return;
    await this.#attempt(name, async () => {
      await backend.establish(identity);
      this.#established.add(identity);
    });
  }

  /** Waits a while for it, and no longer; never rejects. */
  async #attempt(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const limit = new AbortController();
    if (!this.#registering.has(name))
      this.#registering.set(
        name,
        work(limit.signal).finally(() => this.#registering.delete(name)),
      );
    try {
      await withinTime(this.#registering.get(name) ?? Promise.resolve(), limit, PATIENCE_MS, "not registered");
      this.#told.delete(name);
    } catch (error) {
      const message =
        error instanceof ForeignStoreError
          ? "backend is not registered and not used: another store than expected stands there"
          : "backend is registered when it can be reached";
      this.#tell(name, { backend: name, err: error }, message);
    }
  }

  async #writeBack(row: RegisteredBackend, member: FleetMember | undefined): Promise<void> {
    const { metadata, now } = this.#options;
    if (member === undefined || member.identity !== row.identity) return;
    const isStale = now().getTime() - row.seenAt.getTime() >= SEEN_EVERY_MS;
    if (member.up && (isStale || row.lostAt !== undefined)) await metadata.backends.seen(row.name, row.identity);
    if (!member.up && member.lostSince !== undefined && row.lostAt === undefined)
      await metadata.backends.lost(row.name, row.identity);
  }

  /** Where configuration and database differ an operator decides. */
  async #tellDifferences(rows: readonly RegisteredBackend[]): Promise<void> {
    const { metadata, backends, log } = this.#options;
    const configured = new Set(backends.map(({ name }) => name));
    for (const { name, state, config } of rows) {
      if (state === "removed" && configured.has(name))
        log.warn({ backend: name }, "backend is configured, but removed in the database: it is not used");
      if (config !== undefined && configured.has(name))
        log.warn({ backend: name }, "backend is configured, and was attached too: the configuration counts");
    }
    const gone = (await metadata.backends.namesInUse()).filter((name) => {
      const row = rows.find((one) => one.name === name);
      return !configured.has(name) && row?.state !== "removed" && row?.config === undefined;
    });
    for (const name of gone)
      log.warn(
        { backend: name },
        "backend is not configured any more, but replicas stand there: configure it again, or drain and remove it " +
          "(nearbucket backends)",
      );
  }

  #tell(about: string, facts: { readonly err: unknown; readonly backend?: string }, message: string): void {
    const said = `${message} ${facts.err instanceof Error ? facts.err.message : String(facts.err)}`;
    if (this.#told.get(about) === said || this.#closed) return;
    this.#told.set(about, said);
    this.#options.log.error(facts, message);
  }
}

function isSeen({ seenAt }: Pick<RegisteredBackend, "seenAt">): boolean {
  return seenAt.getTime() > 0;
}
