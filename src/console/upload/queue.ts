/**
 * All files on their way. Hashing runs ahead of claiming, claiming ahead of sending; each stage takes what the one
 * before it has left. `advance` is the only place where work begins, and everything that ends calls it.
 */
import { signal } from "@preact/signals";
import { isEndedBy } from "../session.ts";
import type { Fault, Result } from "../wire/fault.ts";
import { firstBatch } from "./batches.ts";
import { claim, claimBytes, type Outcome } from "./claim.ts";
import { concernsAll, Gate } from "./gate.ts";
import { openHashPool } from "./hash-pool.ts";
import { Item } from "./item.ts";
import { abortUpload } from "./multipart.ts";
import { nextTurn } from "./order.ts";
import { pauseMs } from "./retries.ts";
import type { Chosen } from "./selection.ts";
import { carryOut, type Progress } from "./steps.ts";

/** A claim waits so long for more files to be read. */
const GATHER_MS = 500;
const SIGNED_OUT: Fault = { code: "SignedOut", message: "Nobody is signed in.", status: 403 };
const SHOW_MS = 150;

export class Queue implements Progress {
  readonly items: Item[] = [];
  /** Grows when there is something new to show, a few times a second at most. */
  readonly version = signal(0);
  readonly isPaused = signal(false);
  /** Why the queue paused itself, or waits. */
  readonly trouble = signal<Fault | undefined>(undefined);
  readonly pool = openHashPool();
  /** All bytes that ever left, repeated ones too. */
  left = 0;
  private readonly gate = new Gate();
  private readonly unread = new Set<Item>();
  private readonly unclaimed = new Set<Item>();
  private readonly unsent = new Set<Item>();
  private hashing = 0;
  private sending = 0;
  private isClaiming = false;
  private gatheredSinceMs = 0;
  /** Ends what is on the network, at a pause. */
  private line = new AbortController();
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private show: ReturnType<typeof setTimeout> | undefined;

  get isRunning(): boolean {
    return this.items.some(({ isOver }) => !isOver);
  }

  /** A file whose key is on its way already is left out; one that is over makes room. */
  add(bucket: string, chosen: readonly Chosen<File>[]): void {
    const known = new Map(this.items.map((item, at) => [`${item.bucket}/${item.key}`, at]));
    for (const each of chosen) {
      const at = known.get(`${bucket}/${each.key}`);
      const before = at === undefined ? undefined : this.items[at];
      if (before !== undefined && !before.isOver) continue;
      const item = new Item(bucket, each);
      if (at === undefined) this.items.push(item);
      else this.items[at] = item;
      this.unread.add(item);
    }
    this.advance();
  }

  pause(trouble?: Fault): void {
    this.isPaused.value = true;
    this.trouble.value = trouble;
    for (const item of this.unsent) item.take("pause");
    this.line.abort();
    this.line = new AbortController();
    this.changed();
  }

  resume(): void {
    this.isPaused.value = false;
    this.trouble.value = undefined;
    this.gate.open();
    for (const item of this.unsent) item.take("resume");
    this.advance();
  }

  /** Unsigned, every request would be refused for good. */
  signedOut(): void {
    if (!this.isPaused.value && this.isRunning) this.pause(SIGNED_OUT);
  }

  /** The same account is back. What somebody paused stays so. */
  signedIn(): void {
    if (this.trouble.value === SIGNED_OUT) this.resume();
  }

  /** What was stored of them is given up too. */
  cancel(items: Iterable<Item>): void {
    for (const item of items) {
      if (!item.take("cancel")) continue;
      this.drop(item);
      if (item.uploadId !== undefined) void abortUpload(item, item.uploadId);
    }
    this.advance();
  }

  retry(items: Iterable<Item>): void {
    for (const item of items) if (item.restart()) this.unread.add(item);
    this.advance();
  }

  /** Forgets all files, which must be over. */
  clear(): void {
    if (!this.items.every(({ isOver }) => isOver)) return;
    this.items.length = 0;
    this.left = 0;
    this.changed();
  }

  /** Stops everything and keeps what is stored of it. */
  abandon(): void {
    for (const item of this.items) if (item.take("cancel")) this.drop(item);
    this.clear();
  }

  /** The network is back: nobody waits any longer. */
  hurry(): void {
    this.gate.open();
    if (this.trouble.value?.status === 0) this.resume();
    else this.advance();
  }

  sentMore(bytes: number): void {
    this.left += bytes;
    this.changed();
  }

  changed(): void {
    this.show ??= setTimeout(() => {
      this.show = undefined;
      this.version.value += 1;
    }, SHOW_MS);
  }

