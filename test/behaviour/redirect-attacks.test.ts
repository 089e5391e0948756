// What somebody could try with redirects: the URL for something else, words of his own in requests, and headers in values.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { startMinio } from "../support/minio.ts";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { describeWith } from "../support/programs.ts";
import { presign, signedFetch } from "../support/sign.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const ALWAYS = { "x-nearbucket-redirect": "always" };

interface Far extends AsyncDisposable {
  readonly url: string;
  readonly publicUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

async function startNode(): Promise<Far> {
  const node = await startTestGateway({ backends: 1, config: { role: "node" } });
  return { ...node, publicUrl: `http://localhost:${node.port}` };
}

const KINDS = [
  ["node", { kind: "node" }, startNode],
  ["MinIO", { kind: "s3", replayedHeaders: "tolerate" }, () => startMinio({ buckets: ["store"] })],
] as const;

describeWith(["minio"], "a redirect", () => {
  describe.each(KINDS)("to a %s", (_name, kind, start) => {
    let far: Far;
    let on: OpenBucket;
    beforeAll(async () => {
      far = await start();
      const { url: endpoint, publicUrl: publicEndpoint, accessKeyId, secretAccessKey } = far;
      const reached = { endpoint, publicEndpoint, bucket: "store", accessKeyId, secretAccessKey };
      on = await openBucket({
        backends: [{ ...kind, name: "far", region: "r", ...reached }],
        config: { copies: 1 },
      });
      await on.put("k", "0123456789");
      await on.put("other", "abcdefghij");
    });
    afterAll(async () => {
      await on[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
    });

    const locate = async (key = "k", query = "") =>
      new URL(String((await on.get(key, ALWAYS, query)).headers["location"]));

    it("has a URL for one blob and for reading it", async () => {
      const [url, other] = [await locate("k"), await locate("other")];
      expect((await fetch(url)).status).toBe(200);
      const bent = new URL(url);
      bent.pathname = other.pathname;
      expect((await fetch(bent)).status).toBe(403);
      bent.pathname = "/store/nearbucket-identity";
      expect((await fetch(bent)).status).toBe(403);
      bent.pathname = "/store";
      expect((await fetch(bent)).status).toBe(403);
      for (const method of ["PUT", "DELETE", "HEAD"])
        expect([method, (await fetch(url, { method })).status]).toEqual([method, 403]);
      expect(await (await fetch(url)).text()).toBe("0123456789");
    });

    it("has a URL that nothing can be added to or taken from", async () => {
      const { href } = await locate("k", "response-content-type=text%2Fplain");
      for (const change of [
        [/response-content-type=[^&]*/, "response-content-type=text%2Fhtml"],
        [/$/, "&response-content-disposition=attachment"],
        [/$/, "&x-nearbucket-reply=e30"],
        [/X-Amz-Expires=\d+/, "X-Amz-Expires=604800"],
        [/X-Amz-SignedHeaders=host/, "X-Amz-SignedHeaders="],
      ] as const)
        expect([change[1], [400, 403].includes((await fetch(href.replace(change[0], change[1]))).status)]).toEqual([
          change[1],
          true,
        ]);
    });

    it("has a URL that ends", async () => {
      const { url: endpoint, accessKeyId, secretAccessKey } = on.gateway;
      const request = { path: `/${BUCKET}/k`, expiresIn: 2 };
      const presigned = presign({ endpoint, accessKeyId, secretAccessKey, now: () => new Date() }, request);
      const redirect = await fetch(presigned, { headers: ALWAYS, redirect: "manual" });
      const url = redirect.headers.get("location") ?? "";
      expect([redirect.status, Number(new URL(url).searchParams.get("X-Amz-Expires")) <= 2]).toEqual([307, true]);
      await expect.poll(async () => (await fetch(url)).status, { timeout: 10_000, interval: 200 }).toBe(403);
    });

    it("leads where the configuration says, whatever the request says of hosts", async () => {
      const request = signedFetch({ endpoint: on.gateway.url, ...on.gateway.clientConfig.credentials });
      for (const headers of [
        { host: "evil.example" },
        { "x-forwarded-host": "evil.example", "x-forwarded-proto": "http" },
        { forwarded: "for=192.0.2.1;host=evil.example;proto=http" },
        { "x-forwarded-for": "192.0.2.1", "x-original-host": "evil.example" },
      ]) {
        const answer = await request({ path: `/${BUCKET}/k`, headers: { ...headers, ...ALWAYS } });
        if (answer.status === 307) expect(new URL(String(answer.headers["location"])).origin).toBe(far.publicUrl);
        expect(JSON.stringify([answer.headers, answer.text])).not.toContain("evil");
      }
    });

    it("is kept by no cache", async () => {
      const { headers } = await on.get("k", ALWAYS);
      expect(headers["cache-control"]).toBe("no-store");
    });

    it("carries words of the client as text only, and none that would end a header", async () => {
      const injected = await on.get("k", ALWAYS, "response-content-type=a%0d%0aset-cookie:%20a=b");
      expect([injected.status, injected.headers["location"]]).toEqual([400, undefined]);
      const name = "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe";
      const url = await locate("k", `response-content-disposition=${encodeURIComponent(name)}`);
      const answer = await fetch(url);
      expect(answer.headers.get("content-disposition")).toBe(name);
      const meta = {
        method: "PUT",
        path: `/${BUCKET}/meta`,
        query: { "x-amz-meta-a": "b\r\nset-cookie: c=d" },
        body: "x",
      };
      const { url: endpoint, accessKeyId, secretAccessKey } = on.gateway;
      const put = await fetch(presign({ endpoint, accessKeyId, secretAccessKey }, meta), { method: "PUT", body: "x" });
      expect(put.status).toBe(400);
      await on.put("named", "0123456789", { "x-amz-meta-name": "Grüße, 世界" });
      const redirect = await on.get("named", ALWAYS);
      const told = Buffer.from(String(redirect.headers["x-nearbucket-set-x-amz-meta-name"]), "latin1").toString();
      expect(told).toBe("Grüße, 世界");
    });

    it("comes to nobody who may not read, however he asks", async () => {
      const agent = { "user-agent": "any nearbucket-redirect/1 nearbucket-follow/1" };
      for (const headers of [ALWAYS, agent, { ...ALWAYS, ...agent }]) {
        const anonymous = await on.call("GET", "k", { headers, authentication: "anonymous" });
        expect([anonymous.status, anonymous.headers["location"]]).toEqual([403, undefined]);
        const names = Object.keys(anonymous.headers);
        expect(names.filter((name) => name.startsWith("x-nearbucket-"))).toEqual([]);
      }
      const outside = await on.get("k", {}, "x-nearbucket-reply=eyJldGFnIjoiXCJ4XCIifQ");
      expect(outside.headers["etag"]).not.toContain("x");
    });

    it("cannot be had by asking where the gateway's own word is another", async () => {
      const { accessKeyId, secretAccessKey, url: endpoint } = on.gateway;
      const asked = { ...ALWAYS, "user-agent": "any nearbucket-follow/1" };
      const https = { ...asked, "x-forwarded-proto": "https" };
      const answer = await signedFetch({ endpoint, accessKeyId, secretAccessKey })({
        path: `/${BUCKET}/k`,
        headers: https,
      });
      expect(answer.headers["x-nearbucket-served"]).toMatch(/reason=6-host$/);
      expect((await on.get("k", asked, "partNumber=1")).status).toBe(206);
    });
  });
});
