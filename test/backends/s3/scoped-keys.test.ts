// The two users that compose/make-users.sh creates on a real MinIO: one can do everything that a gateway needs, the
// other can only answer redirects.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examineBackend } from "../../../src/admin/checks/backend.ts";
import { checkCrossOrigin } from "../../../src/admin/checks/cross-origin.ts";
import { checkRedirect } from "../../../src/admin/checks/redirect.ts";
import { adoptedKey } from "../../../src/backends/adopted-key.ts";
import type { S3Backend } from "../../../src/backends/s3/backend.ts";
import { gatewayPolicy, redirectPolicy } from "../../../src/cli/minio-users.ts";
import { backendContract, failure, put } from "../../contracts/backend-contract.ts";
import { IDENTITY } from "../../contracts/identity-contract.ts";
import { knownBy } from "../../support/known-by.ts";
import { type Minio, startMinio } from "../../support/minio.ts";
import { describeWith } from "../../support/programs.ts";
import { run } from "../../support/run.ts";
import { signedFetch } from "../../support/sign.ts";
import { backendAt } from "./support.ts";

const COMPOSE = join(import.meta.dirname, "../../../compose");
/** Of an object that another backend adopted. */
const COPY = adoptedKey("elsewhere", "one") ?? "";
const STORE_SECRET = randomBytes(20).toString("hex");
const STORE_REDIRECT_SECRET = randomBytes(20).toString("hex");

/** Run twice: that must change nothing. */
async function makeUsers({ url, accessKeyId, secretAccessKey }: Minio): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-mc-"));
  const env = {
    MINIO_ROOT_USER: accessKeyId,
    MINIO_ROOT_PASSWORD: secretAccessKey,
    STORE_SECRET,
    STORE_REDIRECT_SECRET,
    MC_CONFIG_DIR: directory,
  };
  for (let time = 0; time < 2; time += 1) await run("/bin/sh", [join(COMPOSE, "make-users.sh"), url], { env });
  await rm(directory, { recursive: true, force: true });
}

const scopedBackend = ({ url, publicUrl }: Minio) =>
  backendAt(url, {
    publicEndpoint: publicUrl,
    accessKeyId: "nearbucket",
    secretAccessKey: STORE_SECRET,
    redirectAccessKeyId: "nearbucket-redirect",
    redirectSecretAccessKey: STORE_REDIRECT_SECRET,
  });

describe("the policies of compose/", () => {
  it("are those of the demo", async () => {
    const policy = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(COMPOSE, name), "utf8"));
    expect(await policy("gateway-policy.json")).toEqual(gatewayPolicy("blobs"));
    expect(await policy("redirect-policy.json")).toEqual(redirectPolicy("blobs"));
  });
});

describeWith(["minio", "mc"], "the gateway's user on MinIO", () => {
  backendContract("MinIO, by a user of its own", async () => {
    const minio = await startMinio();
    await makeUsers(minio);
    const backend = scopedBackend(minio);
    return {
      backend,
      close: async () => {
        await backend.close();
        await minio[Symbol.asyncDispose]();
      },
    };
  });
});

describeWith(["minio"], "a MinIO that was emptied", () => {
  it("does not know the gateway's user, and is said to need it again", async () => {
    await using minio = await startMinio();
    const backend = scopedBackend(minio);
    const refusal = async () => (await failure(backend.probe(AbortSignal.timeout(10_000), IDENTITY))).message;
    // At its start it does not know yet which users it has.
    await expect
      .poll(refusal, { timeout: 30_000 })
      .toMatch(/^far: refused: InvalidAccessKeyId: .* needs its user and bucket again$/);
    await backend.close();
  });
});

describeWith(["minio", "mc"], "the user for redirects on MinIO", () => {
  const bytes = randomBytes(10_000);
  let minio: Minio;
  let backend: S3Backend;
  beforeAll(async () => {
    minio = await startMinio({ buckets: ["other"] });
    await makeUsers(minio);
    backend = scopedBackend(minio);
    await backend.establish(IDENTITY);
    await put(backend, "blobs/ab/one", bytes);
    await put(backend, COPY, bytes);
  });
  afterAll(async () => {
    await backend.close();
    await minio[Symbol.asyncDispose]();
  });

  it.each(["blobs/ab/one", COPY])("signs URLs that are answered with the bytes: %s", async (key) => {
    const options = { now: new Date(), expiresSeconds: 60, responseOverrides: {}, replyHeaders: {} };
    const url = backend.signedUrl(key, options) ?? "";
    expect(url).toContain("X-Amz-Credential=nearbucket-redirect%2F");
    const answer = await fetch(url, { headers: { range: "bytes=5-9" } });
    expect(answer.status).toBe(206);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(5, 10))).toBe(true);
  });

  it("is found good by the doctor, which leaves nothing behind", async () => {
    const { findings } = await examineBackend(backend, knownBy(IDENTITY), async (key) => [
      ...(await checkRedirect({ far: backend, near: backend, trust: {}, key })),
      ...(await checkCrossOrigin({ far: backend, key, isDeclared: true })),
    ]);
    expect(findings.map(({ level, check }) => `${level} ${check}`)).toEqual([
      "ok identity",
      "ok exchange",
      "ok range",
      "ok list",
      "ok etag",
      "ok multipart",
      "ok redirect",
      // MinIO lets pages of any origin read, unless it is told otherwise.
      "ok cross-origin",
    ]);
    const listed: string[] = [];
    for await (const { key } of backend.list("")) listed.push(key);
    expect(listed.filter((key) => key.includes("doctor"))).toEqual([]);
  });

  it("is found to read and not to write, unlike one that may do both", async () => {
    const tried = (one: S3Backend) => one.tryRedirects(AbortSignal.timeout(10_000));
    expect(await tried(backend)).toMatchObject({ keyReads: true, keyReadsOnly: true, sameStore: true });
    const { url, publicUrl: publicEndpoint, accessKeyId, secretAccessKey } = minio;
    const writer = { redirectAccessKeyId: "nearbucket", redirectSecretAccessKey: STORE_SECRET };
    const other = backendAt(url, { publicEndpoint, accessKeyId, secretAccessKey, ...writer });
    expect(await tried(other)).toMatchObject({ keyReads: true, keyReadsOnly: false });
    await other.close();
  });

  it.each([
    { method: "PUT", path: "/blobs/blobs/ab/one", body: "x" },
    { method: "PUT", path: "/blobs/new", body: "x" },
    { method: "POST", path: "/blobs/new?uploads" },
    { method: "DELETE", path: "/blobs/blobs/ab/one" },
    { method: "GET", path: "/blobs/?list-type=2" },
    { method: "GET", path: "/blobs/?uploads" },
    { method: "GET", path: "/other/one" },
    { method: "GET", path: "/blobs/nearbucket-identity" },
    { method: "PUT", path: "/third" },
  ])("may not $method $path", async (request) => {
    const key = { accessKeyId: "nearbucket-redirect", secretAccessKey: STORE_REDIRECT_SECRET };
    const refused = await signedFetch({ endpoint: minio.url, ...key })(request);
    expect([refused.status, refused.code]).toEqual([403, "AccessDenied"]);
  });
});
