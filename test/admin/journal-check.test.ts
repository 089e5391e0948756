// What the doctor and `nearbucket status` say of a journal, also where one backend has it alone.
import { expect, it } from "vitest";
import { checkJournal } from "../../src/admin/checks/journal.ts";
import { journalLines } from "../../src/cli/journal-text.ts";

const now = new Date("2026-11-27T12:00:00Z");
const HOUR_MS = 3_600_000;
const status = {
  ...({ mode: "interval", journal: "line", segment: 1204, writtenAt: new Date(now.getTime() - 3000) } as const),
  ...{ writtenTo: ["amsterdam"], complete: ["amsterdam", "toronto"], bytes: 3 * 1024 ** 2, waiting: 0 },
  ...{ snapshotAt: now, snapshotRows: 48_211, behindSince: undefined, reason: undefined, isOlder: false },
};

const said = (change: Partial<typeof status> = {}) => {
  const check = { mode: "interval", keyFile: undefined, snapshotHours: 24, now } as const;
  return checkJournal({ ...check, status: { ...status, ...change } }).map(({ level, says }) => `${level}: ${says}`);
};
const shown = (change: Partial<typeof status> = {}) => journalLines({ journal: { ...status, ...change }, now }).join();

it("names the backends that have it whole", () => {
  expect(said()).toEqual(["ok: is written, and whole on amsterdam and toronto"]);
  expect(said({ complete: [] })).toEqual(["ok: is written, and whole on no backend yet"]);
  expect(shown().replaceAll(/\s+/g, " ")).toContain("; whole on amsterdam and toronto.");
});

it("says of the only backend that the journal does not outlive it", () => {
  const complete = ["amsterdam"];
  expect(said({ complete })).toEqual([
    "ok: is written, and whole on amsterdam, the only backend: who loses that has lost both",
  ]);
  expect(shown({ complete }).replaceAll(/\s+/g, " ")).toContain("; whole on amsterdam alone, the only backend.");
});

it("asks of a late snapshot whether the backends take writes, however many there are", () => {
  const snapshotAt = new Date(now.getTime() - 80 * HOUR_MS);
  const late = { ...status, complete: ["amsterdam"], snapshotAt };
  const [finding] = checkJournal({ mode: "ack", status: late, keyFile: undefined, snapshotHours: 24, now });
  expect(finding).toMatchObject({ level: "warning", says: expect.stringContaining("has had no snapshot since") });
  expect(finding?.remedy).toContain("See that the backends are up");
});
