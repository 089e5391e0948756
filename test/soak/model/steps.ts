/** The steps of a run, as plain values, and how often each is drawn. */
import fc from "fast-check";
import type { Fault } from "./life.ts";
import type { Damage } from "./store.ts";
import { DAY, HOUR, MINUTE, type Place, STORE_NAMES, type StoreName } from "./world.ts";

type Condition = "none" | "absent" | "same" | "other";

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
  /** As often as it takes for a copy there. */
  | { readonly step: "reads from afar"; readonly gateway: 0 | 1; readonly place: Place; readonly region: string }
  | { readonly step: "time passes"; readonly ms: number }
  | { readonly step: "store goes away" | "store is emptied"; readonly store: StoreName; readonly isNoticed: boolean }
  | { readonly step: "store comes back" | "store is replaced" }
  /** `copy`: which of those that are good. */
  | { readonly step: "copy rots"; readonly copy: number; readonly place: Place; readonly how: Damage }
  /** Of a blob that nobody refers to: on one of its stores, or on all. It may still be merged into. */
  | { readonly step: "spare copies rot"; readonly isEverywhere: boolean; readonly how: Damage }
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
    "loses the answer to a commit",
  ),
});
const request = {
  gateway,
  fault: fc.option(fault, { freq: 5, nil: undefined }),
  besideJobs: fc.constantFrom(false, false, false, true),
};

const on = <Name extends StepName, Rest>(step: Name, rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> }) =>
  fc.record<Rest>(rest).map((fields) => ({ step, ...fields }));

const jobs = on("jobs", request);
const timePasses = on("time passes", {
  ms: fc.constantFrom(5000, 2 * MINUTE, 11 * MINUTE, 61 * MINUTE, 5 * HOUR, 25 * HOUR, 3 * DAY),
});
const goesAway = on("store goes away", { store, isNoticed: fc.boolean() });
const isEmptied = on("store is emptied", { store, isNoticed: fc.boolean() });
const how = fc.constantFrom<Damage>("other bytes", "cut short", "gone");
const copyRots = on("copy rots", { copy: fc.constantFrom(0, 1), place, how });
const spareRots = on("spare copies rot", { isEverywhere: fc.boolean(), how });
const comesBack = on("store comes back", {});
const isReplaced = on("store is replaced", {});

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
  {
    weight: 3,
    arbitrary: on("reads from afar", { gateway, place, region: fc.constantFrom("x", "y", "z") }),
  },
  { weight: 8, arbitrary: jobs },
  { weight: 7, arbitrary: timePasses },
  { weight: 3, arbitrary: goesAway },
  { weight: 3, arbitrary: isEmptied },
  { weight: 5, arbitrary: comesBack },
  { weight: 8, arbitrary: isReplaced },
  { weight: 6, arbitrary: copyRots },
  { weight: 2, arbitrary: spareRots },
  { weight: 1, arbitrary: on("drain", { store }) },
  { weight: 4, arbitrary: on("resume", {}) },
  { weight: 2, arbitrary: on("restart", { gateway, isClosed: fc.boolean() }) },
  { weight: 3, arbitrary: on("settle", {}) },
);

const PLAIN = { fault: undefined, besideJobs: false } as const;

/**
 * Two blobs of equal content in one scope, of which at least one came in parts and waits for its digest; whatever
 * happens to them meanwhile; and the jobs that merge them.
 */
const twins: fc.Arbitrary<readonly Step[]> = fc
  .record({
    gateway,
    bucket: fc.constantFrom(0 as const, 1 as const),
    content: fc.constantFrom(1, 2, 3, 4),
    isPutFirst: fc.boolean(),
    isLeft: fc.boolean(),
    between: fc.array(fc.oneof(timePasses, goesAway, isEmptied, copyRots, spareRots, spareRots, comesBack), {
      maxLength: 3,
      size: "max",
    }),
    jobs,
  })
  .map(({ gateway, bucket, content, isPutFirst, isLeft, between, jobs }) => {
    const one = { bucket, key: "k" } as const;
    const upload = { step: "upload", ...PLAIN, gateway, slot: 2, place: { bucket, key: "l" }, content } as const;
    const inParts: readonly Step[] = [
      { ...upload, next: "part", part: 1 },
      { ...upload, next: "part", part: 1 },
      { ...upload, next: "part", part: 2 },
      { ...upload, next: "complete", part: 1 },
    ];
    const put: Step = {
      ...{ step: "put", ...PLAIN, gateway, place: one, content, condition: "none", mayClaim: false },
    };
    const leave: Step = { step: "delete", ...PLAIN, gateway, place: one };
    return [...(isPutFirst ? [put, ...inParts] : [...inParts, put]), ...(isLeft ? [leave] : []), ...between, jobs];
  });

/** A store is lost or damaged, and the jobs that repair it fail or die on the way. */
const repair: fc.Arbitrary<readonly Step[]> = fc
  .record({
    ...{ place, content, store, isNoticed: fc.boolean() },
    trouble: fc.constantFrom("copy rots", "store goes away", "store is emptied", "drain"),
    ...{ how, gateway, fault, ms: fc.constantFrom(5000, 11 * MINUTE, 61 * MINUTE) },
    rest: fc.array(fc.oneof(jobs, isReplaced, comesBack, timePasses), { maxLength: 3, size: "max" }),
  })
  .map(({ place, content, store, isNoticed, trouble, how, gateway, fault, ms, rest }) => {
    const put: Step = {
      ...{ step: "put", ...PLAIN, gateway, place, content, condition: "none", mayClaim: false },
    };
    const happens: Step =
      trouble === "copy rots" ? { step: trouble, copy: 0, place, how } : { step: trouble, store, isNoticed };
    return [
      ...[put, happens, { step: "time passes", ms }],
      ...(trouble === "store is emptied" ? [{ step: "store is replaced" }] : []),
      ...[{ step: "jobs", gateway, fault, besideJobs: !isNoticed }, ...rest],
    ] as readonly Step[];
  });

/** Without fast-check's preference for the ends of each range: the rare steps must meet each other. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.noBias(
  fc
    .array(
      fc.oneof(
        { weight: 30, arbitrary: step.map((one) => [one]) },
        { weight: 1, arbitrary: twins },
        { weight: 1, arbitrary: repair },
      ),
      {
        minLength: 15,
        maxLength: 40,
        size: "max",
      },
    )
    .map((pieces) => pieces.flat()),
);
