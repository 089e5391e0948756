import { expect, it } from "vitest";
import { missingBackends } from "../../src/admin/missing-backends.ts";
import { missingText } from "../../src/contract/missing-text.ts";
import { copiesOf, type Wanted } from "../../src/wanted.ts";

const inRegions = (...regions: string[]): Wanted => ({ regions });

it.each<
  [short: readonly (Wanted | undefined)[], others: readonly (string | undefined)[], missing: number, text: string]
>([
  [[], [], 0, ""],
  [[undefined], ["x"], 1, "1 more backend"],
  [[undefined, { copies: 4 }], ["x"], 3, "3 more backends"],
  [[inRegions("x", "y")], ["x", "z"], 1, "1 more backend in x or y"],
  // Its region is not known here: it may be the one.
  [[inRegions("x", "y")], ["x", undefined], 0, ""],
  // One in y suits both.
  [[inRegions("x", "y"), inRegions("y", "z")], ["x", "z"], 1, "1 more backend in y"],
  [[inRegions("x"), inRegions("y")], ["x", "y"], 2, "1 more backend in x and 1 more in y"],
  [[undefined, inRegions("x")], ["x"], 1, "1 more backend in x"],
  [[{ copies: 4 }, inRegions("x")], ["x"], 3, "1 more backend in x and 2 more anywhere"],
  [[{ copies: 3, regions: ["x"] }, inRegions("x", "y")], [], 3, "3 more backends in x"],
])("says where others are missing: what wants %j, beside %j", (short, others, missing, text) => {
  const found = missingBackends(
    short.map((wanted) => ({ ...(wanted && { wanted }) })),
    others,
    (wanted) => copiesOf({ copies: 2 }, wanted),
  );
  expect([found.backendsMissing, missingText(found)]).toEqual([missing, text]);
});
