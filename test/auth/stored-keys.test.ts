// Keys in the database: found, decrypted once, and refused when they are no longer valid.
import { describe, expect, it } from "vitest";
import { openAuthenticator } from "../../src/auth/authenticate.ts";
import { openSecretBox } from "../../src/auth/secret-box.ts";
import type { AccessKey } from "../../src/model.ts";
import { prepare, type SignerOptions } from "../support/sign.ts";
import { EXAMPLE_KEY, fromWire, refusal, verify } from "./verify.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const closed = { code: "ServiceUnavailable", cause: { message: expect.stringContaining("does not open") } };
const signer: SignerOptions = { endpoint: "http://127.0.0.1:9000", ...EXAMPLE_KEY, now: () => NOW };
const box = openSecretBox([Buffer.alloc(32, 1)]);
const stored: AccessKey = {
  accessKeyId: "STORED",
  account: { id: 9, name: "tenant" },
  ...box.seal("the stored secret", "STORED"),
  createdAt: NOW,
  redirect: "always",
  scope: {},
  disabled: false,
  expiresAt: undefined,
  sessionOf: undefined,
  parent: undefined,
};
const as = { ...signer, accessKeyId: "STORED", secretAccessKey: "the stored secret" };

describe("keys", () => {
  it("of the database are looked up each time and decrypted once", async () => {
    let asked = 0;
    let unsealed = 0;
    const authenticator = openAuthenticator({
      findKey: async () => {
        asked += 1;
        return asked > 2 ? undefined : stored;
      },
      rootKey: undefined,
      unseal: async (key) => {
        unsealed += 1;
        return box.unseal(key);
      },
      noteUse: () => undefined,
      now: () => NOW,
      region: undefined,
      signatureV2: "all",
    });
    const request = fromWire(prepare(as, { path: "/b/k" }));
    const ask = () => authenticator.authenticate(request);
    expect((await ask()).caller).toMatchObject({ account: { id: 9 }, redirect: "always" });
    await ask();
    expect(unsealed).toBe(1);
    expect(await refusal(ask())).toMatchObject({ code: "InvalidAccessKeyId", elements: { AWSAccessKeyId: "STORED" } });
  });
});

describe("a key that is no longer good", () => {
  const ask = (change: Partial<AccessKey>, used: string[] = [], request = prepare(as, { path: "/b/k" })) =>
    verify(request, NOW, {
      findKey: async () => ({ ...stored, ...change }),
      unseal: async (key) => box.unseal(key),
      noteUse: (id) => used.push(id),
    });

  it.each([
    ["disabled", { disabled: true }],
    ["expired", { expiresAt: NOW }],
  ])(
    "because it is %s is answered as one that does not exist, whether its signature is right or not",
    async (_, change) => {
      const used: string[] = [];
      const nobody = await refusal(verify(prepare(as, { path: "/b/k" }), NOW));
      expect(nobody).toMatchObject({ code: "InvalidAccessKeyId", status: 403 });
      expect(await refusal(ask(change, used))).toEqual(nobody);
      const wrong = prepare({ ...as, secretAccessKey: "wrong" }, { path: "/b/k" });
      expect(await refusal(ask(change, used, wrong))).toEqual(nobody);
      expect(used).toEqual([]);
    },
  );

  it("was accepted until then, and its use is noted only when its signature is right", async () => {
    const used: string[] = [];
    const until = { expiresAt: new Date(NOW.getTime() + 1) };
    // A redirect may not outlive it either.
    expect((await ask(until, used)).caller).toMatchObject({ account: stored.account, until: until.expiresAt });
    await refusal(ask(until, used, prepare({ ...as, secretAccessKey: "wrong" }, { path: "/b/k" })));
    expect(used).toEqual(["STORED"]);
  });

  it("does not work with a secret that was moved to it from another key", async () => {
    const moved = box.seal("the stored secret", "ANOTHER");
    await expect(ask(moved)).rejects.toMatchObject(closed);
    const rows = new Map([
      ["ANOTHER", { ...stored, accessKeyId: "ANOTHER", ...moved }],
      ["STORED", { ...stored, ...moved }],
    ]);
    const authenticator = openAuthenticator({
      findKey: async (id) => rows.get(id),
      rootKey: undefined,
      unseal: async (key) => box.unseal(key),
      noteUse: () => undefined,
      now: () => NOW,
      region: undefined,
      signatureV2: "all",
    });
    const asked = (accessKeyId: string) =>
      authenticator.authenticate(fromWire(prepare({ ...as, accessKeyId }, { path: "/b/k" })));
    expect((await asked("ANOTHER")).caller.accessKeyId).toBe("ANOTHER");
    // Also when the same sealed text has just been opened for the key it belongs to.
    await expect(asked("STORED")).rejects.toMatchObject(closed);
  });
});
