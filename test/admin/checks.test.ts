import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask } from "../../src/admin/checks/ask.ts";
import { examineBackend } from "../../src/admin/checks/backend.ts";
import { judgeCalls } from "../../src/admin/checks/calls.ts";
import { judgeClock } from "../../src/admin/checks/clocks.ts";
import { ok, severity, warning } from "../../src/admin/checks/finding.ts";
import { checkGeography, judgeDatabase } from "../../src/admin/checks/geography.ts";
import { judgeScrub } from "../../src/admin/checks/scrub.ts";
import { checkSpace, judgeBackendSpace, judgeSpace } from "../../src/admin/checks/space.ts";
import { BackendError } from "../../src/backends/backend.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { knownBy } from "../support/known-by.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

describe("severity", () => {
  it("is that of the worst finding", () => {
    const about = { check: "x", subject: undefined, says: "y", remedy: "z" };
    expect(severity([])).toBe(0);
    expect(severity([ok("x", undefined, "y")])).toBe(0);
    expect(severity([ok("x", undefined, "y"), warning(about)])).toBe(1);
    expect(severity([{ level: "error", ...about }, warning(about)])).toBe(2);
  });
});

describe("data about addresses", () => {
  const builtAt = new Date("2026-01-01T00:00:00Z");
  it.each([
    ["2026-12-31", "ok", "GeoLite2-City, made on 2026-01-01"],
    ["2027-01-02", "warning", "GeoLite2-City, made on 2026-01-01, more than a year ago"],
  ])("are at %s: %s", (now, level, says) => {
    const finding = judgeDatabase({ file: "/geo/city.mmdb", kind: "GeoLite2-City", builtAt }, new Date(now));
    expect(finding).toMatchObject({ level, subject: "/geo/city.mmdb", says: expect.stringContaining(says) });
  });

  it("are looked at each, and a file that is missing is an error", async () => {
    const now = new Date();
    expect(await checkGeography({ countries: "builtin", databases: [] }, now)).toHaveLength(1);
    expect(await checkGeography({ countries: "off", databases: [] }, now)).toEqual([]);
    const [finding] = await checkGeography({ countries: "off", databases: [{ file: "/nowhere/city.mmdb" }] }, now);
    expect(finding).toMatchObject({ level: "error", says: expect.stringContaining("/nowhere/city.mmdb") });
  });
});

