import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openLiveBox, openSecretBox, type SealedKey, sealingKey } from "../../src/auth/secret-box.ts";

const sealed = (box: ReturnType<typeof openSecretBox>, secret: string, accessKeyId = "AK"): SealedKey => ({
  accessKeyId,
  ...box.seal(secret, accessKeyId),
});

/** As the first version sealed: for no access key, under a key without an id. */
function sealedFirst(key: string, secret: string): SealedKey {
  const nonce = Buffer.alloc(12, 7);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(key), nonce);
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  const bytes = Buffer.concat([nonce, cipher.getAuthTag(), text]);
  return { accessKeyId: "AK", sealedSecret: `s1.${bytes.toString("base64url")}`, sealedBy: undefined };
}

describe("a secret box", () => {
  const box = openSecretBox(["what the operator wrote"]);

  it("gives back what was sealed", () => {
    for (const secret of ["", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "é😀"])
      expect(box.unseal(sealed(box, secret))).toBe(secret);
  });

  it("seals the same secret differently each time, and shows nothing of it", () => {
    const [one, two] = [sealed(box, "a secret"), sealed(box, "a secret")];
    expect(one.sealedSecret).not.toBe(two.sealedSecret);
    expect(Buffer.from(one.sealedSecret.slice(3), "base64url").toString("latin1")).not.toContain("secret");
  });

  it("opens with the same text after a restart", () => {
    expect(openSecretBox(["what the operator wrote"]).unseal(sealed(box, "a secret"))).toBe("a secret");
  });

  it("reports that another key was used, and does not reveal what it tried", () => {
    const other = openSecretBox(["something else"]);
    expect(() => other.unseal(sealed(box, "a secret"))).toThrow(
      "a stored secret does not open: the encryption key is not the one it was sealed with, or the database was changed",
    );
  });

  it("does not open what was changed, in any byte", () => {
    const key = sealed(box, "a secret");
    const bytes = Buffer.from(key.sealedSecret.slice(3), "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      const sealedSecret = `s2.${changed.toString("base64url")}`;
      expect(() => box.unseal({ ...key, sealedSecret })).toThrow("does not open");
    }
    for (const sealedSecret of ["", "s2.", "s3.AAAA", "plain"])
      expect(() => box.unseal({ ...key, sealedSecret })).toThrow("not in the form");
  });

  it("does not open a secret that was moved to another access key", () => {
    const key = sealed(box, "a secret");
    expect(() => box.unseal({ ...key, accessKeyId: "AKX" })).toThrow("does not open");
    expect(() => box.unseal({ ...key, sealedBy: undefined })).toThrow("not in the form");
  });

  it("opens what former keys sealed, and seals with the newest", () => {
    const both = openSecretBox(["a newer key", "what the operator wrote"]);
    expect(both.keyId).not.toBe(box.keyId);
    expect(both.unseal(sealed(box, "a secret"))).toBe("a secret");
    expect(both.seal("a secret", "AK").sealedBy).toBe(both.keyId);
    expect(() => box.unseal(sealed(both, "a secret"))).toThrow("does not open");
    expect([both.has(box.keyId), box.has(both.keyId)]).toEqual([true, false]);
  });

  it("opens what the first version sealed, with any of the keys", () => {
    for (const keys of [["old"], ["new", "old"], ["new", "old", "older"]] as const)
      expect(openSecretBox([...keys] as [string]).unseal(sealedFirst("old", "a secret"))).toBe("a secret");
    expect(() => openSecretBox(["new", "newer"]).unseal(sealedFirst("old", "a secret"))).toThrow("does not open");
  });

  it("takes a key of 32 bytes and no other", () => {
    const key = sealingKey("x");
    expect(openSecretBox([key]).unseal(sealed(openSecretBox(["x"]), "y"))).toBe("y");
    expect(() => openSecretBox([Buffer.alloc(16)])).toThrow("32 bytes");
  });
});

describe("the box of a running gateway", () => {
  it("reads the keys again for an id it does not know, and only then", async () => {
    let read = 0;
    const { unseal } = openLiveBox(["old"], async () => {
      read += 1;
      return ["new", "old"];
    });
    expect(await unseal(sealed(openSecretBox(["old"]), "a secret"))).toBe("a secret");
    expect(read).toBe(0);
    for (const _ of [1, 2]) expect(await unseal(sealed(openSecretBox(["new"]), "another"))).toBe("another");
    expect(read).toBe(1);
    await expect(unseal(sealed(openSecretBox(["unknown"]), "x"))).rejects.toThrow("does not open");
  });

  it("seals with the newest key, also one that came after it was opened", async () => {
    const keys: [string, ...string[]] = ["old"];
    const { seal } = openLiveBox(["old"], async () => keys);
    const { keyId: before } = openSecretBox(["old"]);
    expect((await seal("a secret", "AK")).sealedBy).toBe(before);
    keys.unshift("new");
    const { keyId: after } = openSecretBox(["new"]);
    expect((await seal("a secret", "AK")).sealedBy).toBe(after);
  });
});
