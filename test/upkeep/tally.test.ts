// What writers noted of what is stored is added up by upkeep, and nothing is counted twice.
import { expect, it, onTestFinished } from "vitest";
import { makePostgres, makeSqlite, postgresUrl } from "../support/engines.ts";
import { openRig } from "../support/rig.ts";
import { MINUTE, pass } from "./repair-support.ts";

const engines = [
  ["SQLite", makeSqlite],
  ...(postgresUrl ? [["PostgreSQL", () => makePostgres(postgresUrl ?? "")] as const] : []),
] as const;

it.each(engines)("changes are added to the counts, on %s", async (_, make) => {
  const database = await make();
  onTestFinished(() => database.remove());
  await using rig = await openRig({ engine: database.engine });
  await rig.upkeep.runDue();
  for (const key of ["one", "two"]) await rig.put(key, Buffer.from(key));
  // As writers on PostgreSQL leave them.
  const set = { holders: "elsewhere", copies: 0, regions: "", referenced: 1, objects: 2, bytes: 6, logical_bytes: 6 };
  for (const blobs of [3, -1]) await database.knex("holding_changes").insert({ ...set, blobs });
  const before = await rig.metadata.holders.all();
  expect(before).toContainEqual(expect.objectContaining({ backends: ["elsewhere"], blobs: 2, objects: 4 }));
  await pass(rig, rig.upkeep, MINUTE);
  expect(await database.knex("holding_changes").select()).toEqual([]);
  expect(await rig.metadata.holders.all()).toEqual(before);
});