  private advance(): void {
    this.changed();
    if (this.isPaused.value) return;
    this.startHashing();
    const nowMs = Date.now();
    if (this.gate.isShut(nowMs)) return;
    this.startClaim(nowMs);
    for (;;) {
      const turn = nextTurn(this.unsent, this.sending, nowMs);
      if (turn === undefined) break;
      this.sending += 1;
      turn.item.take("send");
      void carryOut(turn.item, turn.step, this.line.signal, this).then((answer) => {
        this.sending -= 1;
        this.stepped(turn.item, answer);
      });
    }
  }

  private startHashing(): void {
    for (const item of this.unread) {
      if (!this.pool.hasRoomFor(item.size)) return;
      this.unread.delete(item);
      item.take("hash");
      this.hashing += 1;
      void this.hash(item);
    }
  }

  private async hash(item: Item): Promise<void> {
    const { signal: stopped } = item.stop;
    const digest = await this.pool.hash(item.file, stopped, (hashed) => {
      item.hashed = hashed;
      this.changed();
    });
    this.hashing -= 1;
    if (!digest.ok) this.fail(item, digest.fault, stopped);
    else if (!stopped.aborted && item.take("hashed")) {
      item.digest = digest.value;
      item.hashed = item.size;
      if (this.unclaimed.size === 0) this.gatheredSinceMs = Date.now();
      this.unclaimed.add(item);
    }
    this.advance();
  }

  private startClaim(nowMs: number): void {
    const [first] = this.unclaimed;
    if (this.isClaiming || first === undefined) return;
    const waited = nowMs - this.gatheredSinceMs;
    const batch = firstBatch(
      [...this.unclaimed].filter(({ bucket }) => bucket === first.bucket),
      claimBytes,
    );
    const isFull = batch.length < this.unclaimed.size;
    if (this.hashing > 0 && waited < GATHER_MS && !isFull) {
      this.gather(GATHER_MS - waited);
      return;
    }
    for (const item of batch) {
      this.unclaimed.delete(item);
      item.take("claim");
    }
    this.isClaiming = true;
    void claim(first.bucket, batch).then((answer) => {
      this.isClaiming = false;
      this.claimed(batch, answer);
      this.advance();
    });
  }

  private claimed(batch: readonly Item[], answer: Result<ReadonlyMap<string, Outcome>>): void {
    if (answer.ok) this.passed();
    else if (this.waits(answer.fault)) {
      for (const item of batch) if (item.take("unclaim")) this.unclaimed.add(item);
      return;
    }
    for (const item of batch) {
      // A claim only saves bytes: whatever is wrong with it, the PUT decides.
      const outcome = answer.ok ? answer.value.get(item.key) : undefined;
      if (outcome?.outcome === "refused") this.fail(item, outcome.fault);
      else if (outcome?.outcome === "linked") item.take("linked");
      else if (item.take("needed")) this.unsent.add(item);
    }
  }

  private stepped(item: Item, answer: Result<"more" | "over">): void {
    if (answer.ok) {
      this.passed();
      item.tries = 0;
      if (answer.value === "over" && item.take("sent")) this.drop(item);
    } else if (this.unsent.has(item) && !this.waits(answer.fault)) this.stumble(item, answer.fault);
    this.advance();
  }

  /** Whether the fault is none of the file's: it was stopped, the session is over, or everything waits. */
  private waits(fault: Fault): boolean {
    if (fault.code === "Aborted") return true;
    if (isEndedBy(fault)) {
      this.signedOut();
      return true;
    }
    if (!concernsAll(fault)) return false;
    if (this.isPaused.value) return true;
    const pause = this.gate.shut(fault, Date.now());
    if (pause === undefined) this.pause(fault);
    else {
      this.trouble.value = fault;
      this.advanceIn(pause);
    }
    return true;
  }

  private passed(): void {
    this.gate.passed();
    if (!this.isPaused.value) this.trouble.value = undefined;
  }

  private stumble(item: Item, fault: Fault): void {
    item.tries += 1;
    const isGone = fault.code === "NoSuchUpload";
    const pause = pauseMs(isGone ? { ...fault, status: 500 } : fault, item.tries, Math.random());
    if (pause === undefined) {
      this.fail(item, fault);
      return;
    }
    if (isGone) item.forgetUpload();
    item.heldUntilMs = Date.now() + pause;
    this.advanceIn(pause);
  }

  /** `of`: the attempt that failed; a later one is not touched. */
  private fail(item: Item, fault: Fault, of = item.stop.signal): void {
    if (of !== item.stop.signal || !item.take("fail")) return;
    item.fault = fault;
    this.drop(item);
  }

  private drop(item: Item): void {
    item.stop.abort();
    for (const stage of [this.unread, this.unclaimed, this.unsent]) stage.delete(item);
  }

  private gather(ms: number): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.advance();
    }, ms);
  }

  private advanceIn(ms: number): void {
    setTimeout(() => this.advance(), ms + 1);
  }
}
