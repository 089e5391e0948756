// One gateway, reached in both ways: what commands print is the same, and what only the API does.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { freePort } from "../support/server-process.ts";
import { signedFetch } from "../support/sign.ts";
import { type RunCommand, runCommand, startCommand } from "./terminal.ts";

const KEY = { accessKeyId: "ROOTKEY", secretAccessKey: "a-root-secret-for-tests" };
const WITHIN = { timeout: 20_000, interval: 100 };
vi.setConfig({ testTimeout: 60_000 });

let root: string;
let gateway: RunCommand;
let endpoint: string;
let send: ReturnType<typeof signedFetch>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nearbucket-over-api-"));
  endpoint = `http://127.0.0.1:${await freePort()}`;
  const config = {
    listen: { port: Number(new URL(endpoint).port) },
    dataDirectory: join(root, "data"),
    metadata: { kind: "sqlite", file: join(root, "metadata.sqlite"), durable: false },
    rootKey: KEY,
    regions: ["amsterdam", "toronto"].map((name, at) => ({ name, latitude: 50, longitude: -80 * at })),
    backends: ["amsterdam", "toronto"].map((name) => ({
      ...{ kind: "disk", name, region: name, directory: join(root, name) },
    })),
    log: { level: "silent" },
  };
  await writeFile(join(root, "nearbucket.yaml"), JSON.stringify(config));
  await writeFile(
    join(root, "aws"),
    `[profile near]\nendpoint_url = ${endpoint}\naws_access_key_id = ${KEY.accessKeyId}\n` +
      `aws_secret_access_key = ${KEY.secretAccessKey}\n`,
  );
  gateway = startCommand(["serve", "--config", join(root, "nearbucket.yaml")]);
  await gateway.greeted;
  send = signedFetch({ endpoint, ...KEY });
  await send({ method: "PUT", path: "/photos" });
  for (const key of ["cat", "same cat"])
    expect(
      (await send({ method: "PUT", path: `/photos/${encodeURIComponent(key)}`, body: "x".repeat(2048) })).status,
    ).toBe(200);
});
afterAll(async () => {
  await gateway.stop();
  await rm(root, { recursive: true });
});

const beside = (...words: string[]) => runCommand([...words, "--config", join(root, "nearbucket.yaml")]);
const remote = (...words: string[]) =>
  runCommand([...words, "--profile", "near"], { env: { AWS_CONFIG_FILE: join(root, "aws") }, directory: root });

it.each([
  [["stats"]],
  [["stats", "--json"]],
  [["status"]],
  [["backends", "list"]],
  [["backends", "list", "--json"]],
  [["backends", "check"]],
  [["backends", "check", "toronto", "--json"]],
  [["backends", "orphans", "toronto"]],
  [["backends", "orphans", "toronto", "--json"]],
  [["keys", "list"]],
  [["backends", "check", "nowhere"]],
  [["backends", "orphans", "nowhere"]],
  [["backends", "remove", "toronto"]],
])("prints the same for %j beside the data and over the API", async (words) => {
  await runCommand(
    ["keys", "create", "--account", "alice", "--expires", "30d", "--bucket", "photos/2026/"].concat([
      "--config",
      join(root, "nearbucket.yaml"),
    ]),
  );
  // What is measured from moment to moment differs between two looks.
  const still = ({ code, out, err }: Awaited<ReturnType<typeof beside>>) => ({
    code,
    out: out.replaceAll(/\d+ m?s\b|"(?:latencyMs|at)": .*|seen \d+ s/g, "~").replaceAll(/ {2,}/g, "  "),
    err,
  });
  // A job may be done between two looks.
  await vi.waitFor(async () => {
    const [one, other] = [still(await beside(...words)), still(await remote(...words))];
    expect(other).toEqual(one);
    expect(one.out + one.err).not.toBe("");
  }, WITHIN);
});

it("prints amounts with units for people", async () => {
  expect((await remote("stats")).out).toMatch(/^logicalBytes +4\.0 KiB\n(.*\n)*dedupRatio +2$/m);
  expect((await remote("backends", "list")).out).toMatch(
    /^NAME .* REPLICAS +BYTES +NOTE\n(.*\n)*toronto .* 1 +2\.0 KiB$/m,
  );
});

it("prints the same report as JSON, but for where the gateway was asked", async () => {
  const read = (text: string) => {
    const { now: _, gateway: word, backends, jobs, ...report } = JSON.parse(text);
    const calm = backends.map(
      ({ latencyMs: _l, reads: _r, writes: _w, seenAt: _s, space: _f, ...one }: Record<string, unknown>) => one,
    );
    const waiting = jobs.map(({ kind, attempts }: Record<string, unknown>) => ({ kind, attempts }));
    return { ...report, word: word.startedAt, backends: calm, jobs: waiting };
  };
  await vi.waitFor(async () => {
    const [one, other] = [await beside("status", "--json"), await remote("status", "--json")];
    expect(read(other.out)).toEqual(read(one.out));
    expect(other.code).toBe(one.code);
  }, WITHIN);
});

