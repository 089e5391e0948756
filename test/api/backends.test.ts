// Backends that an operator attaches, empties, replaces and takes away through the API, over real disks.
import { existsSync } from "node:fs";
import { mkdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { makeForeign, startOverDisks } from "./over-disks.ts";

const disk = (name: string, directory: string) => ({ kind: "disk", name, region: name, directory });
const MINUTE = 60_000;

it("lists the backends, and how this gateway finds each", async () => {
  await using place = await startOverDisks(["a", "b"]);
  await place.store("photo", "three words here");
  const { document } = await place.call("GET", "/backends");
  const held = { state: "attached", condition: "in place", attached: false, kind: "disk", replicas: 1, bytes: 16 };
  expect(document.items).toMatchObject([
    { name: "a", region: "a", ...held },
    { name: "b", region: "b", ...held },
  ]);
});

it("attaches a backend, which this gateway uses from its answer on", async () => {
  await using place = await startOverDisks(["a"], ["b"], { copies: 1 });
  const { document } = await place.call("POST", "/backends", { body: disk("b", place.at("b")) });
  expect(document).toMatchObject({ name: "b", condition: "in place", state: "attached", attached: true });
  expect(place.gateway.gateway.fleet.get("b")?.up).toBe(true);
});

it("refuses a configuration with each of its faults where it stands", async () => {
  await using place = await startOverDisks(["a"]);
  const faulty = { name: "b", kind: "s3", region: "mars", endpoint: "nowhere", clientNetworks: ["here"], more: 1 };
  const { document } = await place.call("POST", "/backends", { body: faulty });
  expect(document).toMatchObject({ status: 400, code: "BadRequest" });
  const pointers = document.errors.map(({ pointer }: { pointer: string }) => pointer);
  const all = ["/bucket", "/clientNetworks/0", "/endpoint", "/more", "/region", "/secretAccessKey"];
  expect(pointers).toEqual(expect.arrayContaining(all));
  const relative = await place.call("POST", "/backends/probe", { body: disk("a", "somewhere") });
  expect(relative.document.errors).toEqual([{ pointer: "/directory", detail: "expected an absolute path" }]);
});

it("refuses to attach what is configured, another backend's store, or somebody else's", async () => {
  await using place = await startOverDisks(["a"], ["b"]);
  await makeForeign(place.at("foreign"));
  const attach = async (name: string, at: string) =>
    (await place.call("POST", "/backends", { body: { ...disk("b", place.at(at)), name } })).document;
  expect(await attach("a", "a")).toMatchObject({ status: 409, detail: "a is in the configuration" });
  expect(await attach("b", "a")).toMatchObject({
    code: "Conflict",
    detail: expect.stringContaining("it is the same store as a"),
  });
  expect((await attach("b", "foreign")).detail).toContain("it holds blobs that this database does not know");
});

it("attaches again what is in use, and does not take back by that what is draining or was removed", async () => {
  await using place = await startOverDisks(["a"], ["b"], { copies: 1 });
  const attach = async () => (await place.call("POST", "/backends", { body: disk("b", place.at("b")) })).document;
  await attach();
  expect(await attach()).toMatchObject({ name: "b", state: "attached" });
  await place.call("POST", "/backends/b/drain");
  const [words, use] = ["nearbucket backends resume b uses it again", "and then attach can change its keys"];
  expect(await attach()).toMatchObject({ status: 409, detail: `b is draining: ${words}, ${use}` });
  expect((await place.call("POST", "/backends/b/drain")).document.state).toBe("draining");
  await place.call("DELETE", "/backends/b");
  expect(await attach()).toMatchObject({ status: 409, detail: `b was removed: ${words}, ${use}` });
  await place.until("b", { state: "removed" });
  await place.call("POST", "/backends/b/resume");
  expect(await attach()).toMatchObject({ name: "b", state: "attached", condition: "in place" });
});

it("attaches no disk within another one in use, nor around it, whether that is configured or was attached", async () => {
  await using place = await startOverDisks(["a"], ["b", "c"]);
  const attach = (name: string, at: string) => place.call("POST", "/backends", { body: disk(name, place.at(at)) });
  const words = (name: string, other: string) =>
    `${name} would stand within the disk of ${other}, or around it: it counts as one copy`;
  expect((await attach("b", "a/data/b")).document).toMatchObject({ status: 409, detail: words("b", "a") });
  expect((await attach("b", ".")).document.detail).toBe(words("b", "a"));
  expect((await attach("b", "ab")).status).toBe(201);
  expect((await attach("c", "ab/c")).document.detail).toBe(words("c", "b"));
  const probed = await place.call("POST", "/backends/probe", { body: disk("c", place.at("ab/c")) });
  const finding = { check: "identity", result: "failed", detail: "stands within the disk of b, or around it" };
  expect(probed.document).toMatchObject({ ok: false, findings: [finding] });
});

it("keeps no name for a directory that cannot become a disk: it can be attached when that is put right", async () => {
  await using place = await startOverDisks(["a"], ["b"]);
  await mkdir(place.at("b"));
  await writeFile(join(place.at("b"), "readme"), "not a disk");
  const attach = () => place.call("POST", "/backends", { body: disk("b", place.at("b")) });
  expect((await attach()).document.detail).toContain("is neither empty nor a nearbucket disk");
  const names = (await place.call("GET", "/backends")).document.items.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["a"]);
  await unlink(join(place.at("b"), "readme"));
  expect(await attach()).toMatchObject({ status: 201, document: { name: "b", condition: "in place" } });
});

