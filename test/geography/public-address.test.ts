// Which address is looked up for a client: public ones, as they are or as the IPv4 address that an IPv6 one carries.
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { readIPv4 } from "../../src/geography/ipv4.ts";
import { publicAddress } from "../../src/geography/public-address.ts";

describe("publicAddress", () => {
  it.each([
    ["185.1.2.3", "185.1.2.3"],
    ["2a00:1450:4001:81b::200e", "2a00:1450:4001:81b::200e"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::FFFF:102:304", "1.2.3.4"],
    ["64:ff9b::8.8.8.8", "8.8.8.8"],
    ["2002:808:808::1", "8.8.8.8"],
  ])("%s is looked up as %s", (address, expected) => expect(publicAddress(address)).toBe(expected));

  it.each([
    ...["10.1.2.3", "172.31.255.255", "192.168.0.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "0.1.2.3"],
    ...["192.0.2.1", "198.51.100.1", "203.0.113.9", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.88.99.1"],
    ...["::1", "::", "fe80::1", "fe80::1%eth0", "2a00::1%eth0", "fd00::1", "ff02::1", "2001:db8::1", "2001::1"],
    ...["::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1", "64:ff9b:1::1", "3fff::1", "4000::1"],
    ...["", "unknown", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", "1.2.3.4:80", ":::", "1.2.3.4 "],
    `${"1".repeat(100)}::`,
  ])("%s is nowhere", (address) => expect(publicAddress(address)).toBeUndefined());

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => void publicAddress(text)));
    fc.assert(fc.property(fc.ipV6(), (text) => void publicAddress(text)));
  });

  it("takes no IPv4 address for public that the registries reserve", () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const isUnicast = ipaddr.IPv4.parse(text).range() === "unicast";
        // 192.0.0.0/24 and what lies around it is split further in the library.
        if (!text.startsWith("192.") && !text.startsWith("198.")) expect(publicAddress(text) === text).toBe(isUnicast);
      }),
      { numRuns: 5000 },
    );
  });
});

it("reads IPv4 addresses as the library does", () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const bytes = ipaddr.IPv4.parse(text).toByteArray();
      expect(readIPv4(text)).toBe(Buffer.from(bytes).readUInt32BE());
    }),
  );
});
