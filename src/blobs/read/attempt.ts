/** A read of one replica, under way from the start. It can be closed, and its end never rejects. */
import type { FleetMember } from "../../backends/fleet.ts";
import { Stopper, type StopSignal } from "../../backends/stop-signal.ts";

export type End<Found> =
  | { readonly attempt: Attempt<Found>; readonly found: Found }
  | { readonly attempt: Attempt<Found>; readonly error: unknown };

/** Closes the call when the signal aborts, and gives it up when it stands still and the answer is yes. */
export type Look<Found> = (signal: StopSignal, mayGiveUp: () => boolean) => Promise<Found>;

export class Attempt<Found> {
  readonly member: FleetMember;
  /** Never rejects. */
  readonly ended: Promise<End<Found>>;
  /** It lost, and stays under way: it may be given up as soon as it stands still. */
  isWitness = false;
  readonly #stopper = new Stopper();

  constructor(member: FleetMember, look: Look<Found>, mayGiveUp: () => boolean) {
    this.member = member;
    this.ended = look(this.#stopper, () => this.isWitness || mayGiveUp()).then(
      (found) => ({ attempt: this, found }),
      (error: unknown) => {
        // What a call that was given up still holds is closed.
        this.cancel();
        return { attempt: this, error };
      },
    );
  }

  get backend(): string {
    return this.member.backend.name;
  }

  /** Closes its connection. Its backend is not blamed. */
  cancel(): void {
    this.#stopper.stop(new Error("the read was given up"));
  }
}
