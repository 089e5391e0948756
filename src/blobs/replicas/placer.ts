/** Where bytes may go right now, and whether those that took them are enough. */
import type { BackendError } from "../../backends/backend.ts";
import type { Fleet, FleetMember } from "../../backends/fleet.ts";
import { S3Error } from "../../errors.ts";
import { copiesOf, mayStandIn, spreadOf, type Wanted } from "../../wanted.ts";
import {
  chooseMembers,
  choosePlacement,
  healthyMembers,
  isEnough,
  isLastResort,
  type Need,
  type Placement,
  placementOf,
} from "./placement.ts";

/** Seconds a client is asked to wait: about what the fleet needs to notice that a store is back. */
const RETRY_AFTER = "2";

export interface PlacerOptions {
  readonly fleet: Fleet;
  /** Replicas a blob should have. */
  readonly copies: number;
  /** No blob is kept in fewer, whatever it asks for. Default `copies`. */
  readonly fewestCopies?: number | undefined;
  /** As Math.random. */
  readonly random: () => number;
}

export class Placer {
  readonly fleet: Fleet;
  /** Replicas that the bytes should have. */
  readonly copies: number;
  readonly #options: PlacerOptions;
  readonly #wanted: Wanted | undefined;
  readonly #spread: number;
  readonly #near: readonly string[];

  /**
   * `wanted`: of the bytes that it finds places for. `near`: regions in which the first copy should be, best first;
   * empty: any.
   */
  constructor(options: PlacerOptions, wanted?: Wanted, near: readonly string[] = []) {
    this.fleet = options.fleet;
    this.copies = copiesOf(options, wanted);
    this.#options = options;
    this.#wanted = wanted;
    this.#spread = spreadOf(options, wanted);
    this.#near = near;
  }

  /** The same for bytes that want something else. */
  for(wanted: Wanted | undefined, near: readonly string[] = []): Placer {
    return wanted === this.#wanted && near.length === 0 ? this : new Placer(this.#options, wanted, near);
  }

  /**
   * Up to `copies` members for what `held` does not cover yet, none of them in `tried`. Those that are a last resort
   * only if the write is not acknowledged without.
   */
  draw(held: readonly Placement[], tried: ReadonlySet<string>, { copies, size }: Need): readonly FleetMember[] {
    const enough = (placements: readonly Placement[]) => this.isEnough(placements, copies);
    const members = this.#untried(tried);
    const first = held.length === 0 ? this.#closest(members, size) : [];
    const count = this.copies - held.length - first.length;
    const others = chooseMembers(members, [...held, ...first], { count, size }, this.#options.random, enough);
    return [...first, ...others].flatMap((placement) => this.fleet.get(placement.name) ?? []);
  }

  /** Are these replicas enough to acknowledge a write that asks for `needed`? */
  isEnough(held: readonly Placement[], needed: number): boolean {
    return isEnough(held, needed, this.#regionCount(), this.#spread);
  }

  /** Those that hold a good copy: a backend may have begun to be emptied while it was written. */
  countGood(backends: readonly string[]): number {
    return backends.filter((name) => this.fleet.isPresent(name)).length;
  }

  /** Could they become enough with the healthy members that were not tried? */
  canBeEnough(held: readonly Placement[], tried: ReadonlySet<string>, needed: number): boolean {
    const names = new Set(held.map((placement) => placement.name));
    const more = this.#untried(tried).map(placementOf);
    return this.isEnough([...held, ...more.filter((placement) => !names.has(placement.name))], needed);
  }

  /** Would they be enough with members that were not tried and are no last resort? Then a write can go on elsewhere. */
  isReplaceable(held: readonly Placement[], tried: ReadonlySet<string>, { copies, size }: Need): boolean {
    const better = this.#untried(tried).filter((member) => !isLastResort(member, size));
    return this.isEnough([...held, ...better.map(placementOf)], copies);
  }

  /** Throws ServiceUnavailable when no write that asks for `needed` can succeed. */
  checkWritable(needed: number): void {
    if (this.canBeEnough([], new Set(), needed)) return;
    const able = this.#untried(new Set()).map(({ backend, region }) => `${backend.name} in ${region.name}`);
    const within = this.#wanted?.regions === undefined ? "" : ` in the regions ${this.#wanted.regions.join(", ")}`;
    throw tooFewBackends(
      [],
      `too few backends${within} can take a write, ${needed} must: ${able.join(", ") || "none"}`,
    );
  }

  /** May these bytes stand in this region? */
  mayStandIn(region: string): boolean {
    return mayStandIn(region, this.#wanted);
  }

  #untried(tried: ReadonlySet<string>): readonly FleetMember[] {
    return healthyMembers(this.#members()).filter(({ backend }) => !tried.has(backend.name));
  }

  /** One of those in the region that comes first in `near`, but for last resorts: the write goes on elsewhere then. */
  #closest(members: readonly FleetMember[], size: number): readonly Placement[] {
    const better = members.filter((member) => !isLastResort(member, size)).map(placementOf);
    const region = this.#near.find((name) => better.some((placement) => placement.region === name));
    return choosePlacement(
      better.filter((placement) => placement.region === region),
      [],
      1,
      this.#options.random,
    );
  }

  /** Where the bytes may stand. */
  #members(): readonly FleetMember[] {
    return this.fleet.members().filter(({ region }) => this.mayStandIn(region.name));
  }

  #regionCount(): number {
    return new Set(this.#members().map((member) => member.region.name)).size;
  }
}

/** Backends that need not be tried a second time: they refused, or contradicted what they were given. */
export function unretryable(failures: readonly BackendError[]): ReadonlySet<string> {
  return new Set(failures.filter(({ fault }) => fault !== "unavailable").map(({ backend }) => backend));
}

/** The 503 of a write or read that no healthy backend is left for. `untried`: why, where none was even tried. */
export function tooFewBackends(failures: readonly BackendError[], untried = "no backend was left to try"): S3Error {
  const cause = causeOf(failures) ?? new Error(untried);
  return new S3Error("ServiceUnavailable", { headers: { "Retry-After": RETRY_AFTER } }, { cause });
}

/** The 500 of a read whose replicas are all missing or damaged. A gateway takes a node's answer for just that. */
export function objectCorrupt(failures: readonly BackendError[]): S3Error {
  return new S3Error("ObjectCorrupt", {}, { cause: causeOf(failures) ?? new Error("every replica is marked lost") });
}

function causeOf(failures: readonly BackendError[]): Error | undefined {
  return failures.length > 1 ? new AggregateError(failures, "every backend that was tried failed") : failures[0];
}
