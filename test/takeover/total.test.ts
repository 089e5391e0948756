// What is counted beside the work ends with it.
import { expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { listPatiently } from "../../src/takeover/patiently.ts";
import { countAlong } from "../../src/takeover/total.ts";

it("is known once all was counted", async () => {
  async function* list() {
    yield { size: 3 };
    yield { size: 4 };
  }
  const total = countAlong(list);
  await expect.poll(() => total.amount()).toEqual({ objects: 2, bytes: 7 });
  await total.end();
});

it("ends at once where the count waits for a store that is away", async () => {
  let asked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let times = 0;
  const next = async (): Promise<IteratorResult<{ readonly key: string; readonly size: number }>> => {
    times += 1;
    asked();
    throw new BackendError("old", "unavailable");
  };
  const list = () => ({ [Symbol.asyncIterator]: () => ({ next }) });
  const total = countAlong((ended) => listPatiently(list, ended));
  await isAsked;
  await total.end();
  expect(times).toBe(1);
  expect(total.amount()).toBeUndefined();
});
