import { describe, expect, it } from "vitest";
import { clientReader, readClaimedPlace } from "../../src/delivery/client.ts";
import { parseForwarded } from "../../src/delivery/forwarded.ts";
import { NetworkMap } from "../../src/delivery/networks.ts";
import { S3Error } from "../../src/errors.ts";
import type { HeaderFields } from "../../src/model.ts";

const TRUSTED = ["10.0.0.0/8", "2001:db8:1::/48"];
const HOST = { host: "s3.example.com" };

describe("clientReader", () => {
  const read = clientReader({ trustedProxies: TRUSTED });
  const from = (address: string, headers: HeaderFields) => read({ address, secure: false }, { ...HOST, ...headers });

  it.each<[what: string, peer: string, headers: HeaderFields, address: string, certain: boolean]>([
    [
      "an untrusted peer's header changes nothing",
      "203.0.113.9",
      { "x-forwarded-for": "8.8.8.8" },
      "203.0.113.9",
      true,
    ],
    ["a trusted proxy is believed", "10.0.0.1", { "x-forwarded-for": "198.51.100.1" }, "198.51.100.1", true],
    ["the right-most", "10.0.0.1", { "x-forwarded-for": "1.1.1.1, 198.51.100.1, 10.2.3.4" }, "198.51.100.1", true],
    ["all trusted: the left-most", "10.0.0.1", { "x-forwarded-for": "10.9.9.9, 10.2.3.4" }, "10.9.9.9", false],
    ["no address ends the walk", "10.0.0.1", { "x-forwarded-for": "1.1.1.1, unknown, 10.2.3.4" }, "10.2.3.4", false],
    ["short forms are no addresses", "10.0.0.1", { "x-forwarded-for": "127.1" }, "10.0.0.1", false],
    ["Forwarded", "10.0.0.1", { forwarded: 'for=1.1.1.1, for="[2001:DB8::7]:4711";proto=https' }, "2001:db8::7", true],
    ["both, of one mind", "10.0.0.1", { "x-forwarded-for": "8.8.8.8", forwarded: "for=8.8.8.8" }, "8.8.8.8", true],
    ["both, at odds", "10.0.0.1", { "x-forwarded-for": "8.8.8.8", forwarded: "for=1.1.1.1" }, "10.0.0.1", false],
    ["hidden, at odds", "10.0.0.1", { "x-forwarded-for": "8.8.8.8", forwarded: "for=_hidden" }, "10.0.0.1", false],
    ["broken, at odds", "10.0.0.1", { "x-forwarded-for": "8.8.8.8", forwarded: '", for=1.1.1.1' }, "10.0.0.1", false],
    [
      "a protocol is at odds with nobody",
      "10.0.0.1",
      { "x-forwarded-proto": "https", forwarded: "for=8.8.8.8" },
      "8.8.8.8",
      true,
    ],
    ["ports are dropped", "10.0.0.1", { "x-forwarded-for": "198.51.100.1:5000" }, "198.51.100.1", true],
    ["IPv4 in IPv6's clothes", "::ffff:10.0.0.1", { "x-forwarded-for": "::ffff:198.51.100.1" }, "198.51.100.1", true],
    ["an IPv6 proxy", "2001:db8:1::5", { "x-forwarded-for": "198.51.100.1" }, "198.51.100.1", true],
    ["a proxy that says nothing", "10.0.0.1", {}, "10.0.0.1", false],
    ["loopback is no proxy", "127.0.0.1", { "x-forwarded-for": "198.51.100.1" }, "127.0.0.1", true],
  ])("finds the address: %s", (_what, peer, headers, address, certain) => {
    expect(from(peer, headers)).toMatchObject({ address, certain });
  });

  it.each<[what: string, peer: string, headers: HeaderFields, direct: boolean, trustedPeer: boolean]>([
    ["a stranger", "203.0.113.9", {}, true, false],
    ["a stranger with a header", "203.0.113.9", { "x-forwarded-for": "127.0.0.1" }, false, false],
    ["this machine", "127.0.0.1", {}, true, true],
    ["this machine by IPv6", "::1", {}, true, true],
    ["a proxy nobody told us of, on this machine", "127.0.0.1", { "x-forwarded-for": "198.51.100.1" }, false, false],
    ["another such", "127.0.0.1", { via: "1.1 squid" }, false, false],
    ["a trusted proxy", "10.0.0.1", { forwarded: "for=127.0.0.1" }, false, true],
    ["a trusted proxy that says nothing", "10.0.0.1", {}, false, true],
  ])("tells who stands in between: %s", (_what, peer, headers, direct, trustedPeer) => {
    expect(from(peer, headers)).toMatchObject({ direct, trustedPeer });
  });

  it.each<[what: string, peer: string, headers: HeaderFields, origin: string, mayBeHttps: boolean]>([
    ["a stranger on a plain connection", "203.0.113.9", {}, "http://s3.example.com", false],
    [
      "a stranger's word is not believed, and not ignored",
      "203.0.113.9",
      { "x-forwarded-proto": "https" },
      "http://s3.example.com",
      true,
    ],
    ["a proxy nobody told us of", "203.0.113.9", { "x-forwarded-for": "8.8.8.8" }, "http://s3.example.com", true],
    ["a trusted proxy that says nothing", "10.0.0.1", {}, "http://s3.example.com", true],
    ["https", "10.0.0.1", { "x-forwarded-proto": "https" }, "https://s3.example.com", true],
    ["http", "10.0.0.1", { "x-forwarded-proto": "HTTP" }, "http://s3.example.com", false],
    [
      "a list",
      "10.0.0.1",
      { "x-forwarded-for": "8.8.8.8, 10.2.3.4", "x-forwarded-proto": "https, https" },
      "https://s3.example.com",
      true,
    ],
    [
      "the client's hop counts",
      "10.0.0.1",
      { "x-forwarded-for": "8.8.8.8, 10.2.3.4", "x-forwarded-proto": "http, https" },
      "http://s3.example.com",
      false,
    ],
    [
      "what stands left of it does not",
      "10.0.0.1",
      { "x-forwarded-for": "1.1.1.1, 8.8.8.8", "x-forwarded-proto": "http, https" },
      "https://s3.example.com",
      true,
    ],
    [
      "one protocol beside two hops",
      "10.0.0.1",
      { "x-forwarded-for": "8.8.8.8, 10.2.3.4", "x-forwarded-proto": "http" },
      "http://s3.example.com",
      true,
    ],
    ["Forwarded, https", "10.0.0.1", { forwarded: "for=8.8.8.8;proto=https" }, "https://s3.example.com", true],
    ["Forwarded, http", "10.0.0.1", { forwarded: "for=8.8.8.8;proto=http" }, "http://s3.example.com", false],
    [
      "Forwarded, with a host",
      "10.0.0.1",
      { forwarded: 'For=8.8.8.8;Host="a.example:8443";Proto=https' },
      "https://a.example:8443",
      true,
    ],
    [
      "Forwarded, with a host that is none",
      "10.0.0.1",
      { forwarded: 'for=8.8.8.8;host="a/b";proto=http' },
      "http://s3.example.com",
      false,
    ],
    ["Forwarded that is broken", "10.0.0.1", { forwarded: "for=8.8.8.8;proto" }, "https://s3.example.com", true],
    [
      "the two at odds",
      "10.0.0.1",
      { forwarded: "proto=http", "x-forwarded-proto": "https" },
      "https://s3.example.com",
      true,
    ],
  ])("finds the origin: %s", (_what, peer, headers, origin, mayBeHttps) => {
    expect(from(peer, headers)).toMatchObject({ origin, mayBeHttps });
  });

  it("knows https by its own sockets", () => {
    expect(read({ address: "203.0.113.9", secure: true }, HOST)).toMatchObject({
      origin: "https://s3.example.com",
      mayBeHttps: true,
    });
    expect(read({ address: "10.0.0.1", secure: true }, { ...HOST, "x-forwarded-proto": "http" })).toMatchObject({
      origin: "http://s3.example.com",
      mayBeHttps: false,
    });
  });

  it.each<[publicUrl: string, peer: string, headers: HeaderFields, origin: string, mayBeHttps: boolean]>([
    ["https://s3.example.com", "203.0.113.9", {}, "https://s3.example.com", true],
    ["https://s3.example.com", "203.0.113.9", { host: "bucket.s3.example.com" }, "https://bucket.s3.example.com", true],
    ["https://s3.example.com", "203.0.113.9", { host: "gateway:9000" }, "https://s3.example.com", true],
    ["https://s3.example.com", "10.0.0.1", { "x-forwarded-proto": "http" }, "https://s3.example.com", true],
    ["http://s3.example.com", "10.0.0.1", { host: "gateway:9000" }, "http://s3.example.com", false],
    ["http://s3.example.com", "203.0.113.9", { "x-forwarded-for": "8.8.8.8" }, "http://s3.example.com", false],
    ["http://s3.example.com", "203.0.113.9", { "x-forwarded-proto": "https" }, "http://s3.example.com", true],
  ])("takes the origin from the public URL %s: %s %j", (publicUrl, address, headers, origin, mayBeHttps) => {
    const readPublic = clientReader({ trustedProxies: TRUSTED, publicUrl });
    expect(readPublic({ address, secure: false }, { ...HOST, ...headers })).toMatchObject({ origin, mayBeHttps });
  });
});

describe("parseForwarded", () => {
  it.each([
    ["for=a", [{ address: "a" }]],
    ["For=a ; Proto=HTTPS,for=b", [{ address: "a", protocol: "https" }, { address: "b" }]],
    ['for="a, b;c\\"d";host=h', [{ address: 'a, b;c"d', host: "h" }]],
    ["by=x;for=_hidden;secret=y", [{ address: "_hidden" }]],
    ["for=a,", undefined],
    ["for", undefined],
    ['for="a', undefined],
    ["for=a b", undefined],
    ["", undefined],
  ])("reads %j", (header, hops) => {
    expect(parseForwarded(header)).toEqual(hops);
  });
});

describe("readClaimedPlace", () => {
  it("accepts the place from a trusted peer", () => {
    expect(readClaimedPlace({ "x-nearbucket-client": "43.65, -79.38" }, true)).toEqual({
      latitude: 43.65,
      longitude: -79.38,
    });
    expect(readClaimedPlace({}, true)).toBeUndefined();
  });

  it("ignores it from anybody else", () => {
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
