/** The steps of a run, as plain values, and how often each is drawn. */
import fc from "fast-check";
import type { Fault } from "./life.ts";
import type { Damage } from "./store.ts";
import { DAY, HOUR, MINUTE, type Place, STORE_NAMES, type StoreName } from "./world.ts";

export type Condition = "none" | "absent" | "same" | "other";

/** Of every request: through which gateway, and what its calls to stores meet. */
export interface Request {
  readonly gateway: 0 | 1;
  readonly fault: Fault | undefined;
  /** The other gateway does its jobs meanwhile. */
  readonly besideJobs: boolean;
}

export type Step =
  | (Request & {
      readonly step: "put";
      readonly place: Place;
      readonly content: number;
      readonly condition: Condition;
      readonly mayClaim: boolean;
    })
  | (Request & { readonly step: "copy"; readonly from: Place; readonly to: Place })
  | (Request & { readonly step: "delete"; readonly place: Place })
  /** Starts one where there is none, and continues it where there is one. */
  | (Request & {
      readonly step: "upload";
      readonly slot: number;
      readonly next: "part" | "complete" | "abort";
      readonly place: Place;
      readonly part: 1 | 2;
      readonly content: number;
    })
  | (Request & { readonly step: "jobs" })
  | { readonly step: "time passes"; readonly ms: number }
  | { readonly step: "store goes away" | "store is emptied"; readonly store: StoreName; readonly isNoticed: boolean }
  | { readonly step: "store comes back" | "store is replaced" }
  /** `copy`: which of those that are good. */
  | { readonly step: "copy rots"; readonly copy: number; readonly place: Place; readonly how: Damage }
  | { readonly step: "drain"; readonly store: StoreName }
  | { readonly step: "resume" }
  | { readonly step: "restart"; readonly gateway: 0 | 1; readonly isClosed: boolean }
  | { readonly step: "settle" };

export type StepName = Step["step"];

/** One is answered from memory, one is a stream, one is too large to be checked before its first byte is sent. */
export const CONTENTS = [0, 40, 700, 3000, 140_000].map((size, index) =>
  Buffer.alloc(size, `content ${index} of a model test;`),
);

const place: fc.Arbitrary<Place> = fc.record({
  bucket: fc.constantFrom(0, 1),
  key: fc.constantFrom("k", "l"),
});
const store = fc.constantFrom(...STORE_NAMES);
const content = fc.constantFrom(1, 2, 3, 1, 2, 3, 0, 4);
const slot = fc.constantFrom(0, 0, 1);
const gateway = fc.constantFrom(0 as const, 1 as const);
const fault: fc.Arbitrary<Fault> = fc.record({
  after: fc.constantFrom(0, 1, 2, 3, 5, 8),
  how: fc.constantFrom(
    "fails before its effect",
    "fails after its effect",
    "dies before its effect",
    "dies after its effect",
  ),
});
const request = {
  gateway,
  fault: fc.option(fault, { freq: 5, nil: undefined }),
  besideJobs: fc.constantFrom(false, false, false, true),
};

const on = <Name extends StepName, Rest>(step: Name, rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> }) =>
  fc.record<Rest>(rest).map((fields) => ({ step, ...fields }));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: on("put", {
      ...request,
      place,
      content,
      condition: fc.constantFrom<Condition>("none", "none", "none", "absent", "same", "other"),
      mayClaim: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: on("copy", { ...request, from: place, to: place }) },
  { weight: 4, arbitrary: on("delete", { ...request, place }) },
  {
    weight: 16,
    arbitrary: on("upload", {
      ...request,
      slot,
      next: fc.constantFrom("part", "part", "part", "complete", "complete", "complete", "abort"),
      place,
      part: fc.constantFrom(1, 2),
      content,
    }),
  },
  { weight: 8, arbitrary: on("jobs", request) },
  {
    weight: 7,
    arbitrary: on("time passes", {
      ms: fc.constantFrom(5000, 2 * MINUTE, 11 * MINUTE, 61 * MINUTE, 5 * HOUR, 25 * HOUR, 3 * DAY),
    }),
  },
  { weight: 3, arbitrary: on("store goes away", { store, isNoticed: fc.boolean() }) },
  { weight: 3, arbitrary: on("store is emptied", { store, isNoticed: fc.boolean() }) },
  { weight: 5, arbitrary: on("store comes back", {}) },
  { weight: 8, arbitrary: on("store is replaced", {}) },
  {
    weight: 6,
    arbitrary: on("copy rots", {
      copy: fc.constantFrom(0, 1),
      place,
      how: fc.constantFrom<Damage>("other bytes", "cut short", "gone"),
    }),
  },
  { weight: 1, arbitrary: on("drain", { store }) },
  { weight: 4, arbitrary: on("resume", {}) },
  { weight: 2, arbitrary: on("restart", { gateway, isClosed: fc.boolean() }) },
  { weight: 3, arbitrary: on("settle", {}) },
);

/** Without fast-check's preference for the ends of each range: the rare steps must meet each other. */
export const steps = fc.noBias(fc.array(step, { minLength: 15, maxLength: 40, size: "max" }));
