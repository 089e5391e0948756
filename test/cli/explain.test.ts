import { expect, it } from "vitest";
import { explainText } from "../../src/cli/explain.ts";
import { sharesText, sumOf } from "../../src/cli/explain-shares.ts";
import type { Explanation } from "../../src/contract/explain.ts";

const replica = (backend: string, more: object = {}) => ({
  ...{ backend, region: backend, coordinates: { latitude: 0, longitude: 0 } },
  ...more,
});

const explained: Explanation = {
  client: { address: "192.0.2.7", region: "toronto", family: "rclone" },
  replicas: [replica("near", { distanceKm: 1200, notRedirectable: "it is draining" }), replica("far")],
  left: [],
  answer: { kind: "redirect", backend: "far", rule: "14-client", because: "rclone follows redirects" },
  steps: [],
};

it("says which region the client map names, and which closer copy was not chosen", () => {
  expect(explainText(explained, false).split("\n")).toEqual([
    "client    192.0.2.7, in toronto by the client map; rclone",
    "replicas  near (1,200 km, no redirect: it is draining); far",
    "chosen    far",
    "instead   of near (1,200 km, no redirect: it is draining)",
    "answer    307, rule 14-client: rclone follows redirects",
  ]);
});

it.each([
  [{ source: "country", country: "NL", coordinates: { latitude: 52.1, longitude: 5.2 } }, ", in NL by country data"],
  [
    { source: "city", country: "NL", coordinates: { latitude: 52.4, longitude: 4.9 } },
    ", at 52.4,4.9 in NL by city data",
  ],
  [{ source: "city", coordinates: { latitude: 52.4, longitude: 4.9 } }, ", at 52.4,4.9 by city data"],
  [{ source: "claimed", coordinates: { latitude: 52.4, longitude: 4.9 } }, ", at 52.4,4.9"],
  [{}, ", nobody knows where"],
] as const)("says by what the place is known: %j", (place, words) => {
  const client = { address: "192.0.2.7", family: "rclone", ...place };
  expect(explainText({ ...explained, client }, false)).toContain(`client    192.0.2.7${words}; rclone`);
});

it("says nothing of others where the closest was chosen, or none can be read", () => {
  const { answer } = explained;
  expect(explainText({ ...explained, answer: { ...answer, backend: "near" } }, false)).not.toContain("instead");
  const none = explainText({ ...explained, answer: { ...answer, backend: undefined } }, false);
  expect(none).toContain("chosen    none");
  expect(none).not.toContain("instead");
});

it("adds up the shares of many calls, the largest first", () => {
  const toronto = { region: "toronto", addresses: 600, placed: 400, meanKm: 100 };
  const all = [
    { regions: [toronto, { region: "singapore", addresses: 300, placed: 0 }], streamed: 100 },
    {
      regions: [
        { region: "singapore", addresses: 900, placed: 800, meanKm: 2500 },
        { ...toronto, meanKm: 400 },
      ],
      streamed: 0,
    },
  ];
  expect(sharesText(sumOf(all)).split("\n")).toEqual([
    "REGION          ADDRESSES   SHARE  MEAN DISTANCE  PLACE UNKNOWN",
    "toronto             1,200  48.0 %         250 km            400",
    "singapore           1,200  48.0 %       2,500 km            400",
    "by the gateway        100   4.0 %              -              -",
  ]);
});
