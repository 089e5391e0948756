// Each kind in the configuration opens the matching backend.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";

const placed = { name: "far", region: "there", capacity: 3 };
const reached = {
  ...placed,
  endpoint: "http://127.0.0.1:1",
  publicEndpoint: "http://public",
  bucket: "blobs",
  accessKeyId: "key",
  secretAccessKey: "secret",
};

describe("a backend of the configuration", () => {
  it("of kind s3 redirects as configured", async () => {
    const backend = await openBackend({ kind: "s3", ...reached, replayedHeaders: "strict" });
    expect(backend).toMatchObject({
      ...placed,
      traits: { publicEndpoint: "http://public", replayedHeaders: "strict", honoursEmbeddedHeaders: false },
    });
    await backend.close();
  });

  it("of kind node tolerates replayed headers and honours embedded ones", async () => {
    const backend = await openBackend({ kind: "node", ...reached });
    expect(backend.traits).toEqual({
      publicEndpoint: "http://public",
      replayedHeaders: "tolerate",
      honoursEmbeddedHeaders: true,
    });
    await backend.close();
  });

  it("of kind disk or memory never redirects", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nearbucket-kinds-"));
    const options = { now: new Date(), expiresSeconds: 60, responseOverrides: {}, replyHeaders: {} };
    for (const backend of [
      await openBackend({ kind: "disk", ...placed, directory }),
      await openBackend({ kind: "memory", ...placed }),
    ]) {
      expect(backend).toMatchObject({
        ...placed,
        traits: { publicEndpoint: undefined, honoursEmbeddedHeaders: false },
      });
      expect(backend.signedUrl("k", options)).toBeUndefined();
      await backend.close();
    }
    await rm(directory, { recursive: true });
  });

  it.each(["store.example", "ftp://store", "http://store/path", "http://u:p@store", "http://store?x"])(
    "refuses the endpoint %j",
    async (endpoint) => {
      await expect(openBackend({ kind: "s3", ...reached, endpoint, replayedHeaders: "strict" })).rejects.toThrow();
    },
  );
});