it("makes, disables and revokes a key that the gateway then knows, or knows no more", async () => {
  const made = await remote("keys", "create", "--account", "bob", "--read-only", "--json");
  const key = JSON.parse(made.out);
  const bob = signedFetch({ endpoint, ...key });
  expect((await bob({ path: "/" })).status).toBe(200);
  expect((await remote("keys", "disable", key.accessKeyId)).out).toBe(`disabled ${key.accessKeyId}\n`);
  expect((await bob({ path: "/" })).status).toBe(403);
  expect((await remote("keys", "enable", key.accessKeyId)).code).toBe(0);
  expect((await bob({ path: "/" })).status).toBe(200);
  expect((await remote("keys", "revoke", key.accessKeyId)).out).toBe(`revoked ${key.accessKeyId}\n`);
  expect(await remote("keys", "revoke", key.accessKeyId)).toMatchObject({ code: 1, out: "" });
  expect((await remote("keys", "create", "--account", "bob", "--access-key", "MINE")).err).toContain("beside its data");
});

it("drains, resumes, attaches and refuses as beside the data", async () => {
  expect((await remote("backends", "drain", "toronto")).out).toContain("toronto is draining");
  expect((await beside("backends", "list")).out).toMatch(/^toronto .* draining /m);
  expect((await remote("backends", "resume", "toronto")).out).toBe("toronto is in use again\n");
  await writeFile(join(root, "third.yaml"), `{ kind: disk, region: toronto, directory: "${join(root, "third")}" }`);
  expect(await remote("backends", "attach", "third", "--from", "third.yaml")).toMatchObject({ code: 0, err: "" });
  expect((await beside("backends", "list")).out).toMatch(/^third +disk +toronto +attached/m);
  await writeFile(join(root, "bad.yaml"), "{ kind: disk, region: mars, directory: relative }");
  const bad = await remote("backends", "attach", "fourth", "--from", "bad.yaml");
  expect(bad).toMatchObject({ code: 1, out: "", err: expect.stringContaining("expected an absolute path") });
});

it("lists and makes accounts", async () => {
  expect((await remote("accounts", "create", "carol")).out).toContain("nearbucket keys create --account carol");
  expect((await remote("accounts", "list")).out).toMatch(/^carol +0 +0$/m);
  expect(JSON.parse((await beside("accounts", "list", "--json")).out)).toContainEqual({
    name: "carol",
    keys: 0,
    buckets: 0,
  });
  expect(await remote("accounts", "create", "carol")).toMatchObject({
    code: 1,
    err: expect.stringContaining("already"),
  });
});

it("shows buckets and what they take up, and changes their settings", async () => {
  expect((await remote("buckets", "list")).out).toMatch(
    /^photos +root +\d{4}-\d\d-\d\d +account +auto +2 +2 copies +any +off$/m,
  );
  const shown = (await remote("buckets", "show", "photos")).out;
  expect(shown).toMatch(/^objects +2, 4\.0 KiB$/m);
  expect(shown).toMatch(/^stored +2\.0 KiB of unlike content: 2\.0 KiB saved$/m);
  const set = await remote("buckets", "set", "photos", "--redirect", "off", "--minimum-copies", "1");
  expect(set.out).toMatch(/ off \(set\) +2 +1 copy \(set\) +any +off$/m);
  expect(
    (await remote("buckets", "set", "photos", "--redirect", "default", "--minimum-copies", "default")).out,
  ).not.toContain("(set)");
  const more = await remote("buckets", "set", "photos", "--copies", "2", "--placement", "nearest-writer");
  expect(more.out).toMatch(/ 2 \(set\) +2 copies +nearest-writer \(set\) +off$/m);
  expect((await remote("buckets", "set", "photos", "--placement", "nowhere")).err).toContain("none is in nowhere");
  await remote("buckets", "set", "photos", "--copies", "default", "--placement", "default");
  const rule = async (text: string) => remote("buckets", "set", "photos", "--read-replicas", text);
  expect((await rule("afterReads=50,max=2")).out).toMatch(/ afterReads=50,max=2,ttlHours=24 \(set\)$/m);
  expect((await remote("buckets", "show", "photos")).out).toMatch(/^read replicas +afterReads=50,max=2,/m);
  expect((await rule("off")).out).toMatch(/ off \(set\)$/m);
  expect((await rule("afterReads=often")).err).toContain("off, or afterReads, max (up to 16) and ttlHours");
  expect((await rule("default")).out).not.toContain("(set)");
  expect((await remote("buckets", "set", "photos")).err).toContain("say what to change");
  const rules = join(root, "rules.json");
  await writeFile(rules, '[{ "allowedOrigins": ["https://a.example"], "allowedMethods": ["GET", "PUT"] }]');
  expect((await remote("buckets", "set", "photos", "--cors", rules)).code).toBe(0);
  expect((await remote("buckets", "show", "photos")).out).toMatch(/^cors +pages of https:\/\/a\.example: GET, PUT$/m);
  expect((await remote("buckets", "set", "photos", "--cors", "default")).code).toBe(0);
  expect((await remote("buckets", "show", "photos")).out).not.toContain("cors");
  await writeFile(rules, '[{ "allowedOrigins": ["**"], "allowedMethods": ["GET"] }]');
  expect((await remote("buckets", "set", "photos", "--cors", rules)).err).toContain("at most one *");
  await writeFile(rules, "no JSON");
  expect((await remote("buckets", "set", "photos", "--cors", rules)).err).toContain("is not JSON");
  expect((await remote("buckets", "show", "nothing")).code).toBe(1);
});