it("says which store cannot be opened", async () => {
  await using place = await startOverDisks(["a"], ["b"]);
  const body = {
    ...{ kind: "s3", name: "b", region: "b", endpoint: "https://127.0.0.1:9", bucket: "blobs" },
    ...{ accessKeyId: "key", secretAccessKey: "sixteen or more letters", caFile: place.at("missing.pem") },
  };
  const { document } = await place.call("POST", "/backends", { body });
  expect(document).toMatchObject({ status: 409, detail: expect.stringMatching(/^b cannot be used: .*missing\.pem/) });
  const probed = await place.call("POST", "/backends/probe", { body });
  expect(probed.document).toMatchObject({ ok: false, findings: [{ check: "reach", result: "failed" }] });
});

it("looks at a store when it is asked", async () => {
  await using place = await startOverDisks(["a", "b"]);
  const check = async (name: string) => (await place.call("POST", `/backends/${name}/check`)).document;
  expect(await check("b")).toEqual({ name: "b", condition: "in place", writable: true });
  await place.lose("b");
  expect(await check("b")).toMatchObject({ condition: "lost", writable: false, reason: expect.any(String) });
  expect(await check("nobody")).toMatchObject({ status: 404, code: "NotFound" });
});

it.each(["drain", "resume", "scrub"])("knows no backend to %s that is not there", async (word) => {
  await using place = await startOverDisks(["a"]);
  expect((await place.call("POST", `/backends/nobody/${word}`)).document).toMatchObject({
    code: "NotFound",
    detail: "there is no backend nobody in the database",
  });
});

it("empties a backend and takes it away, but not before its blobs stand elsewhere", async () => {
  await using place = await startOverDisks(["a", "b"], ["c"]);
  await place.store("photo", "three words here");
  const early = await place.call("DELETE", "/backends/b");
  expect(early.document).toMatchObject({ status: 409, detail: expect.stringContaining("still takes new blobs") });
  expect((await place.call("POST", "/backends/b/drain")).document.state).toBe("draining");
  expect((await place.call("POST", "/backends/b/resume")).document.state).toBe("attached");
  await place.call("POST", "/backends/b/drain");
  await place.call("POST", "/backends", { body: disk("c", place.at("c")) });
  expect((await place.call("DELETE", "/backends/b")).document.detail).toContain("1 blobs (16 bytes)");
  await place.until("c", { replicas: 1 });
  await vi.waitFor(async () => expect((await place.call("DELETE", "/backends/b")).status).toBe(204), 10_000);
  await place.until("b", { state: "removed" });
  expect((await place.call("POST", "/backends/b/scrub")).document.detail).toBe("b is removed");
});

