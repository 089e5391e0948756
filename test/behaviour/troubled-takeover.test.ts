// A bucket takes over another one: a service that does not answer, or is none any more, makes nothing missing.
import { createHash, randomBytes } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { CopyObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../cli/terminal.ts";
import { forEachTakeover } from "../support/takeover-scene.ts";

vi.setConfig({ testTimeout: 60_000 });
const MIB = 1024 ** 2;
const Bucket = "photos";

const scene = forEachTakeover();

const list = () => scene().s3.send(new ListObjectsV2Command({ Bucket }));

describe("an old service in trouble", () => {
  it("makes nothing missing, and what is here is served", async () => {
    await scene().takeOver();
    await scene().store("there", "old");
    await scene().s3.send(new PutObjectCommand({ Bucket, Key: "here", Body: "new" }));
    for (const method of ["GET", "HEAD"] as const) scene().proxy.script({ method }, { do: "status", status: 500 });
    for (const key of ["there", "nowhere"])
      await expect(scene().read(key)).rejects.toMatchObject({ name: "ServiceUnavailable" });
    await expect(list()).rejects.toMatchObject({ name: "ServiceUnavailable" });
    expect(await scene().read("here")).toBe("new");
    scene().proxy.reset();
    expect(await scene().read("there")).toBe("old");
  });

  it("is one that the configuration has forgotten, too", async () => {
    await scene().takeOver({ service: "forgotten", bucket: "old" });
    await expect(scene().read("there")).rejects.toMatchObject({ name: "ServiceUnavailable" });
    await expect(list()).rejects.toMatchObject({ name: "ServiceUnavailable" });
  });

  it("is a backend that does not adopt any more, too", async () => {
    await scene().store("there", "old");
    await scene().takeOver({ service: "old", bucket: "old", inPlace: true });
    await expect(scene().read("there")).rejects.toMatchObject({ name: "ServiceUnavailable" });
    await expect(scene().read("nowhere")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("is the gateway itself, which asks itself no further", async () => {
    scene().proxy.leadTo(scene().gateway.url);
    const words = ["import", `old/${Bucket}`, "--to", Bucket, "--config", `${scene().old.directory}/nearbucket.yaml`];
    const { code, err } = await runCommand(words);
    expect(code).toBe(1);
    expect(err).toContain("A gateway takes over no bucket of its own.");
    expect(await scene().gateway.gateway.metadata.takeovers.list()).toEqual([]);
    // The configuration may lead here later on.
    await scene().takeOver({ service: "old", bucket: Bucket });
    await expect(scene().read("nowhere")).rejects.toMatchObject({ name: "ServiceUnavailable" });
    await expect(list()).rejects.toMatchObject({ name: "ServiceUnavailable" });
  });

  it("is heard no more when the takeover ends in the midst of a request", async () => {
    await scene().takeOver();
    await scene().store("late", "old");
    const held = scene().proxy.script({ method: "GET", key: /^late$/ }, { do: "hold-answer" });
    const copy = () => scene().s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/late` }));
    const copying = copy();
    await held.met;
    expect(await scene().import("--stop")).toMatchObject({ code: 0, stopped: true });
    held.release();
    await expect(copying).rejects.toMatchObject({ name: "SlowDown" });
    await expect(copy()).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("is read although the gateway's own backends are away", async () => {
    await scene().takeOver();
    const bytes = randomBytes(9 * MIB);
    await scene().store("kept nowhere", bytes);
    for (const name of ["disk-a", "disk-b"])
      await rename(join(scene().old.directory, name), join(scene().old.directory, `${name}-away`));
    expect(digest(await scene().read("kept nowhere"))).toBe(digest(bytes.toString("latin1")));
    expect(await scene().isHere("kept nowhere")).toBe(false);
  });
});

function digest(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}
