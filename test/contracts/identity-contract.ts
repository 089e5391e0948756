/** What every Backend promises about its identity: run by backend-contract.ts. */
import { expect, it } from "vitest";
import { type Backend, BackendError, type ListedBlob } from "../../src/backends/backend.ts";

/** What the store under test was given. */
export const IDENTITY = "0c8e2b1a-contract";

const soon = () => AbortSignal.timeout(5000);

/** The fault a promise rejects with; fails the test when it resolves or rejects with anything but a BackendError. */
async function faultOf(promise: Promise<unknown>): Promise<BackendError["fault"]> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof BackendError) return error.fault;
    throw error;
  }
  throw new Error("expected a BackendError");
}

async function keysOf(listing: AsyncIterable<ListedBlob>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

/** `backend`: established under `IDENTITY`. `open`: opens one on another, fresh store. */
export function identityContract(
  backend: () => Backend,
  open: () => Promise<{ readonly backend: Backend; close(): Promise<void> }>,
): void {
  it("shows the identity it was established under, for good", async () => {
    expect(await backend().identity(soon())).toBe(IDENTITY);
    await backend().establish(IDENTITY);
    expect(await faultOf(backend().establish("another-identity"))).toBe("refused");
    expect(await backend().identity(soon())).toBe(IDENTITY);
  });

  it("answers a probe for its own identity alone", async () => {
    await backend().probe(soon(), IDENTITY);
    expect(await faultOf(backend().probe(soon(), "another-identity"))).toBe("corrupt");
    await expect(backend().probe(AbortSignal.abort(new Error("over")), IDENTITY)).rejects.toThrow();
    await backend().probe(soon(), IDENTITY);
  });

  it("takes small writes that nobody sees among the blobs", async () => {
    const before = await keysOf(backend().list("blobs/"));
    await backend().probeWrite(soon());
    await backend().probeWrite(soon());
    expect(await keysOf(backend().list("blobs/"))).toEqual(before);
  });

  it("has no identity before it is established, and one of two that come at once", async () => {
    const fresh = await open();
    try {
      const found = await fresh.backend.identity(soon()).catch((error: BackendError) => error.fault);
      expect([undefined, "absent"]).toContain(found);
      expect(await faultOf(fresh.backend.probe(soon(), IDENTITY))).toBe("absent");
      if (found === undefined) expect(await fresh.backend.isEmpty()).toBe(true);
      else expect(await faultOf(fresh.backend.isEmpty())).toBe("absent");
      const two = ["identity-one", "identity-two"];
      const outcomes = await Promise.allSettled(two.map((identity) => fresh.backend.establish(identity)));
      const won = two.filter((_, index) => outcomes[index]?.status === "fulfilled");
      expect(won).toHaveLength(1);
      expect(await fresh.backend.identity(soon())).toBe(won[0]);
      await fresh.backend.probeWrite(soon());
      expect(await fresh.backend.isEmpty()).toBe(true);
      const sink = fresh.backend.write("blobs/ab/one", 3);
      await sink.write(Buffer.from("one"));
      await sink.finish();
      expect(await fresh.backend.isEmpty()).toBe(false);
    } finally {
      await fresh.close();
    }
  });
}
