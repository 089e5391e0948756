// Gateways that take over one another's buckets: a row is read to its end, and a circle is left where it closes.
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { startTestGateway, TEST_KEY, type TestGateway } from "../support/gateway.ts";
import { startS3Proxy } from "../support/s3-proxy.ts";

vi.setConfig({ testTimeout: 60_000 });
const Bucket = "photos";

/** A gateway whose bucket takes over the same of another service. */
async function startBefore(endpoint: string): Promise<TestGateway> {
  const sources = [{ name: "next", endpoint, ...TEST_KEY }];
  const gateway = await startTestGateway({ config: { sources } });
  await gateway.s3.send(new CreateBucketCommand({ Bucket }));
  const { buckets } = gateway.gateway.metadata;
  const takesOver = { service: "next", bucket: Bucket };
  const bucket = await buckets.find(Bucket);
  await buckets.updateSettings(bucket?.id ?? 0, (settings) => ({ ...settings, takesOver }));
  return gateway;
}

async function read({ s3 }: TestGateway, Key: string): Promise<string | undefined> {
  return (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
}

async function keysOf({ s3 }: TestGateway): Promise<readonly unknown[]> {
  return ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);
}

it("a row is read to its end", async () => {
  await using last = await startTestGateway();
  await last.s3.send(new CreateBucketCommand({ Bucket }));
  await last.s3.send(new PutObjectCommand({ Bucket, Key: "far", Body: "from the last" }));
  await using middle = await startBefore(last.url);
  await using front = await startBefore(middle.url);
  expect(await keysOf(front)).toEqual(["far"]);
  expect(await read(front, "far")).toBe("from the last");
  await expect(read(front, "nowhere")).rejects.toMatchObject({ name: "NoSuchKey" });
});

it("a circle is left where it closes", async () => {
  await using proxy = await startS3Proxy("http://127.0.0.1:9");
  await using one = await startBefore(proxy.url);
  await using other = await startBefore(one.url);
  proxy.leadTo(other.url);
  // What fails is tried a few times.
  const again = proxy.script({ nth: 20 }, { do: "status", status: 503 });
  const goesOn = again.met.then(() => "goes on");
  const outcomeOf = (asked: Promise<unknown>) => asked.then(String, (error: Error) => error.name);
  for (const ask of [() => read(one, "nowhere"), () => keysOf(other)])
    expect(await Promise.race([outcomeOf(ask()), goesOn])).toBe("ServiceUnavailable");
});
