/** Holds all requests back while the gateway is busy or away; one that hears "slow down" slows down all. */
import type { Fault } from "../wire/fault.ts";
import { isPassing, pauseMs } from "./retries.ts";
import type { BusyFault } from "./send-blob.ts";

export class Gate {
  /** Pauses in a row without an answer that was good. */
  private failures = 0;
  private untilMs = 0;

  isShut(nowMs: number): boolean {
    return nowMs < this.untilMs;
  }

  /** After a good answer. */
  passed(): void {
    this.failures = 0;
  }

  /** Also when the network comes back. */
  open(): void {
    this.failures = 0;
    this.untilMs = 0;
  }

  /** How long all wait now, in ms; undefined: it has been long enough, somebody must look. */
  shut(fault: BusyFault, nowMs: number): number | undefined {
    if (this.isShut(nowMs)) return this.untilMs - nowMs;
    this.failures += 1;
    const pause = pauseMs(fault, this.failures, Math.random());
    if (pause !== undefined) this.untilMs = nowMs + pause;
    return pause;
  }
}

/** The gateway as a whole is busy or away, whichever file was asked about. */
export function concernsAll(fault: Fault): boolean {
  return isPassing(fault) && (fault.status === 0 || fault.status === 429 || fault.status === 503);
}
