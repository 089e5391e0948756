/**
 * One copy being written: a sink that never throws. Its first failure is remembered and told, its backend going down is
 * one, and whoever waits on it goes on at once.
 */
import { BackendError, type Sink } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import { asBackendError, onDown, wentDown } from "../while-up.ts";
import { type Placement, placementOf } from "./placement.ts";

export class ReplicaWriter {
  readonly placement: Placement;
  readonly #sink: Sink;
  readonly #told: (failure: BackendError) => void;
  #unwatch: () => void = () => undefined;
  #goOn: () => void = () => undefined;
  #failure: BackendError | undefined;
  #etag: string | undefined;

  /** `told` hears of the failure, once. */
  constructor(member: FleetMember, sink: Sink, told: (failure: BackendError) => void) {
    this.placement = placementOf(member);
    this.#sink = sink;
    this.#told = told;
    this.#unwatch = onDown(member, () => this.#fail(wentDown(member)));
  }

  get failure(): BackendError | undefined {
    return this.#failure;
  }

  /** What the store answered when it had all. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Resolves, or returns undefined, when the next chunk may come: also when this copy has failed. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    const ready = this.#sink.write(chunk);
    return ready && this.#until(ready);
  }

  /** True when the store holds the bytes and agrees on their ETag; undefined: there is none to agree on yet. */
  async finish(etag: string | undefined): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    await this.#until(
      this.#sink.finish().then((answer) => {
        this.#etag = answer.etag;
        if (etag !== undefined && answer.etag !== etag)
          throw new BackendError(this.placement.name, "corrupt", { detail: `ETag ${answer.etag}, expected ${etag}` });
      }),
    );
    this.#unwatch();
    return this.#failure === undefined;
  }

  /** Gives the copy up without calling it a failure of the backend. */
  abort(): void {
    this.#unwatch();
    this.#sink.abort();
    this.#goOn();
  }

  /** Calls off what seemed to have been stored: it was found to be something else. */
  disprove(failure: BackendError): void {
    this.#fail(failure);
  }

  #until(work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
      work.then(resolve, (error: unknown) => this.#fail(asBackendError(error, this.placement.name)));
    });
  }

  #fail(failure: BackendError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#unwatch();
    this.#sink.abort();
    this.#goOn();
    this.#told(failure);
  }
}

/** Writes to all; undefined when none makes the writer wait, else resolves at the pace of the slowest. */
export function writeToAll(writers: readonly ReplicaWriter[], chunk: Buffer): Promise<void> | undefined {
  let waits: Promise<void>[] | undefined;
  for (const writer of writers) {
    const wait = writer.write(chunk);
    if (wait !== undefined) {
      waits ??= [];
      waits.push(wait);
    }
  }
  return waits && Promise.all(waits).then(() => undefined);
}
