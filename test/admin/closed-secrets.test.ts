import { expect, it } from "vitest";
import { type ClosedSecrets, checkOpens } from "../../src/admin/closed-secrets.ts";
import { openLog } from "../../src/log.ts";

const check = (secrets: Partial<ClosedSecrets>): readonly Record<string, unknown>[] => {
  const lines: Record<string, unknown>[] = [];
  const log = openLog("info", { write: (line) => void lines.push(JSON.parse(line)) });
  checkOpens({ keys: 0, closedKeys: 0, backends: [], closedBackends: [], ...secrets }, log);
  return lines;
};

it("says in one line which secrets do not open, while others do", () => {
  expect(check({ keys: 3, closedKeys: 2, backends: ["a", "b"], closedBackends: ["b"] })).toEqual([
    expect.objectContaining({ level: 50, accessKeys: 2, of: 3, backends: ["b"] }),
  ]);
  expect(check({ keys: 3, closedKeys: 3, backends: ["a"] })).toHaveLength(1);
});

it("says nothing where all open, or none is stored, and throws where none opens", () => {
  expect(check({ keys: 3, backends: ["a"] })).toEqual([]);
  expect(check({})).toEqual([]);
  expect(() => check({ keys: 1, closedKeys: 1 })).toThrow("opens none of the 1 secrets");
  expect(() => check({ backends: ["a"], closedBackends: ["a"] })).toThrow("opens none of the 1 secrets");
});
