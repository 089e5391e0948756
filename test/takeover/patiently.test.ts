// What is asked again of a store that does not answer, and where a listing goes on.
import { expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { listPatiently, patiently } from "../../src/takeover/patiently.ts";

const { signal } = new AbortController();
const KEYS = ["a", "b", "c", "d"];
const away = () => new BackendError("old", "unavailable", {});

it("goes on behind what a listing told before it broke off", async () => {
  const asked: (string | undefined)[] = [];
  async function* list(after: string | undefined) {
    asked.push(after);
    for (const key of KEYS.filter((each) => each > (after ?? ""))) {
      if (key === "c" && asked.length < 3) throw away();
      yield { key };
    }
  }
  const told: string[] = [];
  for await (const { key } of listPatiently(list, signal)) told.push(key);
  expect(told).toEqual(KEYS);
  expect(asked).toEqual([undefined, "b", "b"]);
});

it("asks once where the answer would stay the same, or nobody waits for it any more", async () => {
  let count = 0;
  const failing = (error: Error) => async () => {
    count += 1;
    throw error;
  };
  await expect(patiently(failing(new BackendError("old", "refused", {})), signal)).rejects.toThrow("refused");
  const stopped = new AbortController();
  const pausing = patiently(failing(away()), stopped.signal);
  stopped.abort(new Error("it was stopped"));
  await expect(pausing).rejects.toThrow();
  await expect(patiently(failing(away()), stopped.signal)).rejects.toThrow("it was stopped");
  expect(count).toBe(2);
});
