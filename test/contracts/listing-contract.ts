/** What every Backend promises about a listing that goes on after a key: run by backend-contract.ts. */
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";

export function listingContract(
  backend: () => Backend,
  put: (backend: Backend, key: string, bytes: Buffer) => Promise<unknown>,
): void {
  const keysOf = async (prefix: string, after?: string) => {
    const keys: string[] = [];
    for await (const { key } of backend().list(prefix, after)) keys.push(key);
    return keys;
  };

  it("begins after any key, listed or not, and gives what a whole listing gives from there on", async () => {
    const root = `list-${randomBytes(4).toString("hex")}`;
    for (const name of ["B", "a-b", "a/b", "a/c-d", "a/c/d", "a0", "z"])
      await put(backend(), `${root}/${name}`, Buffer.from(name));
    const all = await keysOf(`${root}/`);
    expect(all).toHaveLength(7);
    const others = ["", "A", "a", "a/", "a/c", "a/c/", "a/c/e", "a/z", "b/c/d", "zz"].map((name) => `${root}/${name}`);
    for (const after of [...all, ...others]) {
      const later = all.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
      expect(await keysOf(`${root}/`, after), after).toEqual(later);
    }
    expect(await keysOf(`${root}/`, "list")).toEqual(all);
    expect(await keysOf(`${root}/`, "m")).toEqual([]);
  });
}
