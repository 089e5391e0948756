import { expect, it } from "vitest";
import { onBothEngines } from "../support/engines.ts";

const sealed = { sealedSecret: "sealed", sealedBy: "key 1" } as const;

onBothEngines("Pages of accounts and keys", (store) => {
  const addKey = async (accessKeyId: string, account: string) => {
    const { metadata } = store();
    const { id: accountId } = await metadata.accounts.ensure(account);
    const key = { accessKeyId, accountId, ...sealed, redirect: undefined, scope: {}, expiresAt: undefined };
    await metadata.accounts.createKey(key);
    return accountId;
  };

  it("hold keys in byte order, by account, with sessions or without", async () => {
    const { metadata, clock } = store();
    const alice = await addKey("b", "alice");
    for (const id of ["B", "a", "é"]) await addKey(id, "bob");
    const parent = { accessKeyId: "b", accountId: alice, scope: {}, redirect: undefined, isStored: true };
    const expiresAt = new Date(clock.now().getTime() + 1000);
    await metadata.sessions.create({ accessKeyId: "S", parent, expiresAt, ...sealed });
    const ids = async (page: Omit<Parameters<typeof metadata.accounts.keyPage>[0], "limit">, limit = 10) =>
      (await metadata.accounts.keyPage({ ...page, limit })).map(({ accessKeyId }) => accessKeyId);
    expect(await ids({})).toEqual(["B", "a", "b", "é"]);
    expect(await ids({ after: "B" }, 2)).toEqual(["a", "b"]);
    expect(await ids({ accountId: alice })).toEqual(["b"]);
    expect(await ids({ accountId: alice, sessions: true })).toEqual(["S", "b"]);
    expect(await ids({ accountId: alice, accessKeyId: "a", sessions: true })).toEqual([]);
    await expect(ids({ accessKeyId: "\0" })).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  it("count the keys and buckets of accounts, without sessions", async () => {
    const { metadata, clock } = store();
    const alice = await addKey("K1", "alice");
    await addKey("K2", "alice");
    await metadata.accounts.ensure("Zoe");
    const parent = { accessKeyId: "K1", accountId: alice, scope: {}, redirect: undefined, isStored: true };
    const expiresAt = new Date(clock.now().getTime() + 1000);
    await metadata.sessions.create({ accessKeyId: "S", parent, expiresAt, ...sealed });
    await metadata.buckets.create({ name: "pictures", accountId: alice, location: "", settings: {} });
    expect(await metadata.accounts.page({ limit: 10 })).toEqual([
      { name: "Zoe", keys: 0, buckets: 0 },
      { name: "alice", keys: 2, buckets: 1 },
    ]);
    expect(await metadata.accounts.page({ after: "Zoe", limit: 1 })).toMatchObject([{ name: "alice" }]);
  });

  it("make an account once", async () => {
    const { metadata } = store();
    expect((await metadata.accounts.create("alice"))?.name).toBe("alice");
    expect(await metadata.accounts.create("alice")).toBeUndefined();
  });
});
