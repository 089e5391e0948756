// How a trial shows that reads or writes work again, and what is no proof.
import { describe, expect, it, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { tryRead, tryWrite } from "../../src/backends/trial.ts";
import { failure } from "../contracts/backend-contract.ts";
import { openSlowLine } from "../support/slow-line.ts";
import { guarded } from "./swept.ts";

const KEY = "blobs/ab/key";
const BYTES = Buffer.alloc(4 * 1024 * 1024, "some bytes");

describe("a trial read", () => {
  /** Reads of `KEY` and `others` went well, then reads of `KEY` failed. */
  async function failing(others: readonly string[]) {
    const at = await guarded();
    for (const key of [KEY, ...others]) {
      at.store.keep(key, BYTES);
      await at.backend.read(key, BYTES.length);
    }
    const script = at.store.script({ method: "GET" }, { do: "status", status: 503 });
    for (let n = 0; n < 10; n++) await failure(at.backend.read(KEY, BYTES.length));
    expect(at.reads.state).toBe("open");
    script.remove();
    return {
      ...at,
      [Symbol.asyncDispose]: at[Symbol.asyncDispose],
      /** One trial after the pause; the keys that were asked for. */
      async tryAgain(pauseMs: number) {
        at.clock.at += pauseMs;
        const before = at.store.requests.length;
        at.reads.tryAgain((call) => tryRead(at.backend, call));
        expect(at.reads.state).toBe("half-open");
        await vi.waitFor(() => expect(at.reads.state).not.toBe("half-open"));
        return at.store.requests.slice(before).map(({ key }) => key);
      },
    };
  }

  it("takes the blob that was read last, and closes when it succeeds", async () => {
    await using at = await failing(["last"]);
    expect(await at.tryAgain(1000)).toEqual(["last"]);
    expect(at.reads.state).toBe("closed");
  });

  it("of a blob that is gone is no success: another one is taken at once", async () => {
    await using at = await failing(["last"]);
    at.store.remove("last");
    expect(await at.tryAgain(1000)).toEqual(["last"]);
    expect(at.reads.state).toBe("open");
    expect(await at.tryAgain(0)).toEqual([KEY]);
    expect(at.reads.state).toBe("closed");
  });

  it("never succeeds while all blobs it knows are gone, until one is read there", async () => {
    await using at = await failing([]);
    at.store.remove(KEY);
    for (const pauseMs of [1000, 0, 2000]) {
      expect(await at.tryAgain(pauseMs)).toEqual([KEY]);
      expect(at.reads.state).toBe("open");
    }
    at.store.keep("other", BYTES);
    await at.backend.read("other", BYTES.length);
    expect(at.reads.state).toBe("open");
    expect(await at.tryAgain(4000)).toEqual(["other"]);
    expect(at.reads.state).toBe("closed");
  });
});

describe("a trial write", () => {
  const openedBy = async (size: number, line?: Parameters<typeof guarded>[0]) => {
    const at = await guarded(line);
    for (const each of [size, size, size, size, 1])
      at.writes.begin({ key: KEY, size: each }).failed(new BackendError("far", "unavailable"));
    expect(at.writes.state).toBe("open");
    at.clock.at += 1000;
    return at;
  };

  it.each([
    [1, 64 * 1024],
    [1024 * 1024, 1024 * 1024],
    [1024 ** 3, 4 * 1024 * 1024],
  ])("after %i bytes failed is of %i, and leaves nothing", async (size, sent) => {
    await using at = await openedBy(size);
    at.writes.tryAgain((call) => tryWrite(at.backend, call));
    await vi.waitFor(() => expect(at.writes.state).toBe("closed"), { timeout: 10_000 });
    expect(at.store.requests[0]?.headers["content-length"]).toBe(`${sent}`);
    await vi.waitFor(() => expect([...at.store.objects.keys()]).toEqual([]));
  });

  it("over a slow line succeeds, though it seems to stand still", async () => {
    await using at = await openedBy(700 * 1024, (endpoint) => openSlowLine(endpoint, 512 * 1024));
    at.writes.tryAgain((call) => tryWrite(at.backend, call));
    // A call stands still after 200 ms.
    const sweeps = setInterval(() => at.writes.sweep(200, []), 40);
    await vi.waitFor(() => expect(at.writes.state).not.toBe("half-open"), { timeout: 20_000 });
    clearInterval(sweeps);
    expect(at.writes.state).toBe("closed");
  });
});
