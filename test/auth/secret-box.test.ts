import { describe, expect, it } from "vitest";
import { openSecretBox, sealingKey } from "../../src/auth/secret-box.ts";

describe("a secret box", () => {
  const box = openSecretBox("what the operator wrote");

  it("gives back what was sealed", () => {
    for (const secret of ["", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "é😀"])
      expect(box.unseal(box.seal(secret))).toBe(secret);
  });

  it("seals the same secret differently each time, and shows nothing of it", () => {
    const [one, two] = [box.seal("a secret"), box.seal("a secret")];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.slice(3), "base64url").toString("latin1")).not.toContain("secret");
  });

  it("opens with the same text after a restart", () => {
    expect(openSecretBox("what the operator wrote").unseal(box.seal("a secret"))).toBe("a secret");
  });

  it("says clearly that another key was used, and does not tell what it tried", () => {
    const other = openSecretBox("something else");
    expect(() => other.unseal(box.seal("a secret"))).toThrow(
      "a stored secret does not open: the encryption key is not the one it was sealed with, or the database was changed",
    );
  });

  it("does not open what was changed, in any byte", () => {
    const sealed = box.seal("a secret");
    const bytes = Buffer.from(sealed.slice(3), "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => box.unseal(`s1.${changed.toString("base64url")}`)).toThrow("does not open");
    }
    for (const text of ["", "s1.", "s2.AAAA", "plain"]) expect(() => box.unseal(text)).toThrow("not in the form");
  });

  it("takes a key of 32 bytes and no other", () => {
    const key = sealingKey("x");
    expect(openSecretBox(key).unseal(openSecretBox("x").seal("y"))).toBe("y");
    expect(() => openSecretBox(Buffer.alloc(16))).toThrow("32 bytes");
  });
});
