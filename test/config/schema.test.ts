import { describe, expect, it } from "vitest";
import { checkConfig } from "../../src/config/schema.ts";

const smallest = {
  dataDirectory: "/data",
  metadata: { kind: "sqlite", file: "/data/metadata.sqlite" },
  rootKey: { accessKeyId: "root", secretAccessKey: "rootsecret" },
  encryptionKey: "0123456789abcdef",
  regions: [
    { name: "amsterdam", latitude: 52.37, longitude: 4.9 },
    { name: "toronto", latitude: 43.65, longitude: -79.38 },
  ],
  backends: [
    { kind: "memory", name: "a", region: "amsterdam" },
    { kind: "memory", name: "b", region: "toronto" },
  ],
};

/** `path: message` of each fault, in order. */
function faultsOf(change: object): readonly string[] {
  const checked = checkConfig({ ...smallest, ...change });
  return "faults" in checked ? checked.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

/** A backend that clients are redirected to. */
const reached = {
  kind: "node",
  name: "reached",
  region: "amsterdam",
  endpoint: "http://10.0.0.1:9000",
  publicEndpoint: "http://node.example",
  bucket: "blobs",
  accessKeyId: "writes",
  secretAccessKey: "sixteen-letters!",
};

describe("checkConfig", () => {
  it("fills in every default", () => {
    const checked = checkConfig(smallest);
    expect("config" in checked && checked.config).toMatchObject({
      listen: { host: "127.0.0.1", port: 9000 },
      api: {},
      console: true,
      role: "gateway",
      region: "us-east-1",
      domains: ["localhost"],
      sources: [],
      copies: 2,
      minimumCopies: 2,
      dedup: { scope: "account", multipart: "content" },
      redirect: { mode: "auto", minBytes: 1_048_576, expirySeconds: 120, rclone: false },
      ingest: { bufferBytes: 8_388_608 },
      graceHours: 24,
      cache: { bytes: 64 * 1024 ** 2 },
      cacheRows: 100_000,
      publicAccess: "blocked",
      signatureV2: "query",
      shutdown: { delaySeconds: 0 },
      log: { level: "info" },
    });
  });

  it("lets the minimum follow copies when it is not given", () => {
    const checked = checkConfig({ ...smallest, copies: 1 });
    expect("config" in checked && checked.config.minimumCopies).toBe(1);
  });

  it("has a gateway say that it stops before it does where others share its database", () => {
    const checkedOf = (more: object) => {
      const checked = checkConfig({ ...smallest, metadata: { kind: "postgres", url: "postgres://x" }, ...more });
      return "config" in checked ? checked.config.shutdown : checked.faults;
    };
    expect(checkedOf({})).toEqual({ delaySeconds: 5 });
    expect(checkedOf({ shutdown: { delaySeconds: 0 } })).toEqual({ delaySeconds: 0 });
    expect(checkedOf({ shutdown: { delaySeconds: -1 } })).toMatchObject([{ path: "shutdown.delaySeconds" }]);
  });

  it("accepts no Signature Version 2 on a node unless configured", () => {
    const checkedOf = (more: object) => {
      const checked = checkConfig({ ...smallest, ...more });
      return "config" in checked ? checked.config.signatureV2 : checked.faults;
    };
    expect(checkedOf({ role: "node" })).toBe("off");
    expect(checkedOf({ role: "node", signatureV2: "query" })).toBe("query");
    expect(checkedOf({ signatureV2: "all" })).toBe("all");
    expect(checkedOf({ signatureV2: true })).toEqual([
      { path: "signatureV2", message: "expected one of off, query, all" },
    ]);
  });

  it("reads sizes as integers and as text", () => {
    const checked = checkConfig({ ...smallest, redirect: { minBytes: "1.5 MiB" }, ingest: { bufferBytes: 42 } });
    expect("config" in checked && [checked.config.redirect.minBytes, checked.config.ingest.bufferBytes]).toEqual([
      1_572_864, 42,
    ]);
  });

  it("takes a short secret where no redirect shows its signature", () => {
    const secretAccessKey = "short";
    const redirectKey = { redirectAccessKeyId: "r", redirectSecretAccessKey: "sixteen-letters!" };
    const accepted = [
      { ...reached, publicEndpoint: undefined, secretAccessKey },
      { ...reached, ...redirectKey, secretAccessKey },
    ];
    for (const one of accepted)
      expect(checkConfig({ ...smallest, backends: [one], copies: 1 })).toHaveProperty("config");
  });

  it("takes no disk under two names, nor one within another", () => {
    const disk = (name: string, directory: string) => ({ kind: "disk", name, region: "toronto", directory });
    const backends = [disk("a", "/srv/a"), disk("b", "/srv/a/b"), disk("c", "/srv/ab"), disk("d", "/srv/x/../ab/")];
    expect(faultsOf({ ...smallest, backends })).toEqual([
      "backends[1].directory: expected a disk of its own, found that of backends[0]: it counts as one copy",
      "backends[3].directory: expected a disk of its own, found that of backends[2]: it counts as one copy",
    ]);
  });

  it("reports every fault at once, those of shape and those between keys", () => {
    const faults = faultsOf({
      listen: { port: 70_000 },
      nonsense: 1,
      log: { level: "loud" },
      redirect: { minBytes: "8 MB", surprise: true, mediaExpirySeconds: 21_600 },
      backends: [
        { kind: "s3", name: "a", region: "tokyo" },
        { kind: "tape" },
        { kind: "memory", name: "a", region: "toronto", copies: 2 },
      ],
      copies: 4,
      graceHours: 1,
    });
    expect([...faults].sort()).toEqual([
      "backends[0].accessKeyId: missing: expected string",
      "backends[0].bucket: missing: expected string",
      "backends[0].endpoint: missing: expected string",
      "backends[0].region: expected the name of one of the regions, found tokyo",
      "backends[0].secretAccessKey: missing: expected string",
      "backends[1].kind: expected one of s3, node, disk, memory",
      "backends[2].copies: unknown key",
      "backends[2].name: expected a name used once, found a again",
      "copies: expected at most 3, the number of backends, found 4",
      "graceHours: expected at least 6.25: the longest signed URL plus 900 s of clock skew",
      "listen.port: expected number to be <=65535",
      "log.level: expected one of trace, debug, info, warn, error, fatal, silent",
      "nonsense: unknown key",
      "redirect.mediaBuckets: expected the buckets that redirect.mediaExpirySeconds is for: neither counts without the other",
      "redirect.minBytes: expected a size: an integer of bytes, or text such as 8 MiB",
      "redirect.surprise: unknown key",
    ]);
  });

  it.each([
    [{ copies: 3 }, "copies: expected at most 2, the number of backends, found 3"],
    [{ fewestCopies: 3 }, "fewestCopies: expected at most copies (2), found 3"],
    [{ minimumCopies: 3 }, "minimumCopies: expected at most copies (2), found 3"],
    [
      { regions: [...smallest.regions, smallest.regions[0]] },
      "regions[2].name: expected a name used once, found amsterdam again",
    ],
    [
      { clientMap: [{ cidr: "10.0.0.0/8", region: "tokyo" }] },
      "clientMap[0].region: expected the name of one of the regions, found tokyo",
    ],
    [
      { redirect: { mediaExpirySeconds: 100_000, mediaBuckets: ["films"] } },
      "graceHours: expected at least 28.03: the longest signed URL plus 900 s of clock skew",
    ],
    [
      { redirect: { mediaBuckets: ["films"] } },
      "redirect.mediaBuckets: expected the buckets that redirect.mediaExpirySeconds is for: neither counts without the other",
    ],
    [
      { trustedProxies: ["10.0.0.0/33"] },
      "trustedProxies[0]: expected a network such as 10.0.0.0/8, 2001:db8::/32 or a single address",
    ],
    [
      { admin: { networks: ["::ffff:10.0.0.0/104"] } },
      "admin.networks[0]: expected the IPv4 network 10.0.0.0/8 in place of ::ffff:10.0.0.0/104",
    ],
    [
      { clientMap: [{ asn: 64500, region: "tokyo" }] },
      "clientMap[0].region: expected the name of one of the regions, found tokyo",
    ],
    [
      { clientMap: [{ asn: 64500, region: "toronto" }] },
      "clientMap[0].asn: expected a file in geography.databases that knows the numbers of network operators",
    ],
    [{ clientMap: [{ asn: 64500, cidr: "10.0.0.0/8", region: "toronto" }] }, "clientMap[0]: expected a cidr or an asn"],
    [{ geography: { databases: [{ file: "" }] } }, "geography.databases[0].file: expected text that is not empty"],
    [
      { listen: { proxyProtocol: "required" } },
      "trustedProxies: expected the proxies that connect: with listen.proxyProtocol nobody else is let in",
    ],
    [
      { clientMap: [{ cidr: "::ffff:c633:6400/120", region: "toronto" }] },
      "clientMap[0].cidr: expected the IPv4 network 198.51.100.0/24 in place of ::ffff:c633:6400/120",
    ],
    [
      { backends: [{ ...reached, secretAccessKey: "fifteen-letters" }] },
      "backends[0].secretAccessKey: expected at least 16 characters: it signs the redirects to publicEndpoint",
    ],
    [
      { backends: [{ ...reached, redirectAccessKeyId: "r", redirectSecretAccessKey: "short" }] },
      "backends[0].redirectSecretAccessKey: expected at least 16 characters: it signs the redirects to publicEndpoint",
    ],
    [
      { backends: [{ ...reached, redirectAccessKeyId: "r" }] },
      "backends[0].redirectSecretAccessKey: missing: expected together with redirectAccessKeyId",
    ],
    [
      { backends: [{ ...reached, redirectSecretAccessKey: "sixteen-letters!" }] },
      "backends[0].redirectAccessKeyId: missing: expected together with redirectSecretAccessKey",
    ],
    [{ scrub: { days: 0 } }, "scrub.days: expected number to be >0"],
    [{ scrub: { bytesPerSecond: "1 KiB" } }, "scrub.bytesPerSecond: expected at least 1 MiB"],
    [
      { limits: { bufferedBytes: "32 MiB" } },
      "limits.bufferedBytes: expected at least 67108864: eight times ingest.bufferBytes, or 24 MiB",
    ],
    [
      { ingest: { bufferBytes: "64 MiB" } },
      "limits.bufferedBytes: expected at least 536870912: eight times ingest.bufferBytes, or 24 MiB",
    ],
    [{ encryptionKey: "short" }, "encryptionKey: expected at least 16 characters"],
    [{ backends: [] }, "backends: expected array to have >=1 items"],
    [{ regions: "everywhere" }, "regions: expected array, received string"],
  ])("refuses %j", (change, fault) => {
    expect(faultsOf(change)).toContain(fault);
  });

  it.each([
    ["*", true],
    ["null", true],
    ["https://app.example.com:8443", true],
    ["https://*.example.com", true],
    ["https://*.*.example.com", false],
    ["https://app.example.com/", false],
    ["https://App.example.com", false],
    ["app.example.com", false],
  ])("takes %s for an origin of pages: %s", (origin, isTaken) => {
    const faults = faultsOf({ cors: { allowedOrigins: [origin] } });
    expect(faults).toEqual(isTaken ? [] : [expect.stringMatching(/^cors\.allowedOrigins\[0\]: expected scheme:/)]);
  });

  it("takes a node for one that pages may read from, and another store only when it is told", () => {
    const crossOriginOf = (change: object) => {
      const checked = checkConfig({ ...smallest, backends: [{ ...reached, ...change }], copies: 1 });
      const [backend] = "config" in checked ? checked.config.backends : [];
      return backend !== undefined && "crossOrigin" in backend && backend.crossOrigin;
    };
    expect(crossOriginOf({})).toBe(true);
    expect(crossOriginOf({ crossOrigin: false })).toBe(false);
    expect(crossOriginOf({ kind: "s3" })).toBe(false);
  });

  it.each(["https://host/path", "ftp://host", "host:9000", "http://user:secret@host", "http://host/?q"])(
    "refuses %s as an endpoint",
    (endpoint) => {
      const node = {
        kind: "node",
        name: "n",
        region: "toronto",
        endpoint,
        bucket: "b",
        accessKeyId: "k",
        secretAccessKey: "s",
      };
      expect(faultsOf({ backends: [smallest.backends[0], node] })).toEqual([
        "backends[1].endpoint: expected http://host[:port] or https://host[:port] with no path",
      ]);
    },
  );

  it("wants a certificate's key, and https beside TLS files", () => {
    const node = { kind: "node", name: "n", region: "toronto", bucket: "b", accessKeyId: "k", secretAccessKey: "s" };
    const withTls = (tls: object) => faultsOf({ backends: [smallest.backends[0], { ...node, ...tls }] });
    expect(withTls({ endpoint: "https://n", certificateFile: "n.crt" })).toEqual([
      "backends[1].keyFile: missing: a certificate and its key go together",
    ]);
    expect(withTls({ endpoint: "https://n", keyFile: "n.key" })).toEqual([
      "backends[1].certificateFile: missing: a certificate and its key go together",
    ]);
    expect(withTls({ endpoint: "http://n", caFile: "ca.pem" })).toEqual([
      "backends[1].endpoint: expected https://host[:port] beside TLS files",
    ]);
    expect(withTls({ endpoint: "https://n", caFile: "ca", certificateFile: "c", keyFile: "k" })).toEqual([]);
  });

  it("calls a file that is no mapping a fault", () => {
    expect(checkConfig(["a"])).toEqual({ faults: [{ path: "", message: "expected object, received array" }] });
  });

  it("takes networks and addresses of both families, a single IPv4 address in IPv6 form too", () => {
    expect(faultsOf({ trustedProxies: ["10.0.0.0/8", "::/0", "2001:db8::/32", "::1", "::ffff:10.0.0.1"] })).toEqual([]);
  });
});