describe("judgeClock", () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
  it.each([
    [0, 0, 0, "ok", "agrees"],
    [0, 59, 0, "ok", "agrees"],
    [0, 61, 0, "warning", "1 min ahead of"],
    [0, -61, 0, "warning", "1 min behind"],
    [0, 61, 5, "ok", "agrees"],
    [0, 899, 0, "warning", "14 min ahead of"],
    [0, 901, 0, "error", "15 min ahead of"],
    [0, -3600, 0, "error", "60 min behind"],
  ])("sent at %s s, told %s s, answered at %s s: %s", (sent, told, received, level, says) => {
    const finding = judgeClock("store", "its clock", { sentAt: at(sent), told: at(told), receivedAt: at(received) });
    expect(finding).toMatchObject({ level, says: expect.stringContaining(says) });
    expect(finding.remedy === undefined).toBe(level === "ok");
  });

  it("judges by what a server says", async () => {
    const server = createServer((_request, response) =>
      response.setHeader("Date", new Date(Date.now() - 1_200_000).toUTCString()).end("x"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { status, date, sentAt, receivedAt } = await ask(
      "HEAD",
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    expect(status).toBe(200);
    expect(judgeClock("store", "its clock", { sentAt, told: date ?? new Date(), receivedAt }).level).toBe("error");
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("judgeCalls", () => {
  const failingSince = new Date(Date.UTC(2026, 5, 1));
  const calls = (state: "closed" | "open" | "half-open", errorRate?: number) => ({
    ...{ state, errorRate, latencyMs: undefined },
    failingSince: state === "closed" ? undefined : failingSince,
  });
  it.each([
    [true, calls("closed", 0.4), calls("closed"), []],
    [true, calls("open", 0.625), calls("closed"), ["reads since 2026-06-01T00:00:00.000Z", "63 %"]],
    [true, calls("closed"), calls("half-open"), ["writes since 2026-06-01T00:00:00.000Z", "fail there$"]],
    [false, calls("open"), calls("open"), []],
  ] as const)("up: %s, reads %o, writes %o: %s", (up, reads, writes, expected) => {
    const found = judgeCalls("far", { up, reads, writes });
    expect(found).toHaveLength(expected.length > 0 ? 1 : 0);
    for (const words of expected)
      expect(found).toMatchObject([{ level: "warning", subject: "far", says: expect.stringMatching(words) }]);
  });
});

describe("judgeScrub", () => {
  const now = new Date(Date.UTC(2026, 5, 1));
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
  it.each([
    [daysAgo(0.5), "ok", "every replica was read within 1 day"],
    [daysAgo(30), "ok", "every replica was read within 30 days"],
    [daysAgo(36), "ok", "every replica was read within 36 days"],
    [daysAgo(36.5), "warning", "holds replicas that were not read for 36 days"],
    ["never", "ok", "holds replicas of which nobody knows when they were last read"],
  ] as const)("read since %s: %s, %s", (since, level, says) => {
    expect(judgeScrub("amsterdam", since, 30, now)).toMatchObject({ level, says, subject: "amsterdam" });
  });
});

describe("judgeSpace", () => {
  const gib = 1024 ** 3;
  it.each([
    [500 * gib, 1000 * gib, 1, "ok"],
    [200 * gib, 10_000 * gib, 1, "ok"],
    [60 * gib, 1000 * gib, 1, "warning"],
    [9 * gib, 1000 * gib, 1, "error"],
    [0.2 * gib, 1 * gib, 1, "error"],
    [0.5 * gib, 1 * gib, 1, "ok"],
    [500 * gib, 1000 * gib, 0.01, "warning"],
  ])("%s of %s bytes free, %s of the files: %s", (free, total, freeFiles, level) => {
    expect(judgeSpace("the database", "/data", { free, total, freeFiles }).level).toBe(level);
  });
});

describe("judgeBackendSpace", () => {
  it("warns below a tenth, and says nothing where nobody can tell", () => {
    const levels = [10, 9.9].map((free) => judgeBackendSpace("far", { free, total: 100 }).map(({ level }) => level));
    expect(levels).toEqual([["ok"], ["warning"]]);
    expect(judgeBackendSpace("far", undefined)).toEqual([]);
  });
});

describe("checkSpace", () => {
  it("looks at each device once, and warns of two backends on one", async () => {
    const directory = await mkdtemp(join(await temporaryDirectory(), "place-"));
    const disk = (name: string) => ({ what: `the disk of ${name}`, path: directory, isBackend: true });
    const database = { what: "the database", path: directory, isBackend: false };
    const [space, ...none] = await checkSpace([database, disk("a")]);
    expect([space?.says, none]).toEqual([expect.stringContaining("for the database, the disk of a"), []]);
    expect((await checkSpace([disk("a"), disk("b")]))[1]).toMatchObject({
      level: "warning",
      check: "devices",
      says: "one device holds the disk of a and the disk of b: they are lost together",
    });
    await rm(directory, { recursive: true });
    expect(await checkSpace([disk("a")])).toMatchObject([{ level: "warning", subject: directory }]);
    expect(await checkSpace([{ ...database, path: join(directory, "deep") }])).toMatchObject([{ level: "warning" }]);
  });
});

describe("examineBackend", () => {
  const showing = (identity: string | undefined) =>
    Object.assign(new MemoryBackend({ name: "toronto", region: "ca" }), { identity: async () => identity });

  it.each([
    ["another", "its own", "another store stands in its place"],
    [undefined, "its own", "an empty store stands in its place"],
  ])("does not write to a store that shows %s where the database says %s", async (shown, registered, says) => {
    const backend = showing(shown);
    let written = 0;
    const write = backend.write.bind(backend);
    backend.write = (...words) => {
      written++;
      return write(...words);
    };
    const { findings, isUsable } = await examineBackend(backend, knownBy(registered), async () => []);
    expect([isUsable, written]).toEqual([false, 0]);
    expect(findings).toEqual([
      {
        level: "error",
        check: "identity",
        subject: "toronto",
        says,
        remedy: expect.stringContaining("nearbucket backends replace toronto"),
      },
    ]);
  });

  it.each([
    ["its own", /user and bucket again, and then: nearbucket backends replace toronto$/],
    [undefined, /check key and secret\.$/],
  ])("says what to do with a store that refuses the key, where the database says %s", async (registered, remedy) => {
    const refusal = new BackendError("toronto", "refused", { detail: "GET: 403 AccessDenied" });
    const backend = Object.assign(showing(undefined), { identity: () => Promise.reject(refusal) });
    const { findings } = await examineBackend(backend, knownBy(registered), async () => []);
    expect(findings).toMatchObject([{ level: "error", check: "reach", remedy: expect.stringMatching(remedy) }]);
  });

  it("puts its object among the blobs, under a name that none of them can have, and takes it away", async () => {
    const backend = showing("its own");
    await backend.establish("its own");
    const keys = async () => {
      const listed: string[] = [];
      for await (const { key } of backend.list("")) listed.push(key);
      return listed;
    };
    let standing: readonly string[] = [];
    const { isUsable } = await examineBackend(backend, knownBy("its own"), async (key) => {
      standing = await keys();
      expect(standing).toEqual([key]);
      return [];
    });
    expect(isUsable).toBe(true);
    expect(standing).toEqual([expect.stringMatching(/^blobs\/[^/]+$/)]);
    expect(await keys()).toEqual([]);
  });

  it.each([
    ["somebody's", "is not registered yet, and another store stands there"],
    [undefined, "is not registered yet"],
  ])("warns of a store that is not registered and shows %s", async (shown, says) => {
    const { findings } = await examineBackend(showing(shown), knownBy(undefined), async () => []);
    expect(findings[0]).toMatchObject({ level: "warning", check: "identity", says });
  });

  it.each([
    ["is empty, and nobody else", "ok", {}, {}],
    ["is the same store as paris", "error", { others: [{ name: "paris", identity: "its own" }] }, {}],
    ["holds blobs that this database does not know", "error", {}, { isEmpty: async (): Promise<boolean> => false }],
    ["is empty, and nobody else", "ok", { holdsBlobs: true }, { isEmpty: async (): Promise<boolean> => false }],
  ])("says of a store that is to be attached: %s (%s)", async (says, level, known, odd) => {
    const backend = Object.assign(showing("its own"), odd);
    await backend.establish("its own");
    const candidate = knownBy(undefined, { attaching: { makes: undefined }, ...known });
    const { findings, isUsable } = await examineBackend(backend, candidate, async () => []);
    expect(findings[0]).toMatchObject({ check: "identity", level, says });
    expect(isUsable).toBe(level === "ok");
  });

  it.each([
    [undefined, "error", /^Make its bucket/],
    ["the directory", "warning", /^Attaching it makes the directory/],
  ])("says what to do where no store stands and attaching makes %s", async (makes, level, remedy) => {
    const absent = new BackendError("toronto", "absent");
    const backend = Object.assign(showing(undefined), { identity: () => Promise.reject(absent) });
    const candidate = knownBy(undefined, { attaching: { makes } });
    const { findings, isUsable } = await examineBackend(backend, candidate, async () => []);
    expect(findings).toMatchObject([{ check: "identity", level, remedy: expect.stringMatching(remedy) }]);
    expect(isUsable).toBe(false);
  });

  const other = Buffer.alloc(64);
  it.each([
    ["exchange", { read: async () => ({ bytes: other, size: 64, etag: "?" }) }],
    ["range", { read: async () => ({ bytes: other, size: 64, etag: "?" }) }],
    ["list", { async *list() {} }],
    ["etag", { stat: async () => ({ size: 64, etag: "kms" }) }],
    ["multipart", { completeUpload: async () => ({ etag: "kms-1" }) }],
  ])("finds what is wrong with a store: %s", async (check, odd) => {
    const backend = showing("its own");
    await backend.establish("its own");
    const { findings } = await examineBackend(Object.assign(backend, odd), knownBy("its own"), async () => []);
    expect(findings).toContainEqual(expect.objectContaining({ check, level: "error", remedy: expect.any(String) }));
    expect(findings.filter(({ level }) => level === "error")).toHaveLength("read" in odd ? 4 : 1);
  });
});
