import { expect, it } from "vitest";
import { migrations } from "../../src/metadata/migrations/list.ts";
import { onBothEngines } from "../support/engines.ts";

onBothEngines("Facts", (store) => {
  it("say which database it is, how large, at which schema, and what its own clock says", async () => {
    const { metadata, kind } = store();
    const { name, version, now, bytes, schema } = await metadata.facts();
    expect([name, schema]).toEqual([kind === "sqlite" ? "SQLite" : "PostgreSQL", migrations.length]);
    expect(version).toMatch(/^\d+\.\d+/);
    expect(bytes).toBeGreaterThan(10_000);
    if (kind === "sqlite") expect(now).toBeUndefined();
    // The test's own clock stands in 2024: the database is not asked for that one.
    else expect(Math.abs((now?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
  });
});
