import { describe, expect, it } from "vitest";
import { declareBackend } from "../../../src/config/attached-backend.ts";
import { checkConfig } from "../../../src/config/schema.ts";
import {
  configOf,
  FIELDS,
  type Kind,
  missing,
} from "../../../src/console/screens/administration/backends/backend-form.ts";
import {
  actionsFor,
  emptyAt,
  isMoving,
  refusalWords,
} from "../../../src/console/screens/administration/backends/backend-rows.ts";
import { redirectsVerdict } from "../../../src/console/screens/administration/backends/redirects-verdict.ts";

function config() {
  const checked = checkConfig({
    dataDirectory: "/data",
    metadata: { kind: "sqlite", file: "/data/metadata.sqlite" },
    rootKey: { accessKeyId: "ROOT", secretAccessKey: "0123456789abcdef" },
    encryptionKey: "0123456789abcdef",
    regions: [{ name: "eu", latitude: 0, longitude: 0 }],
    backends: [{ kind: "memory", name: "one", region: "eu" }],
    copies: 1,
  });
  if ("faults" in checked) throw new TypeError(JSON.stringify(checked.faults));
  return checked.config;
}

const VALUES: Readonly<Record<string, string>> = {
  ...{ name: " two ", region: "eu", endpoint: "https://s3.example.com", bucket: "blobs" },
  ...{
    accessKeyId: "AK",
    secretAccessKey: "sixteen letters and more ",
    directory: "/mnt/two",
    publicEndpoint: "https://example.com",
  },
};

describe("the form of a backend", () => {
  it.each<Kind>(["s3", "disk"])("fills in what the configuration takes for kind %s", (kind) => {
    const form = { kind, filled: VALUES, createBucket: true };
    expect(missing(form)).toEqual([]);
    expect(declareBackend(configOf(form), config())).toMatchObject({ backend: { kind, name: "two", region: "eu" } });
  });

  it.each<Kind>(["s3", "disk"])("misses each field of kind %s that the configuration wants", (kind) => {
    for (const { name, label, isOptional } of FIELDS[kind]) {
      const form = { kind, filled: { ...VALUES, [name]: "" }, createBucket: false };
      expect(missing(form)).toEqual(isOptional ? [] : [label]);
      expect("backend" in declareBackend(configOf(form), config())).toBe(isOptional === true);
    }
  });

  it("keeps a secret as it is, and leaves out what belongs to another kind", () => {
    expect(configOf({ kind: "s3", filled: VALUES, createBucket: false })["secretAccessKey"]).toBe(
      "sixteen letters and more ",
    );
    expect(configOf({ kind: "disk", filled: VALUES, createBucket: true })).toEqual({
      ...{ kind: "disk", name: "two", region: "eu", directory: "/mnt/two" },
    });
  });
});

describe("a backend in the table", () => {
  it("is empty when it goes on as it did", () => {
    expect(emptyAt({ atMs: 0, replicas: 100 }, { atMs: 60_000, replicas: 75 })).toEqual(new Date(240_000));
    expect(emptyAt({ atMs: 0, replicas: 100 }, { atMs: 60_000, replicas: 100 })).toBeUndefined();
    expect(emptyAt({ atMs: 0, replicas: 100 }, { atMs: 60_000, replicas: 110 })).toBeUndefined();
  });

  it("moves while it is drained", () => {
    expect(isMoving({ state: "draining", replicas: 1, status: undefined })).toBe(true);
    expect(isMoving({ state: "draining", replicas: 0, status: undefined })).toBe(false);
    expect(isMoving({ state: "attached", replicas: 1, status: undefined })).toBe(false);
  });

  it("is offered what makes sense as it stands", () => {
    expect(actionsFor({ state: "attached", condition: "in place" })).toMatchObject({ drain: true, remove: false });
    expect(actionsFor({ state: "draining", condition: "in place" })).toMatchObject({ resume: true, remove: true });
    expect(actionsFor({ state: "attached", condition: "lost" })).toMatchObject({ replace: true, remove: true });
  });

  it("tells a refusal without words of the command line", () => {
    const refusal = "b still takes new blobs: nearbucket backends drain b first";
    expect(refusalWords(refusal)).toBe("b still takes new blobs: drain it first");
    expect(refusalWords("bring it back, or give them up with --accept-loss")).toBe("bring it back, or give them up");
    expect(refusalWords("b is removed")).toBe("b is removed");
  });
});

describe("what a store did with redirected reads", () => {
  const well: Parameters<typeof redirectsVerdict>[0] = {
    publicEndpoint: "http://store",
    replayedHeaders: "tolerate",
    ...{ keyReads: true, sameStore: true, etags: true, partEtags: true },
    ...{ ranges: true, conditions: true, overrides: true },
  };

  it.each([
    ["all as it should", {}, "good", "get what they would get"],
    ["refuses headers", { replayedHeaders: "strict" as const }, "plain", "sign in headers"],
    ["has other ETags", { partEtags: false }, "plain", "through the gateway"],
    ["gives no ranges", { ranges: false }, "bad", "Nobody is redirected there"],
    ["is another store", { sameStore: false }, "bad", "Nobody is redirected there"],
    ["did not answer", { keyReads: undefined }, "plain", "did not answer"],
  ])("is told in a sentence: %s", (_what, change, tone, words) =>
    expect(redirectsVerdict({ ...well, ...change })).toEqual({ tone, words: expect.stringContaining(words) }),
  );
});
