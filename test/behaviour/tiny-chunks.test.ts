// A body of tiny chunks takes no more memory than the body itself.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { forgetPeak, peakMiB } from "../bench/memory.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { signedFetch } from "../support/sign.ts";

const MIB = 1024 ** 2;

describe.runIf(existsSync("/proc/self/clear_refs"))("8 MiB sent as chunks of one byte", () => {
  it("are refused soon, and memory stays where it was", { timeout: 60_000 }, async () => {
    await using gateway = await startGatewayProcess({
      metadata: { kind: "sqlite", file: "metadata.sqlite" },
      encryptionKey: "a key for tests, sixteen and more",
      regions: [{ name: "here", latitude: 0, longitude: 0 }],
      backends: [{ kind: "memory", name: "only", region: "here" }],
      copies: 1,
    });
    const fetch = signedFetch({ endpoint: gateway.url, ...gateway });
    await fetch({ method: "PUT", path: "/bucket" });
    const put = (size: number) => {
      const chunk = `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
      return fetch({
        method: "PUT",
        path: "/bucket/key",
        payload: "unsigned",
        headers: {
          "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
          "x-amz-decoded-content-length": String(8 * MIB),
        },
        body: Buffer.from(`${chunk.repeat((8 * MIB) / size)}0\r\n\r\n`),
      });
    };
    expect((await put(8192)).status).toBe(200);
    await forgetPeak(gateway.server.pid);
    const before = await peakMiB(gateway.server.pid);
    for (let turn = 0; turn < 3; turn++)
      expect(await put(1)).toMatchObject({ status: 400, code: "InvalidChunkSizeError" });
    expect((await peakMiB(gateway.server.pid)) - before).toBeLessThan(64);
  });
});
