// Clients that read slowly what is not here yet delay nobody who needs it, or anything else, here.
import { randomBytes } from "node:crypto";
import type http from "node:http";
import { GetObjectCommand, PutObjectTaggingCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { forEachTakeover } from "../support/takeover-scene.ts";

vi.setConfig({ testTimeout: 60_000 });
const MIB = 1024 ** 2;
const Bucket = "photos";

const scene = forEachTakeover();

it("comes for whatever needs it here although others are read slowly", async () => {
  await scene().takeOver();
  const slow = Array.from({ length: 8 }, (_, at) => `slow ${at}`);
  for (const key of slow) await scene().store(key, randomBytes(12 * MIB));
  await scene().store("tagged", "tagged");
  const bodies = await Promise.all(
    slow.map(
      async (Key) => (await scene().s3.send(new GetObjectCommand({ Bucket, Key }))).Body as http.IncomingMessage,
    ),
  );
  const tags = { TagSet: [{ Key: "x", Value: "y" }] };
  await scene().s3.send(new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: tags }));
  expect(await scene().isHere("tagged")).toBe(true);
  for (const body of bodies) body.destroy();
});

it("comes at once for whatever needs it here, and is read to its end, although it is read slowly", async () => {
  await scene().takeOver();
  const bytes = randomBytes(24 * MIB);
  await scene().store("slow", bytes);
  const { Body } = await scene().s3.send(new GetObjectCommand({ Bucket, Key: "slow" }));
  const tags = { TagSet: [{ Key: "x", Value: "y" }] };
  await scene().s3.send(new PutObjectTaggingCommand({ Bucket, Key: "slow", Tagging: tags }));
  expect(await scene().isHere("slow")).toBe(true);
  expect(bytes.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
});
