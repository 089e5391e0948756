// Backends on the command line, beside a gateway that runs: what is listed, and what an operator can do with a lost one.
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import {
  at,
  attachC,
  backends,
  configure,
  endpoint,
  entry,
  gateway,
  listed,
  lose,
  remotely,
  send,
  start,
  store,
  until,
  WITHIN,
} from "./over-disks.ts";
import { startCommand } from "./terminal.ts";

describe("nearbucket backends", () => {
  it("lists what is registered, in place and held, and checks it", async () => {
    await start();
    await store("key");
    expect(await listed()).toMatchObject(
      ["a", "b"].map((name) => ({
        name,
        kind: "disk",
        region: name,
        state: "attached",
        condition: "in place",
        replicas: 1,
        bytes: 14,
      })),
    );
    const told = (await backends("list", "--gateway", endpoint)).out;
    expect(told).toMatch(/^a +disk +a +attached +in place +- +1 +14 B$/m);
    expect((await backends("list")).out).toMatch(/^a +disk +a +attached +seen \d+ s ago +- +1 +14 B$/m);
    expect((await backends("show", "a", "--gateway", endpoint)).out).toMatch(
      /^name +a\nkind +disk\nregion +a\nstate +attached\ncondition +in place\nreplicas +1 \(14 B\)\nredirects +never tried$/m,
    );
    expect(JSON.parse((await backends("show", "b", "--json")).out)).toMatchObject({ name: "b", kind: "disk" });
    expect(await backends("show", "c")).toMatchObject({ code: 1, err: "nearbucket: there is no backend c\n" });
    const checked = await backends("check", "--json");
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject(
      ["a", "b"].map((name) => ({ name, condition: "in place", writable: true })),
    );
  });

  it("tells of a lost disk, and gives its place to an empty one", async () => {
    await start();
    await store("key");
    await lose("a");
    await until("a", { condition: "lost", state: "attached", replicas: 1 });
    const checked = await backends("check", "a");
    expect(checked).toMatchObject({ code: 1, err: "nearbucket: not as it should be: a\n" });
    expect(checked.out).toMatch(/^a +lost +no +.*it shows no identity/m);
    const replaced = await backends("replace", "a");
    expect(replaced).toMatchObject({ code: 0, out: expect.stringContaining("1 replicas are copied anew") });
    expect(replaced.err).toContain('"change":"backends replace"');
    await until("a", { condition: "in place", state: "attached" });
    expect((await backends("check", "a")).code).toBe(0);
    await vi.waitFor(
      async () => expect((await send({ method: "PUT", path: "/bucket/new", body: "new" })).status).toBe(200),
      WITHIN,
    );
    expect((await send({ path: "/bucket/key" })).text).toBe("content of key");
  });

  it("drains one until it can be removed, and removes it", async () => {
    await start(["a", "b", "c"]);
    for (const key of ["one", "two", "three"]) await store(key);
    const full = (await listed()).find((one) => one["replicas"] !== 0);
    const name = String(full?.["name"]);
    const drained = await backends("drain", name, "--wait", "--json");
    expect(drained.code).toBe(0);
    const said = drained.out.trimEnd().split("\n");
    const documents = said.map((line) => JSON.parse(line));
    expect(documents.at(-1)).toEqual({ backend: name, blobs: 0, objects: 0, bytes: 0 });
    expect(await backends("remove", name)).toMatchObject({ code: 0 });
    for (const key of ["one", "two", "three"]) expect((await send({ path: `/bucket/${key}` })).status).toBe(200);
  });

  it("goes on draining when waiting for it is stopped", async () => {
    await start(["a", "b", "c"]);
    await store("key");
    const name = String((await listed()).find((one) => one["replicas"] !== 0)?.["name"]);
    await gateway?.stop();
    const waiting = startCommand(["backends", "drain", name, "--wait", "--config", at("nearbucket.yaml")]);
    // No gateway copies its blob: it never ends.
    const told = `${name}: 1 blob, 14 B, to be copied elsewhere`;
    await vi.waitFor(() => expect(waiting.complained()).toContain(told), WITHIN);
    expect(await waiting.stop()).toBe(130);
    expect(waiting.printed()).toContain(`${name} is draining`);
    expect(await entry(name)).toMatchObject({ state: "draining" });
  });

  it("says beforehand that too few others are there to take its copies, and does not wait for them", async () => {
    await start();
    // There is nothing to be copied yet.
    expect((await backends("drain", "a", "--wait")).out).toBe("a can be removed: nearbucket backends remove a\n");
    await backends("resume", "a");
    await store("key");
    const stuck = "the others cannot take all of its copies: 1 more backend must be attached, or come back";
    for (const ask of [backends, (...words: string[]) => remotely("backends", ...words)]) {
      expect(await ask("drain", "a")).toMatchObject({ code: 0, out: `a is draining, but ${stuck}\n` });
      const waiting = await ask("drain", "a", "--wait", "--json");
      expect(waiting).toMatchObject({ code: 1, out: '{"backend":"a","backendsMissing":1,"missingIn":[]}\n' });
      expect(waiting.err).toContain(`nearbucket: a is draining, but waiting would not end: ${stuck}\n`);
    }
    await attachC();
    expect(await backends("drain", "a", "--wait")).toMatchObject({ code: 0, out: expect.stringContaining("removed") });
  });

  it("says in which region another one is missing, where bytes may not stand in others", async () => {
    await start(["a", "b", "c"]);
    await send({ method: "PUT", path: "/bucket" });
    expect(await remotely("buckets", "set", "bucket", "--placement", "a,b")).toMatchObject({ code: 0 });
    await store("key");
    const stuck = "the others cannot take all of its copies: 1 more backend in a or b must be attached, or come back";
    for (const ask of [backends, (...words: string[]) => remotely("backends", ...words)]) {
      expect(await ask("drain", "a")).toMatchObject({ code: 0, out: `a is draining, but ${stuck}\n` });
      expect(JSON.parse((await ask("drain", "a", "--json")).out)).toEqual({
        ...{ backend: "a", backendsMissing: 1, missingIn: [{ backends: 1, regions: ["a", "b"] }] },
      });
    }
  });

  it("does not make the directory of a disk that is not there, and keeps what the database says of it", async () => {
    await start();
    await store("key");
    await rename(at("a"), at("a-unmounted"));
    await until("a", { condition: "lost" });
    expect(await backends("replace", "a")).toMatchObject({
      code: 1,
      err: `nearbucket: ${at("a")} is not there: mount the disk, or make an empty directory for a new one\n`,
    });
    expect(existsSync(at("a"))).toBe(false);
    expect(await entry("a")).toMatchObject({ condition: "lost", replicas: 1 });
    await rename(at("a-unmounted"), at("a"));
    await vi.waitFor(async () => expect((await backends("check", "a")).code).toBe(0), WITHIN);
  });

  it("does not replace one that a gateway finds in place, whatever stands here", async () => {
    await start();
    expect((await backends("replace", "a")).err).toMatch(
      /a gateway found a in place \d+ s ago: there is nothing to replace\. .* try again in \d+ s/,
    );
  });

  it("does not replace a lost one by a store that holds other blobs, or by another backend's", async () => {
    await start(["a", "b", "c"]);
    await lose("a");
    await until("a", { condition: "lost" });
    const foreign = await openDiskBackend({ name: "foreign", region: "x", directory: at("a") });
    await foreign.establish("foreign-identity");
    await put(foreign, "blobs/ab/one", Buffer.from("theirs"));
    expect(await backends("replace", "a")).toMatchObject({ code: 1, err: expect.stringContaining("is not empty") });
    await rm(at("a"), { recursive: true });
    await mkdir(at("a"));
    await writeFile(at("a/.nearbucket-disk"), await readFile(at("b/.nearbucket-disk")));
    expect(await backends("replace", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("the store at a is b"),
    });
    expect(await entry("a")).toMatchObject({ condition: "lost" });
  });

  it("gives up blobs that stood only on a lost one when it is told to, and no sooner", async () => {
    await start();
    await store("key");
    await backends("drain", "b");
    await lose("a");
    await until("a", { condition: "lost" });
    expect(await backends("replace", "a")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 blobs (14 bytes) have no other good copy"),
    });
    expect(await entry("a")).toMatchObject({ condition: "lost", replicas: 1 });
    expect((await backends("replace", "a", "--accept-loss")).code).toBe(0);
    expect(await entry("a")).toMatchObject({ replicas: 0 });
  });

  it("says of names that it does not know that it does not", async () => {
    await start();
    for (const word of ["drain", "resume", "remove"])
      expect(await backends(word, "z")).toMatchObject({ code: 1, err: expect.stringContaining("no backend z") });
    for (const word of ["check", "replace"])
      expect(await backends(word, "z")).toMatchObject({
        code: 1,
        err: expect.stringContaining("not in the configuration"),
      });
  });

  it("shows where configuration and database differ", async () => {
    await start(["a", "b", "c"]);
    await store("key");
    await gateway?.stop();
    await configure(["a", "d"]);
    const notes = (await listed()).map(({ name, note }) => [name, note]);
    expect(notes).toEqual([
      ["a", undefined],
      ["b", expect.stringMatching(/^not configured any more/)],
      ["c", expect.stringMatching(/^not configured any more/)],
      ["d", "not registered yet: see the gateway's log"],
    ]);
  });
});
