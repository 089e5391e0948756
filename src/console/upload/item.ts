/** One file on its way, from the drop to its end. The queue's stages change it; the panel shows it. */
import type { Fault } from "../wire/fault.ts";
import type { Sendable } from "./order.ts";
import { isInParts, type Part, partsOf } from "./parts.ts";
import type { StoredPart } from "./resume.ts";
import type { Chosen } from "./selection.ts";
import { type Event, isOver, next, type State } from "./states.ts";
import type { Counted } from "./totals.ts";

export class Item implements Sendable, Counted {
  readonly bucket: string;
  readonly key: string;
  readonly path: string;
  readonly file: File;
  readonly size: number;
  readonly parts: readonly Part[];
  readonly isInParts: boolean;
  /** Ends everything that runs for it. */
  stop = new AbortController();
  /** Hex sha256 of the whole file. */
  digest = "";
  hashed = 0;
  fault: Fault | undefined;
  tries = 0;
  heldUntilMs = 0;
  uploadId: string | undefined;
  isBetweenParts = false;
  /** Bytes of parts that an earlier attempt had stored. */
  stood = 0;
  readonly stored = new Map<number, StoredPart>();
  /** Part in flight -> bytes of it that have left. */
  readonly flying = new Map<number, number>();
  private now: State = "waiting";

  constructor(bucket: string, { key, path, file, size }: Chosen<File>) {
    this.bucket = bucket;
    this.key = key;
    this.path = path;
    this.file = file;
    this.size = size;
    this.parts = partsOf(size);
    this.isInParts = isInParts(size);
  }

  get state(): State {
    return this.now;
  }

  get isOver(): boolean {
    return isOver(this.now);
  }

  get needsUpload(): boolean {
    return this.isInParts && this.uploadId === undefined;
  }

  get sent(): number {
    const landed = [...this.stored.values()].reduce((sum, { size }) => sum + size, 0) - this.stood;
    return [...this.flying.values()].reduce((sum, bytes) => sum + bytes, landed);
  }

  isStored(part: number): boolean {
    return this.stored.has(part);
  }

  isFlying(part: number): boolean {
    return this.flying.has(part);
  }

  /** Whether the event meant something in this state. */
  take(event: Event): boolean {
    const state = next(this.now, event);
    if (state !== undefined) this.now = state;
    return state !== undefined;
  }

  /** Nothing that was sent counts any more: the upload is gone. */
  forgetUpload(): void {
    this.uploadId = undefined;
    this.stored.clear();
    this.stood = 0;
  }

  /** From the beginning; parts that are stored stay so, as far as they turn out to be this file's. */
  restart(): boolean {
    if (!this.take("retry")) return false;
    this.stop = new AbortController();
    this.fault = undefined;
    this.tries = 0;
    this.heldUntilMs = 0;
    this.hashed = 0;
    this.forgetUpload();
    return true;
  }
}
