import { describe, expect, it } from "vitest";
import { clientAddressReader, readClaimedPlace } from "../../src/delivery/client-address.ts";
import { NetworkMap } from "../../src/delivery/networks.ts";
import { S3Error } from "../../src/errors.ts";

describe("clientAddressReader", () => {
  const read = clientAddressReader(["10.0.0.0/8", "2001:db8:1::/48"]);

  it.each([
    [
      "an untrusted peer's header changes nothing",
      "203.0.113.9",
      { "x-forwarded-for": "198.51.100.1" },
      "203.0.113.9",
      false,
    ],
    ["a trusted proxy is believed", "10.0.0.1", { "x-forwarded-for": "198.51.100.1" }, "198.51.100.1", true],
    [
      "the right-most untrusted address counts",
      "10.0.0.1",
      { "x-forwarded-for": "1.1.1.1, 198.51.100.1, 10.2.3.4" },
      "198.51.100.1",
      true,
    ],
    ["all trusted: the left-most", "10.0.0.1", { "x-forwarded-for": "10.9.9.9, 10.2.3.4" }, "10.9.9.9", true],
    [
      "what is no address ends the walk",
      "10.0.0.1",
      { "x-forwarded-for": "1.1.1.1, unknown, 10.2.3.4" },
      "10.2.3.4",
      true,
    ],
    [
      "Forwarded is read too",
      "10.0.0.1",
      { forwarded: 'for=1.1.1.1, for="[2001:db8::7]:4711";proto=https' },
      "2001:db8::7",
      true,
    ],
    [
      "X-Forwarded-For goes first",
      "10.0.0.1",
      { "x-forwarded-for": "198.51.100.1", forwarded: "for=1.1.1.1" },
      "198.51.100.1",
      true,
    ],
    ["ports are dropped", "10.0.0.1", { "x-forwarded-for": "198.51.100.1:5000" }, "198.51.100.1", true],
    ["IPv4 in IPv6's clothes", "::ffff:10.0.0.1", { "x-forwarded-for": "::ffff:198.51.100.1" }, "198.51.100.1", true],
    ["an IPv6 proxy", "2001:db8:1::5", { "x-forwarded-for": "198.51.100.1" }, "198.51.100.1", true],
    ["no header", "10.0.0.1", {}, "10.0.0.1", true],
    ["loopback is a trusted peer, but no proxy", "127.0.0.1", { "x-forwarded-for": "198.51.100.1" }, "127.0.0.1", true],
    ["loopback by IPv6", "::1", {}, "::1", true],
  ])("%s", (_what, socketAddress, headers, address, trustedPeer) => {
    expect(read(socketAddress, headers)).toEqual({ address, trustedPeer });
  });
});

describe("readClaimedPlace", () => {
  it("hears a trusted peer", () => {
    expect(readClaimedPlace({ "x-nearbucket-client": "43.65, -79.38" }, true)).toEqual({
      latitude: 43.65,
      longitude: -79.38,
    });
    expect(readClaimedPlace({}, true)).toBeUndefined();
  });

  it("does not hear anybody else", () => {
    expect(readClaimedPlace({ "x-nearbucket-client": "43.65,-79.38" }, false)).toBeUndefined();
  });

  it.each(["", "toronto", "91,0", "0,181", "1", "1,2,3", "1e1,2", "NaN,NaN"])("refuses %j", (claim) => {
    expect(() => readClaimedPlace({ "x-nearbucket-client": claim }, true)).toThrow(S3Error);
  });
});

describe("NetworkMap", () => {
  const map = new NetworkMap([
    ["10.0.0.0/8", "wide"],
    ["10.1.0.0/16", "narrow"],
    ["192.0.2.7", "one"],
    ["2001:db8::/32", "six"],
    ["::/0", "rest of six"],
  ]);

  it.each([
    ["10.2.0.1", "wide"],
    ["10.1.0.1", "narrow"],
    ["::ffff:10.1.0.1", "narrow"],
    ["192.0.2.7", "one"],
    ["192.0.2.8", undefined],
    ["2001:db8::1", "six"],
    ["fe80::1", "rest of six"],
    ["garbage", undefined],
    ["", undefined],
  ])("%s is in %s", (address, value) => {
    expect(map.get(address)).toBe(value);
    expect(map.get(address)).toBe(value);
  });
});
