import { expect, it } from "vitest";
import {
  changeOf,
  copiesUpTo,
  formOf,
  optionsOf,
} from "../../../src/console/screens/administration/buckets/settings-form.ts";
import { type BucketDocument, bucketChange } from "../../../src/contract/objects.ts";

const BUCKET = {
  ...{ name: "photos", owner: "root", createdAt: "2026-11-27T03:00:00.000Z", location: "eu" },
  settings: { minimumCopies: 1 },
  effective: {
    ...{ dedup: "account", redirect: "auto", copies: 2, minimumCopies: 1, placement: "any", readReplicas: "off" },
    cors: [],
  },
} satisfies BucketDocument;

it("shows the gateway's own where nothing is set", () => {
  const unset = { dedup: "", redirect: "", copies: "", placement: "", readReplicas: "" };
  expect(formOf(BUCKET)).toEqual({ ...unset, minimumCopies: "1" });
});

it("asks only for what was changed, with null for the gateway's own", () => {
  const before = formOf(BUCKET);
  expect(changeOf(before, before)).toEqual({});
  const change = changeOf(before, { ...before, dedup: "off", redirect: "", minimumCopies: "" });
  expect(change).toEqual({ dedup: "off", minimumCopies: null });
  expect(bucketChange.partial().parse(change)).toEqual(change);
  expect(changeOf(before, { ...before, minimumCopies: "2" })).toEqual({ minimumCopies: 2 });
  expect(changeOf(before, { ...before, copies: "3", placement: "x, y" })).toEqual({
    copies: 3,
    placement: { regions: ["x", "y"] },
  });
});

it("tells first what holds, and names the gateway's own value where that holds", () => {
  const words = copiesUpTo(2);
  expect(optionsOf(BUCKET, "minimumCopies", words)[0]).toEqual(["", "The gateway's own"]);
  const unset = { ...BUCKET, settings: {}, effective: { ...BUCKET.effective, minimumCopies: 2 } };
  expect(optionsOf(unset, "minimumCopies", words)).toEqual([
    ["", "2 (the gateway's own)"],
    ["1", "1"],
    ["2", "2"],
  ]);
});

it("reads a rule for read replicas as it shows it, with the usual numbers for what is left out", () => {
  const before = formOf(BUCKET);
  const ruleOf = (text: string) => changeOf(before, { ...before, readReplicas: text })["readReplicas"];
  const rule = { afterReads: 50, max: 2, ttlHours: 1.5 };
  const shown = formOf({ settings: { readReplicas: rule } }).readReplicas;
  expect([shown, ruleOf(shown)]).toEqual(["afterReads=50,max=2,ttlHours=1.5", rule]);
  expect(ruleOf(" max=2, afterReads = 50 ")).toEqual({ afterReads: 50, max: 2, ttlHours: 24 });
  expect(ruleOf("off")).toBe("off");
  const setting = bucketChange.shape.readReplicas;
  for (const text of ["on", "max=", "max=2=3", "max=17", "afterReads=often", "max=1,size=3", ","])
    expect([text, setting.safeParse(ruleOf(text)).success]).toEqual([text, false]);
  expect(changeOf(formOf({ settings: { readReplicas: "off" } }), before)).toMatchObject({ readReplicas: null });
});
