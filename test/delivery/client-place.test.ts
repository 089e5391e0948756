// Where a client is taken to be: who is asked first, what an untrusted peer cannot say, and that nowhere spreads the load.
import { describe, expect, it } from "vitest";
import { clientReader } from "../../src/delivery/client.ts";
import { clientPlaceReader, type PlaceOptions } from "../../src/delivery/client-place.ts";
import { NOWHERE } from "../../src/delivery/proximity.ts";
import { asked, bench } from "./support.ts";

const amsterdam = { name: "amsterdam", latitude: 52.37, longitude: 4.9 };
const toronto = { name: "toronto", latitude: 43.65, longitude: -79.38 };
const PARIS = { latitude: 48.9, longitude: 2.3 };
const geography: PlaceOptions["geography"] = {
  placeOf: (address) =>
    ({
      "9.9.9.9": { coordinates: PARIS, source: "city", country: "FR" } as const,
      "8.8.8.8": { coordinates: PARIS, source: "country", country: "FR" } as const,
      "7.7.7.7": { coordinates: PARIS, source: "country", country: "FR" } as const,
    })[address],
  asnOf: (address) => (address === "8.8.8.8" || address === "6.6.6.6" ? 64500 : undefined),
};
const clientMap = [
  { asn: 64500, region: "toronto" },
  { cidr: "6.0.0.0/8", region: "amsterdam" },
];
const placeOf = clientPlaceReader({ clientMap, regions: [amsterdam, toronto], geography });
const at = (clientAddress: string, headers = {}, trustedPeer = false) =>
  placeOf({ clientAddress, headers, trustedPeer });

describe("clientPlaceReader", () => {
  it.each([
    ["a network of the client map before its operator", "6.6.6.6", { region: "amsterdam", source: "client-map" }],
    ["the network of the IPv4 address that NAT64 carries", "64:ff9b::606:606", { region: "amsterdam" }],
    ["the network of the IPv4 address that 6to4 carries", "2002:606:606::1", { region: "amsterdam" }],
    ["the operator before data about the address", "8.8.8.8", { region: "toronto", source: "client-map" }],
    ["coordinates of the city", "9.9.9.9", { coordinates: PARIS, source: "city", country: "FR" }],
    ["the country", "7.7.7.7", { coordinates: PARIS, source: "country", country: "FR" }],
    ["nothing", "5.5.5.5", NOWHERE],
    ["nothing for what is no address", "absurd", NOWHERE],
  ])("takes %s", (_, address, place) => expect(at(address)).toMatchObject(place));

  it("takes a claim before all others, of trusted peers only", () => {
    const claim = { "x-nearbucket-client": "1,2" };
    expect(at("6.6.6.6", claim, true)).toMatchObject({ coordinates: { latitude: 1, longitude: 2 }, source: "claimed" });
    expect(at("6.6.6.6", claim)).toMatchObject({ region: "amsterdam", source: "client-map" });
    expect(at("6.6.6.6", { "x-nearbucket-client": "absurd" })).toMatchObject({ source: "client-map" });
  });

  it.each([
    { "x-forwarded-for": "9.9.9.9" },
    { forwarded: "for=9.9.9.9" },
    { "x-real-ip": "9.9.9.9" },
    { "x-nearbucket-client": "1,2", "x-forwarded-for": "127.0.0.1" },
  ])("lets an untrusted peer change nothing by %j", (headers) => {
    const read = clientReader({ trustedProxies: ["10.0.0.1"] });
    for (const peer of ["7.7.7.7", "::ffff:7.7.7.7"]) {
      const { address, trustedPeer } = read({ address: peer, secure: false }, headers);
      expect(at(address, headers, trustedPeer)).toMatchObject({ source: "country", country: "FR" });
    }
  });

  it("finds one row among ten thousand, by the longest prefix", () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => ({
      cidr: `11.${n >> 8}.${n & 255}.0/24`,
      region: "toronto",
    }));
    const many = clientPlaceReader({
      clientMap: [{ cidr: "11.0.0.0/8", region: "amsterdam" }, ...rows, { cidr: "2a00:1::/32", region: "toronto" }],
      regions: [amsterdam, toronto],
      geography,
    });
    const regionOf = (clientAddress: string) => many({ clientAddress, headers: {}, trustedPeer: false }).region;
    expect(["11.39.15.9", "11.39.16.9", "2a00:1::5", "2a00:2::5"].map(regionOf)).toEqual([
      "toronto",
      "amsterdam",
      "toronto",
      undefined,
    ]);
  });
});

it("sends a client whose country alone is known to the closest copy, and explains it", async () => {
  const { delivery } = await bench({ geography });
  expect(delivery.route(asked({ clientAddress: "7.7.7.7" }))).toMatchObject({ kind: "redirect", backend: "amsterdam" });
  const explained = delivery.explain(asked({ clientAddress: "7.7.7.7" }));
  expect(explained).toMatchObject({ source: "country", country: "FR", coordinates: PARIS, region: undefined });
});

it("spreads clients that are nowhere over all copies", async () => {
  const { delivery } = await bench({ geography, random: Math.random });
  const chosen = Array.from({ length: 200 }, () => delivery.route(asked({ clientAddress: "5.5.5.5" })));
  expect(new Set(chosen.map((route) => "backend" in route && route.backend))).toEqual(
    new Set(["amsterdam", "toronto"]),
  );
});
