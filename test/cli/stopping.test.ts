// The end of a gateway as load balancers see it: not ready first, then gone. The built program, in its own process.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished } from "vitest";
import { startGatewayProcess } from "../support/gateway-process.ts";

const LONGER_THAN_ANY_TEST = 3600;

async function startStopping(delaySeconds: number) {
  const regions = ["one", "two"].map((name) => ({ name, latitude: 0, longitude: 0 }));
  const backends = regions.map(({ name }) => ({ kind: "memory" as const, name, region: name }));
  const gateway = await startGatewayProcess({ regions, backends, shutdown: { delaySeconds } });
  onTestFinished(async () => {
    await gateway.kill();
    await gateway[Symbol.asyncDispose]();
  });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  return gateway;
}

it("is not ready once it is asked to stop, and serves until the delay is over", async () => {
  const { url, s3, server } = await startStopping(LONGER_THAN_ANY_TEST);
  const ended = server.stop();
  const ready = async () => (await fetch(`${url}/-/ready`)).status;
  await expect.poll(ready, { timeout: 10_000 }).toBe(503);
  expect(await (await fetch(`${url}/-/ready`)).json()).toMatchObject({ stopping: true, reads: true, writes: true });
  // Also for who connects only now.
  await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "late", Body: "written while it stops" }));
  expect((await fetch(`${url}/-/health`)).status).toBe(200);
  expect(server.said()).toContain("stopping in 3600 s");
  process.kill(server.pid, "SIGINT");
  expect(await ended).toBe(130);
});

it("ends by itself when the delay is over, as it does at once without one", async () => {
  for (const delaySeconds of [1, 0]) expect(await (await startStopping(delaySeconds)).server.stop()).toBe(0);
});
