// Sessions and sign-in links in the database: exactly once, and never beyond their parent.
import { expect, it } from "vitest";
import { onBothEngines } from "../support/engines.ts";

const sealed = { sealedSecret: "sealed", sealedBy: "key 1" } as const;
const HOUR_MS = 3_600_000;

onBothEngines("Sessions", (store) => {
  const addKey = async (accessKeyId: string) => {
    const { metadata } = store();
    const { id: accountId } = await metadata.accounts.ensure("alice");
    const [scope, redirect] = [{ readOnly: true } as const, "off" as const];
    await metadata.accounts.createKey({ accessKeyId, accountId, ...sealed, redirect, scope, expiresAt: undefined });
    return { accessKeyId, accountId, scope, redirect, isStored: true };
  };
  const begin = (accessKeyId: string, parent: Awaited<ReturnType<typeof addKey>>, hours = 1) => {
    const { metadata, clock } = store();
    const expiresAt = new Date(clock.now().getTime() + hours * HOUR_MS);
    return metadata.sessions.create({ accessKeyId, parent, expiresAt, ...sealed });
  };

  it("are found with how their parent stands", async () => {
    const { metadata, clock } = store();
    expect(await begin("SESSION", await addKey("PARENT"))).toBe("made");
    expect(await metadata.accounts.findKey("SESSION")).toEqual({
      accessKeyId: "SESSION",
      account: await metadata.accounts.ensure("alice"),
      ...sealed,
      createdAt: clock.now(),
      redirect: "off",
      scope: { readOnly: true },
      disabled: false,
      expiresAt: new Date(clock.now().getTime() + HOUR_MS),
      sessionOf: "PARENT",
      parent: { disabled: false, expiresAt: undefined },
    });
  });

  it("of a key that is not in the database stand without a parent", async () => {
    const { metadata } = store();
    const { accountId } = await addKey("OTHER");
    const parent = { accessKeyId: "ROOT", accountId, scope: {}, redirect: undefined, isStored: false };
    expect(await metadata.sessions.create({ accessKeyId: "S", parent, expiresAt: new Date(8e14), ...sealed })).toBe(
      "made",
    );
    expect(await metadata.accounts.findKey("S")).toMatchObject({ sessionOf: "ROOT", parent: undefined });
  });

  it.each(["revoked", "disabled"])("cannot begin, and end, when their parent is %s", async (how) => {
    const { metadata, openAnother } = store();
    const parent = await addKey("PARENT");
    await begin("SESSION", parent);
    await begin("OTHERS", await addKey("ANOTHER"));
    await metadata.accounts.findKey("SESSION");
    const elsewhere = await openAnother();
    if (how === "revoked") await elsewhere.accounts.revokeKey("PARENT");
    else await elsewhere.accounts.setDisabled("PARENT", true);
    expect(await metadata.accounts.findKey("SESSION")).toBeUndefined();
    expect(await metadata.accounts.findKey("OTHERS")).toBeDefined();
    expect(await begin("LATE", parent)).toBe("ended");
    expect(await metadata.accounts.findKey("LATE")).toBeUndefined();
  });

  it("that begin while their parent is revoked do not outlive it", async () => {
    const { metadata, openAnother } = store();
    const elsewhere = await openAnother();
    for (let round = 0; round < 10; round += 1) {
      const parent = await addKey("PARENT");
      await Promise.all([
        ...Array.from({ length: 4 }, (_, index) => begin(`S${round}-${index}`, parent)),
        elsewhere.accounts.revokeKey("PARENT"),
      ]);
    }
    expect((await metadata.accounts.listKeys()).map(({ accessKeyId }) => accessKeyId)).toEqual([]);
  });

  it("left by a key that had the same id before end when a key with that id is made", async () => {
    const { metadata } = store();
    const { accountId } = await addKey("OTHER");
    const parent = { accessKeyId: "SAME", accountId, scope: {}, redirect: undefined, isStored: false };
    await metadata.sessions.create({ accessKeyId: "S", parent, expiresAt: new Date(8e14), ...sealed });
    await addKey("SAME");
    expect(await metadata.accounts.findKey("S")).toBeUndefined();
  });

  it("stay when a key with an id that is taken is refused", async () => {
    const { metadata } = store();
    await begin("SESSION", await addKey("PARENT"));
    await expect(addKey("PARENT")).rejects.toMatchObject({ code: "InvalidArgument" });
    expect(await metadata.accounts.findKey("SESSION")).toBeDefined();
  });

  it("are limited to a thousand of one key that are not over", async () => {
    const { metadata, clock } = store();
    const parent = await addKey("PARENT");
    for (let number = 0; number < 1000; number += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => begin(`S${number + index}`, parent)));
    expect(await begin("MORE", parent)).toBe("full");
    expect(await begin("OTHERS", await addKey("ANOTHER"))).toBe("made");
    clock.advance(HOUR_MS);
    expect(await begin("MORE", parent)).toBe("made");
    await metadata.sessions.forgetOver();
    expect((await metadata.accounts.listKeys()).map(({ accessKeyId }) => accessKeyId)).toEqual([
      "ANOTHER",
      "MORE",
      "PARENT",
    ]);
  });

  it("that are over are forgotten by the cache too", async () => {
    const { metadata, clock } = store();
    await begin("SESSION", await addKey("PARENT"));
    await metadata.accounts.findKey("SESSION");
    clock.advance(HOUR_MS);
    await metadata.sessions.forgetOver();
    expect(await metadata.accounts.findKey("SESSION")).toBeUndefined();
    expect(await metadata.accounts.findKey("PARENT")).toBeDefined();
  });
});

onBothEngines("Sign-in links", (store) => {
  const soon = () => new Date(store().clock.now().getTime() + HOUR_MS);

  it("are taken by exactly one of twenty, over two connections to the database", async () => {
    const { metadata, openAnother } = store();
    const elsewhere = await openAnother();
    await metadata.sessions.addLink("hash", "KEY", soon());
    const tries = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? metadata : elsewhere).sessions.takeLink("hash"),
    );
    expect((await Promise.all(tries)).filter((found) => found !== undefined)).toEqual(["KEY"]);
  });

  it("are over from the moment they say, and then deleted", async () => {
    const { metadata, clock, look } = store();
    await metadata.sessions.addLink("one", "KEY", soon());
    await metadata.sessions.addLink("two", "KEY", soon());
    clock.advance(HOUR_MS);
    expect(await metadata.sessions.takeLink("one")).toBeUndefined();
    await metadata.sessions.forgetOver();
    expect(await look((knex) => knex("sign_in_links").select("token_hash"))).toEqual([]);
  });

  it("are limited to a thousand of one key that are not over", async () => {
    const { metadata, clock } = store();
    for (let number = 0; number < 1000; number += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => metadata.sessions.addLink(`h${number + index}`, "KEY", soon())),
      );
    expect(await metadata.sessions.addLink("more", "KEY", soon())).toBe(false);
    expect(await metadata.sessions.addLink("more", "ANOTHER", soon())).toBe(true);
    clock.advance(HOUR_MS);
    expect(await metadata.sessions.addLink("later", "KEY", soon())).toBe(true);
  });
});