it("lists jobs, has a backend scrubbed, and refuses a job that is not there", async () => {
  expect((await remote("scrub", "amsterdam")).out).toContain("amsterdam is read whole");
  expect((await remote("jobs", "list")).out).toMatch(/^ID +KIND/m);
  const jobs = JSON.parse((await remote("jobs", "list", "--kind", "scrub", "--json")).out) as { kind: string }[];
  expect(new Set(jobs.map(({ kind }) => kind))).toEqual(new Set(["scrub"]));
  const unknown = await remote("jobs", "list", "--kind", "nope");
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("Allowed choices are copy, trim, digest") });
  expect(await remote("jobs", "retry", "999999999")).toMatchObject({
    code: 1,
    err: expect.stringContaining("no such job"),
  });
});

it("explains a read: client, replicas, the chosen one, the answer, and each step", async () => {
  const words = ["explain", "photos/cat", "--at", "50,-79", "--client", "rclone/v1.70"];
  const { out } = await remote(...words, "--steps");
  expect(out).toMatch(/^client {4}127\.0\.0\.1/m);
  expect(out).toMatch(/^replicas {2}toronto \(.*km/m);
  expect(out).toMatch(/^chosen {4}toronto$/m);
  expect(out).toMatch(/^answer {4}(?:proxied|307), rule \d+-/m);
  expect(out).toMatch(/^RULE +OUTCOME +WHY$/m);
  expect(JSON.parse((await beside(...words, "--json")).out)).toMatchObject({ answer: { backend: "toronto" } });
  expect((await remote("explain", "photos")).err).toContain("expected BUCKET/KEY");
  expect((await remote("explain", "photos/cat", "--at", "91,0")).err).toContain("expected degrees");
  expect((await remote("explain", "photos/none")).code).toBe(1);
});

it("counts the clients in a file by the region that would serve them, however many they are", async () => {
  const file = join(root, "addresses.txt");
  const addresses = Array.from({ length: 2500 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  await writeFile(file, ["# from the log", "", ...addresses].join("\n"));
  const { out } = await remote("explain", "photos/cat", "--from", file, "--json");
  // Disks: nobody can be sent there.
  expect(JSON.parse(out)).toEqual({ regions: [], streamed: 2500 });
  const text = (await remote("explain", "--bucket", "photos", "--key", "cat", "--from", file)).out;
  expect(text).toMatch(/^REGION +ADDRESSES +SHARE +MEAN DISTANCE +PLACE UNKNOWN\nby the gateway +2,500 +100.0 %/m);
  await writeFile(file, "# none\n");
  expect((await remote("explain", "photos/cat", "--from", file)).err).toContain("has no addresses");
  expect((await remote("explain", "photos/cat", "--from", file, "--ip", "1.2.3.4")).code).toBe(1);
  expect((await remote("explain", "--bucket", "photos")).err).toContain("name the object");
});

it("has the gateway look at all that it depends on, from its own machine", async () => {
  const { code, out } = await remote("doctor", "--json");
  const { exitCode, findings } = JSON.parse(out);
  expect(code).toBe(exitCode);
  const seen = (findings as Record<string, string>[]).map(
    ({ level, check, subject }) => `${level} ${check} ${subject}`,
  );
  for (const one of ["gateway", "database"]) expect(seen.join("\n")).toMatch(new RegExp(`^ok ${one} `, "m"));
  for (const name of ["amsterdam", "toronto"])
    for (const check of ["exchange", "list", "multipart"]) expect(seen).toContain(`ok ${check} ${name}`);
  expect((await remote("doctor")).out).toMatch(/^ok +gateway http:.* answers, and looked/m);
  const refused = await runCommand(["doctor", "--endpoint", "http://127.0.0.1:1", "--profile", "near"], {
    env: { AWS_CONFIG_FILE: join(root, "aws") },
  });
  expect(refused).toMatchObject({ code: 2, out: expect.stringMatching(/^ERROR +gateway: .*cannot be reached/m) });
});

it("says which of two ways was meant, and that a key is needed", async () => {
  expect((await remote("stats", "--config", "x")).err).toContain("not both");
  expect((await runCommand(["stats", "--endpoint", endpoint])).err).toContain("an access key is needed");
  expect(
    (
      await runCommand(["status", "--endpoint", "http://127.0.0.1:1", "--profile", "near"], {
        env: { AWS_CONFIG_FILE: join(root, "aws") },
      })
    ).err,
  ).toContain("cannot be reached");
});
