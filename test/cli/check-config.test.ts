import { describe, expect, it } from "vitest";
import { checkConfiguration } from "../../src/cli/check-config.ts";
import { checkConfig, type GatewayConfigInput } from "../../src/config/schema.ts";

const regions = ["eu", "ca"].map((name, index) => ({ name, latitude: 0, longitude: index }));
const disk = (name: string, region: string) => ({ kind: "disk", name, region, directory: `/${name}` }) as const;
const node = (name: string, more: object = {}) => ({
  kind: "node" as const,
  name,
  region: "eu",
  endpoint: "https://10.0.0.1:9000",
  bucket: "blobs",
  accessKeyId: "key",
  secretAccessKey: "a secret of some length",
  ...more,
});

function remarks(change: Partial<GatewayConfigInput>) {
  const checked = checkConfig({
    dataDirectory: "/data",
    metadata: { kind: "sqlite", file: "/data/metadata.sqlite" },
    rootKey: { accessKeyId: "root", secretAccessKey: "short-one" },
    encryptionKey: "a key for tests, sixteen and more",
    regions,
    backends: [disk("a", "eu"), disk("b", "ca"), disk("c", "ca")],
    ...change,
  } satisfies GatewayConfigInput);
  if ("faults" in checked) throw new TypeError(JSON.stringify(checked.faults));
  return checkConfiguration(checked.config).map(({ level, subject, says }) => `${level} ${subject}: ${says}`);
}

const world = { host: "0.0.0.0" };
const rootKey = { accessKeyId: "root", secretAccessKey: "a secret of sixteen and more" };

describe("checkConfiguration", () => {
  it.each<[what: string, change: Partial<GatewayConfigInput>, remarks: (string | RegExp)[]]>([
    ["a plain one", {}, ["ok undefined: nothing to remark"]],
    ["one copy", { copies: 1 }, [/^warning copies: is 1/]],
    [
      "one region",
      { backends: [disk("a", "eu"), disk("b", "eu"), disk("c", "eu")] },
      [/^warning regions: all backends/],
    ],
    ["more copies than regions", { copies: 3 }, [/^warning regions: 3 copies in 2 regions/, /^ok backends: 3 for 3/]],
    ["no backend to spare", { backends: [disk("a", "eu"), disk("b", "ca")] }, [/^ok backends: 2 for 2 copies: writes/]],
    [
      "too many drained",
      { backends: [disk("a", "eu"), { ...disk("b", "ca"), draining: true }] },
      [/^error backends: only 1 of 2/],
    ],
    [
      "memory",
      { backends: [disk("a", "eu"), disk("b", "ca"), { kind: "memory", name: "m", region: "ca" }] },
      [/^warning backends: some of kind memory/],
    ],
    [
      "a database that is not synced",
      { metadata: { kind: "sqlite", file: "/data/x", durable: false } },
      [/^warning metadata.durable: /],
    ],
    ["open to others by http", { listen: world, rootKey }, [/^warning listen.host: 0.0.0.0 is reached/]],
    [
      "a source by http",
      {
        sources: ["http://10.0.0.2:9000", "https://s3.example.com", "http://[::1]:9000", "http://127.0.0.1:9000"].map(
          (endpoint, at) => ({ name: `old${at}`, endpoint, accessKeyId: "key", secretAccessKey: "secret" }),
        ),
      },
      [/^warning source old0: http:\/\/10.0.0.2:9000 is another machine/],
    ],
    [
      "backends by http",
      {
        backends: [
          node("a", { endpoint: "http://10.0.0.2:9000" }),
          { ...node("b", { endpoint: "http://minio:9000" }), kind: "s3" },
          node("c"),
          node("d", { endpoint: "http://localhost:9000" }),
          disk("e", "ca"),
        ],
      },
      [/^warning a: http:\/\/10.0.0.2:9000 is another .* read on the way$/],
    ],
    ["open to others behind a proxy", { listen: world, rootKey, trustedProxies: ["10.0.0.1"] }, [/^ok undefined/]],
    [
      "open to others with a short secret",
      { listen: world, tls: { certificate: "/c", key: "/k" } },
      [/^error rootKey.secretAccessKey: has fewer than 16/],
    ],
    ["public with a short secret", { publicUrl: "https://s3.example.com" }, [/^error rootKey.secretAccessKey/]],
    ["operators from anywhere", { admin: { listen: { host: "0.0.0.0", port: 1 } } }, [/^warning admin.listen.host/]],
    [
      "everybody believed",
      { admin: { networks: ["0.0.0.0/0"] }, trustedProxies: ["::/0"] },
      [/^warning admin.networks: /, /^warning trustedProxies: /],
    ],
    [
      "redirects that are never made",
      {
        publicUrl: "https://s3.example.com",
        rootKey,
        backends: [node("a", { publicEndpoint: "http://a.example.com" }), disk("b", "ca"), disk("c", "ca")],
      },
      [/^warning a: publicEndpoint is http/],
    ],
    [
      "a private public endpoint",
      { backends: [node("a", { publicEndpoint: "http://172.16.0.1:9000" }), disk("b", "ca"), disk("c", "ca")] },
      [/^warning a: publicEndpoint http:\/\/172.16.0.1:9000 can be reached from its own network only/],
    ],
    [
      "a private public endpoint for its own network",
      {
        backends: [
          node("a", { publicEndpoint: "http://10.0.0.1:9000", clientNetworks: ["10.0.0.0/8"] }),
          disk("b", "ca"),
          disk("c", "ca"),
        ],
      },
      [/^ok undefined/],
    ],
  ])("%s", (_what, change, expected) => {
    expect(remarks(change)).toEqual(
      expected.map((one) => (typeof one === "string" ? one : expect.stringMatching(one))),
    );
  });
});
