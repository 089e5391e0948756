// A gateway that has lost the encryption key of some of the secrets in its database, or of all of them.
import { expect, it } from "vitest";
import { signedFetch } from "../support/sign.ts";
import { at, attachC, backends, command, configure, endpoint, entry, gateway, remotely, start } from "./over-disks.ts";

const [FORMER, NEWER, OTHER] = ["former", "newer", "other"].map((word) => `the ${word} encryption key`);

async function makeKey(name: string) {
  const words = ["keys", "create", "--account", name, "--access-key", name, "--secret-key-stdin"];
  expect((await command(words, `the secret of ${name}`)).code).toBe(0);
  const secretAccessKey = `the secret of ${name}`;
  return async () => {
    const { status, text } = await signedFetch({ endpoint, accessKeyId: name, secretAccessKey })({ path: "/" });
    return { status, code: /<Code>(\w+)</.exec(text)?.[1] };
  };
}

it("serves the keys that it can, says of the others that they cannot be read, and goes on without such a store", async () => {
  await start(["a", "b"], { encryptionKey: FORMER });
  const alice = await makeKey("ALICE");
  await attachC();
  await gateway?.stop();
  await start(["a", "b"], { encryptionKey: NEWER, previousEncryptionKeys: [FORMER] });
  const bob = await makeKey("BOBBY");
  expect(await alice()).toEqual({ status: 200, code: undefined });
  await gateway?.stop();

  await start(["a", "b"], { encryptionKey: NEWER });
  expect(await bob()).toEqual({ status: 200, code: undefined });
  expect(await alice()).toEqual({ status: 503, code: "ServiceUnavailable" });
  const note = expect.stringMatching(/^its configuration cannot be read: a stored secret does not open/);
  expect(await entry("c")).toMatchObject({ state: "attached", note });
  expect((await remotely("backends", "list")).out).toMatch(/^c .* its configuration cannot be read/m);
  expect((await backends("check", "c")).err).toContain("the configuration of c cannot be read");
  const doctor = await command(["doctor", "--json"]);
  const closed = expect.stringContaining("1 of 2 access keys are sealed with an encryption key that is not here");
  expect(JSON.parse(doctor.out).findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ level: "error", check: "secrets", says: closed }),
      expect.objectContaining({ level: "error", check: "configured", subject: "c" }),
      expect.objectContaining({ level: "ok", check: "identity", subject: "a" }),
    ]),
  );
  expect((await remotely("doctor")).out).toContain("configuration cannot be read");
});

it("does not start where it can open nothing at all, until what it cannot open is given up", async () => {
  await start(["a", "b"], { encryptionKey: FORMER });
  await makeKey("ALICE");
  await attachC();
  await gateway?.stop();
  await configure(["a", "b"], { encryptionKey: OTHER });
  const refused = await command(["serve"]);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(/^nearbucket: the encryption key opens none of the 2 secrets that the database holds: /);
  expect(refused.err).not.toContain(OTHER);

  expect((await command(["keys", "revoke", "ALICE"])).code).toBe(0);
  const declared = `{ kind: disk, region: c, directory: ${at("c")} }`;
  expect((await command(["backends", "attach", "c", "--from", "-"], declared)).code).toBe(0);
  await start(["a", "b"], { encryptionKey: OTHER });
  expect(await entry("c")).toMatchObject({ condition: "in place" });
});
