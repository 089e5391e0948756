// The rows of what gateways did: kept in order of time, one a gateway and step, deleted when they are old.
import { expect, it } from "vitest";
import { onBothEngines } from "../support/engines.ts";

const step = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes));

onBothEngines("History", (store) => {
  const add = (minutes: number, gateway: string, sample = "{}") =>
    store().metadata.history.add({ at: step(minutes), gateway, sample });
  const since = (minutes: number) => store().metadata.history.since(step(minutes));

  it("gives back what gateways wrote since then, in order of time", async () => {
    await add(10, "b");
    await add(5, "a");
    await add(10, "a", '{"requests":1}');
    expect(await since(0)).toEqual([
      { at: step(5), gateway: "a", sample: "{}" },
      { at: step(10), gateway: "a", sample: '{"requests":1}' },
      { at: step(10), gateway: "b", sample: "{}" },
    ]);
    expect(await since(10)).toHaveLength(2);
    expect(await since(11)).toEqual([]);
  });

  it("keeps the first row of a gateway and step", async () => {
    await add(5, "a", "1");
    await add(5, "a", "2");
    expect((await since(0)).map(({ sample }) => sample)).toEqual(["1"]);
  });

  it("forgets steps that began before", async () => {
    for (const minutes of [0, 5, 10]) await add(minutes, "a");
    expect(await store().metadata.history.forget(step(10))).toBe(2);
    expect((await since(0)).map(({ at }) => at)).toEqual([step(10)]);
  });
});
