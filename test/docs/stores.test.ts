// docs/stores.md: each store's block is a configuration without faults, its policies are those of compose/, and the
// block of MinIO works as it stands there with the two users that compose/make-users.sh makes.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { gatewayPolicy, redirectPolicy } from "../../src/cli/minio-users.ts";
import { readConfig } from "../../src/config/load.ts";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { startTestGateway } from "../support/gateway.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { presign } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { examples, ROOT } from "./examples.ts";

type Backends = GatewayConfigInput["backends"];

const STORE_SECRET = randomBytes(20).toString("hex");
const STORE_REDIRECT_SECRET = randomBytes(20).toString("hex");
const blocks = examples("yaml", "store");

it("gives a configuration without faults for each store, alone and all together", () => {
  const head =
    "rootKey: { accessKeyId: root, secretAccessKey: a root secret }\ncopies: 1\n" +
    "regions: [{ name: amsterdam, latitude: 52.37, longitude: 4.90 }]\nbackends:\n";
  const names = blocks.flatMap(({ text }) => [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]));
  const env = Object.fromEntries(names.map((name) => [name, "a-value-of-some-length"]));
  for (const text of [...blocks.map((block) => block.text), blocks.map((block) => block.text).join("")]) {
    const checked = readConfig(head + text, "/etc", env);
    expect("faults" in checked ? checked.faults : []).toEqual([]);
  }
  expect(blocks).toHaveLength(6);
});

it("gives the policies that the tests run", () => {
  const policies = ["gateway", "redirect"].map((mark) => examples("json", mark).map(({ text }) => JSON.parse(text)));
  expect(policies).toEqual([[gatewayPolicy("blobs")], [redirectPolicy("blobs")]]);
});

/** The page's block with this MinIO's addresses, and its users made. */
async function attach(minio: Minio, name: string): Promise<Backends[number]> {
  const { url, publicUrl, accessKeyId, secretAccessKey } = minio;
  await run("/bin/sh", [join(ROOT, "compose/make-users.sh"), url], {
    env: {
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      STORE_SECRET,
      STORE_REDIRECT_SECRET,
      MC_CONFIG_DIR: await temporaryDirectory(),
    },
  });
  const text = (blocks.find((block) => /\$\{STORE_SECRET\}/.test(block.text))?.text ?? "")
    .replace("http://10.1.0.5:9000", url)
    .replace("https://ams.store.example", publicUrl)
    .replace(/\$\{STORE_SECRET\}/, STORE_SECRET)
    .replace(/\$\{STORE_REDIRECT_SECRET\}/, STORE_REDIRECT_SECRET);
  const [block] = parse(text) as Backends;
  if (block === undefined) throw new Error("the page has no block of MinIO");
  return { ...block, name, region: name };
}

describeWith(["minio", "mc"], "the block of MinIO", () => {
  it("takes parts of unequal size and sends a client to a copy that only the second key signed", async () => {
    await using one = await startMinio();
    await using other = await startMinio();
    const backends = [await attach(one, "amsterdam"), await attach(other, "toronto")];
    await using gateway = await startTestGateway({ backends });
    const at = { Bucket: "films", Key: "film" };
    await gateway.s3.send(new CreateBucketCommand(at));
    const { UploadId } = await gateway.s3.send(new CreateMultipartUploadCommand(at));
    const bodies = [6, 5, 7].map((mebibytes) => randomBytes(mebibytes * 1024 ** 2));
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await gateway.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
      Parts.push({ PartNumber, ETag });
    }
    await gateway.s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));

    const url = presign({ endpoint: gateway.url, ...gateway }, { path: "/films/film" });
    const sent = await fetch(url, { redirect: "manual", headers: { "x-nearbucket-redirect": "always" } });
    expect(sent.status).toBe(307);
    const target = new URL(sent.headers.get("location") ?? "");
    expect([one.publicUrl, other.publicUrl]).toContain(target.origin);
    expect(target.searchParams.get("X-Amz-Credential")).toMatch(/^nearbucket-redirect\//);
    const bytes = Buffer.from(await (await fetch(target)).arrayBuffer());
    expect(bytes.equals(Buffer.concat(bodies))).toBe(true);
  });
});
