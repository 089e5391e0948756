/**
 * A history of calls on single objects: what each client requested and saw, and when the call began and ended. The value
 * of an object is its ETag; "" means that there is no object.
 */

export interface Call {
  readonly client: number;
  readonly key: string;
  /** Moments in microseconds. */
  readonly call: number;
  readonly return: number;
  /** `refused`: a write whose condition did not hold. */
  readonly kind: "read" | "write" | "refused";
  readonly value: string;
  /** Of a write: "" if it has none, "absent", or the ETag that the object must have. */
  readonly condition: string;
  /** Whether the write was done is unknown. */
  readonly unknown: boolean;
}

/** Later than every call. Below 2^53, so that JSON keeps it exactly. */
const NEVER = 2 ** 52;

const microseconds = (): number => Math.round(performance.now() * 1000);

/** A call in progress. */
export interface Pending {
  read(key: string, value: string): void;
  wrote(key: string, value: string, condition?: string): void;
  refused(key: string, condition: string): void;
  /** The write may take effect until the process that received it is dead. */
  unknown(key: string, value: string, condition?: string): void;
}

export class History {
  readonly #calls: (Call & { readonly server: number })[] = [];
  readonly #deaths: { readonly server: number; readonly at: number }[] = [];
  readonly #watchers = new Set<() => void>();

  get length(): number {
    return this.#calls.length;
  }

  begin(client: number, server: number): Pending {
    const call = microseconds();
    const note = (key: string, kind: Call["kind"], value: string, condition = "", unknown = false) => {
      this.#calls.push({ client, server, key, call, return: microseconds(), kind, value, condition, unknown });
      for (const watch of this.#watchers) watch();
    };
    return {
      read: (key, value) => note(key, "read", value),
      wrote: (key, value, condition) => note(key, "write", value, condition),
      refused: (key, condition) => note(key, "refused", "", condition),
      unknown: (key, value, condition) => note(key, "write", value, condition, true),
    };
  }

  /** The process is dead, and nothing it started can take effect any more. */
  died(server: number): void {
    this.#deaths.push({ server, at: microseconds() });
  }

  /** Resolves when so many more calls have been noted. */
  more(count: number): Promise<void> {
    const goal = this.length + count;
    return new Promise((resolve) => {
      const watch = () => {
        if (this.length < goal) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
    });
  }

  /** For the checker. */
  calls(): readonly Call[] {
    return this.#calls.map(({ server, ...call }) =>
      call.unknown ? { ...call, return: this.#end(server, call) } : call,
    );
  }

  #end(server: number, { call }: Pick<Call, "call">): number {
    return this.#deaths.find((death) => death.server === server && death.at > call)?.at ?? NEVER;
  }
}
