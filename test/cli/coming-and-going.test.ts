import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import {
  at,
  attachC,
  backends,
  command,
  configure,
  entry,
  gateway,
  listed,
  send,
  start,
  store,
  until,
  WITHIN,
} from "./over-disks.ts";

describe("nearbucket backends", () => {
  it("counts on no other copy that was not seen for longer than the configured grace", async () => {
    await start();
    await store("key");
    await backends("drain", "a");
    await gateway?.stop();
    await configure(["a", "b"], { repair: { graceMinutes: 0.0001 } });
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("have their only good copy on a"),
    });
    await configure(["a", "b"]);
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("fewer copies than they should"),
    });
  });

  it("drains, resumes and removes, but removes nothing that stands only there", async () => {
    await start();
    await store("key");
    expect(await backends("remove", "a")).toMatchObject({ code: 1, err: expect.stringContaining("drain a first") });
    expect((await backends("drain", "a")).code).toBe(0);
    expect(await entry("a")).toMatchObject({ state: "draining" });
    expect((await backends("resume", "a")).code).toBe(0);
    expect(await entry("a")).toMatchObject({ state: "attached" });
    await backends("drain", "a");
    await backends("drain", "b");
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 blobs (14 bytes) have their only good copy on a"),
    });
    await backends("resume", "b");
    // One that is left cannot hold two copies, however long anybody waits.
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("fewer copies than they should without a: attach a backend for them, or wait"),
    });
    await attachC();
    await vi.waitFor(async () => expect((await backends("remove", "a")).code).toBe(0), WITHIN);
    expect(await entry("a")).toMatchObject({
      state: "removed",
      replicas: 0,
      note: "removed, but still configured: it is not used",
    });
    expect((await send({ path: "/bucket/key" })).text).toBe("content of key");
  });

  it("removes none that holds one of too few copies, and asks repair to look", async () => {
    await start();
    await store("key");
    await attachC();
    await gateway?.stop();
    await backends("drain", "a");
    expect(await backends("remove", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 blobs (14 bytes) would have fewer copies than they should without a"),
    });
    expect(await entry("a")).toMatchObject({ state: "draining", replicas: 1 });
    await start();
    await vi.waitFor(async () => expect((await backends("remove", "a")).code).toBe(0), WITHIN);
    expect(await entry("c")).toMatchObject({ replicas: 1 });
    // Looked at is what was attached too, and not what was removed.
    const { code, out } = await backends("check", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject(["b", "c"].map((name) => ({ name, condition: "in place", writable: true })));
  });

  it("attaches one that is not in the configuration, and keeps it sealed", async () => {
    await start();
    await attachC();
    const { findings } = JSON.parse((await command(["doctor", "--json"])).out);
    const together = "one device holds the disk of a and the disk of b and the disk of c: they are lost together";
    expect(findings).toContainEqual(expect.objectContaining({ check: "devices", says: together }));
    await backends("drain", "a");
    const put = async (key: string) => (await send({ method: "PUT", path: `/bucket/${key}`, body: key })).status;
    await send({ method: "PUT", path: "/bucket" });
    await vi.waitFor(async () => {
      await put(`key-${Math.random()}`);
      expect(await entry("c")).toMatchObject({ replicas: expect.any(Number) });
      expect((await entry("c"))?.["replicas"]).toBeGreaterThan(0);
    }, WITHIN);
    expect((await readFile(at("metadata.sqlite"))).includes(at("c"))).toBe(false);
    expect((await command(["keys", "rotate-encryption"])).out).toContain("sealed 1 secret anew");
    await gateway?.stop();
    await start();
    await until("c", { state: "attached", condition: "in place" });
    expect((await backends("check", "c")).code).toBe(0);
    expect(await put("after")).toBe(200);
  });

  it.each([
    ["a fault in it", "z", "{ kind: disk, region: nowhere }", "directory: missing"],
    [
      "a region that is not configured",
      "z",
      "{ kind: disk, region: nowhere, directory: /z }",
      "expected the name of one",
    ],
    ["another name in it", "z", "{ kind: disk, name: y, region: c, directory: /z }", "called y there"],
    ["the name of a configured one", "a", "{ kind: memory, region: c }", "a is in the configuration"],
    ["no keys", "z", "nothing", "expected YAML with the keys of one backend"],
  ])("attaches nothing that has %s", async (_, name, text, reason) => {
    await start();
    const attached = await command(["backends", "attach", name, "--from", "-"], text);
    expect(attached).toMatchObject({ code: 1, err: expect.stringContaining(reason) });
    expect(await listed()).toHaveLength(2);
  });

  it("attaches no store that is another backend, nor one with blobs of others", async () => {
    await start();
    const same = await command(
      ["backends", "attach", "z", "--from", "-"],
      `{ kind: disk, region: c, directory: ${at("a")} }`,
    );
    expect(same).toMatchObject({ code: 1, err: expect.stringContaining("it is the same store as a") });
    const foreign = await openDiskBackend({ name: "foreign", region: "x", directory: at("z") });
    await foreign.establish("foreign-identity");
    await put(foreign, "blobs/ab/one", Buffer.from("theirs"));
    const taken = await command(
      ["backends", "attach", "z", "--from", "-"],
      `{ kind: disk, region: c, directory: ${at("z")} }`,
    );
    expect(taken).toMatchObject({ code: 1, err: expect.stringContaining("blobs that this database does not know") });
  });
});
