/**
 * Tries what becomes of redirected reads on each backend of which that is not known: beside all else, since nothing
 * waits for it. The result goes into the database, where every gateway finds it.
 */
import { asBackendError, type Backend } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import type { Log } from "../log.ts";
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { Metadata } from "../metadata/metadata.ts";

export interface RedirectTrialsOptions {
  readonly metadata: Pick<Metadata, "backends">;
  readonly now: () => Date;
  readonly log: Log;
}

const AGAIN_MS = 60_000;
const PATIENCE_MS = 15_000;

export class RedirectTrials {
  readonly #options: RedirectTrialsOptions;
  /** By identity, when the last one began. */
  readonly #begun = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: RedirectTrialsOptions) {
    this.#options = options;
  }

  /** Begins one where it is due. `backend`: without its guard. */
  consider(row: RegisteredBackend, backend: Backend | undefined, member: FleetMember | undefined): void {
    if (backend?.tryRedirects === undefined || member?.up !== true || member.identity !== row.identity) return;
    const { publicEndpoint } = backend.traits;
    if (publicEndpoint === undefined || row.abilities?.publicEndpoint === publicEndpoint) return;
    const now = this.#options.now().getTime();
    if (now - (this.#begun.get(row.identity) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    this.#begun.set(row.identity, now);
    const running = this.#try(row, backend).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("closing"));
    await Promise.all(this.#running);
  }

  async #try({ name, identity }: RegisteredBackend, backend: Backend): Promise<void> {
    const { metadata, log } = this.#options;
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const abilities = await backend.tryRedirects?.(signal);
      if (abilities === undefined || signal.aborted) return;
      await metadata.backends.setAbilities(name, identity, abilities);
      log.info({ backend: name, abilities }, "tried what becomes of redirected reads");
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      log.warn({ backend: name, err: asBackendError(error, name) }, "could not try what becomes of redirected reads");
    }
  }
}
