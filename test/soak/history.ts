/**
 * A history of calls on single objects: what each client asked for and saw, and between which moments. An object's
 * value is its ETag; "" is no object.
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
  /** Of a write: "" for none, "absent", or the ETag that the object must have. */
  readonly condition: string;
  /** A write that may have been done or not. */
  readonly unknown: boolean;
}

/** After every moment of a history. Below 2^53, as JSON needs it. */
const NEVER = 2 ** 52;

const microseconds = (): number => Math.round(performance.now() * 1000);

/** One call under way. */
export interface Pending {
  read(key: string, value: string): void;
  wrote(key: string, value: string, condition?: string): void;
  refused(key: string, condition: string): void;
  /** It may take effect as long as the process that was asked lives. */
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

  /** The process is gone, and nothing that it began goes on anywhere. */
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
