// The services that buckets are taken over from: checked as backends that are reached by S3 are.
import { expect, it } from "vitest";
import { declareBackend, parseBackend } from "../../src/config/attached-backend.ts";
import { readConfig } from "../../src/config/load.ts";

const env = { ROOT: "rootsecret", PAST: "secret of the past" };
const reference = (name: string) => `\${${name}}`;
const source = { name: "past", endpoint: "https://s3.example.com/", accessKeyId: "k", secretAccessKey: "s" };

function read(...sources: readonly object[]) {
  const tree = {
    rootKey: { accessKeyId: "root", secretAccessKey: reference("ROOT") },
    encryptionKey: "0123456789abcdef",
    regions: [{ name: "here", latitude: 0, longitude: 0 }],
    backends: [{ kind: "memory", name: "a", region: "here" }],
    ...{ copies: 1, sources },
  };
  return readConfig(JSON.stringify(tree), "/etc/nearbucket", env);
}

function configOf(...sources: readonly object[]) {
  const checked = read(...sources);
  if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.config;
}

function faultsOf(...sources: readonly object[]): readonly string[] {
  const checked = read(...sources);
  return "faults" in checked ? checked.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

it("fills in what a service has unless told", () => {
  expect(configOf(source).sources).toEqual([
    { ...source, endpoint: "https://s3.example.com", signingRegion: "us-east-1", forcePathStyle: true },
  ]);
});

it("takes secrets from the environment, and starts paths at the file", () => {
  const secretAccessKey = reference("PAST");
  const files = { caFile: "ca.pem", certificateFile: "/tls/a.crt", keyFile: "a.key" };
  expect(configOf({ ...source, ...files, secretAccessKey }).sources).toMatchObject([
    {
      secretAccessKey: "secret of the past",
      ...{ caFile: "/etc/nearbucket/ca.pem", certificateFile: "/tls/a.crt", keyFile: "/etc/nearbucket/a.key" },
    },
  ]);
});

it("wants names that no other source and no backend has, and TLS files that can be used", () => {
  const others = [
    { ...source, keyFile: "k" },
    { ...source, name: "a", endpoint: "http://s", caFile: "ca" },
  ];
  expect(faultsOf(source, ...others)).toEqual([
    "sources[1].name: expected a name used once, found past again",
    "sources[2].name: expected a name used once, found a again",
    "sources[1].certificateFile: missing: a certificate and its key go together",
    "sources[2].endpoint: expected https://host[:port] beside TLS files",
  ]);
});

it("says what is missing, and what is no key of it", () => {
  expect(faultsOf({ name: "past", bucket: "b" })).toEqual([
    "sources[0].endpoint: missing: expected string",
    "sources[0].accessKeyId: missing: expected string",
    "sources[0].secretAccessKey: missing: expected string",
    "sources[0].bucket: unknown key",
  ]);
});

it("lets no backend of its name be attached, and takes none away that is attached already", () => {
  const backend = { kind: "memory", name: "past", region: "here" };
  expect(declareBackend(backend, configOf(source))).toMatchObject({ faults: [{ path: "sources[0].name" }] });
  expect(parseBackend(JSON.stringify(backend), configOf(source))).toMatchObject(backend);
});