it("gives the place of a lost backend to an empty store, and up what stood there alone only when told to", async () => {
  await using place = await startOverDisks(["a"], [], { copies: 1 });
  await place.store("photo", "three words here");
  const replace = (acceptLoss: boolean) => place.call("POST", "/backends/a/replace", { body: { acceptLoss } });
  expect((await replace(true)).document.detail).toMatch(/^a gateway found a in place/);
  await place.lose("a");
  await place.until("a", { condition: "lost" });
  expect((await replace(false)).document.detail).toContain("1 blobs (16 bytes) have no other good copy");
  expect((await replace(true)).document).toMatchObject({ lostReplicas: 1, identity: expect.any(String) });
  expect((await place.call("GET", "/backends")).document.items[0]).toMatchObject({ condition: "in place" });
});

it("reads a whole backend at once when it is asked, however lately that was written", async () => {
  await using place = await startOverDisks(["a", "b"]);
  await place.store("photo", "three words here");
  const good = () => place.gateway.gateway.upkeep.scrubbed.get("a")?.good ?? 0;
  await place.gateway.gateway.upkeep.runDue();
  expect(good()).toBe(0);
  place.gateway.clock.advance(MINUTE);
  await place.call("POST", "/backends/a/scrub");
  await vi.waitFor(() => expect(good()).toBe(1), 10_000);
  const { document } = await place.call("GET", "/status");
  expect(Date.parse(document.backends[0].scrubbedSince)).toBeGreaterThan(
    Date.parse(document.backends[1].scrubbedSince),
  );
});

it("says what would be lost with a backend", async () => {
  await using place = await startOverDisks(["a", "b"]);
  await place.store("photo", "three words here");
  const loss = async () => (await place.call("GET", "/backends/b/loss")).document;
  const [none, all] = [
    { blobs: 0, objects: 0, bytes: 0 },
    { blobs: 1, objects: 1, bytes: 16 },
  ];
  const held = { name: "b", replicas: 1, bytes: 16 };
  const short = { atRisk: all, underReplicated: all };
  expect(await loss()).toEqual({ ...held, safeToLose: true, unreadable: none, ...short, tooFewCopies: all });
  await place.lose("a");
  await place.until("a", { condition: "lost" });
  expect(await loss()).toEqual({ ...held, safeToLose: false, unreadable: all, ...short, tooFewCopies: all });
  expect((await place.call("GET", "/backends/nobody/loss")).status).toBe(404);
});

it("tries a store from end to end before it is attached, and leaves it as it was", async () => {
  await using place = await startOverDisks(["a"], ["b"]);
  await mkdir(place.at("b"));
  const probe = async (at: string) =>
    (await place.call("POST", "/backends/probe", { body: disk("b", place.at(at)) })).document;
  const { ok, findings } = await probe("b");
  const words = findings.map(({ check, result }: Record<string, string>) => `${result} ${check}`);
  expect(words.slice(0, 6)).toEqual(["ok identity", "ok exchange", "ok range", "ok list", "ok etag", "ok multipart"]);
  expect(words[6]).toMatch(/ space$/);
  expect([ok, existsSync(`${place.at("b")}/tmp`)]).toEqual([true, false]);
  expect((await place.call("POST", "/backends", { body: disk("b", place.at("b")) })).status).toBe(201);
});

it("says what speaks against a store", async () => {
  await using place = await startOverDisks(["a"], ["b"]);
  await makeForeign(place.at("foreign"));
  const probe = async (at: string) =>
    (await place.call("POST", "/backends/probe", { body: disk("b", place.at(at)) })).document;
  expect(await probe("missing")).toMatchObject({ ok: true, findings: [{ check: "identity", result: "warning" }] });
  expect(existsSync(place.at("missing"))).toBe(false);
  expect(await probe("foreign")).toMatchObject({
    ok: false,
    findings: [{ check: "identity", result: "failed", detail: "holds blobs that this database does not know" }],
  });
  expect(await probe("a")).toMatchObject({ ok: false, findings: [{ detail: "is the same store as a" }] });
});
