/**
 * A blob knows how many copies it should have and in which regions it may stand, where these are not the gateway's own
 * rules; holdings count the blobs by that too.
 */
import type { Dialect, Migration } from "./migration.ts";

type Row = "NEW" | "OLD";

const KEYS = ["holders", "copies", "regions", "referenced"] as const;
const AMOUNTS = ["blobs", "objects", "bytes", "logical_bytes"] as const;
const columns = [...KEYS, ...AMOUNTS].join(", ");
const counts = AMOUNTS.map((name) => `${name} BIGINT NOT NULL`).join(", ");

const tables = (text: string, id: string) => {
  const keys = `holders ${text} NOT NULL, copies INTEGER NOT NULL, regions ${text} NOT NULL,
    referenced INTEGER NOT NULL`;
  return [
    // `copies`: the most that any of its objects asks for; 0: as many as the gateway keeps. `regions`: names in byte
    // order with blanks between them; empty: anywhere.
    "ALTER TABLE blobs ADD COLUMN copies INTEGER NOT NULL DEFAULT 0",
    `ALTER TABLE blobs ADD COLUMN regions ${text} NOT NULL DEFAULT ''`,
    // As many as the object itself asks for; 0: what its bucket does.
    "ALTER TABLE objects ADD COLUMN copies INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE uploads ADD COLUMN copies INTEGER NOT NULL DEFAULT 0",
    `ALTER TABLE uploads ADD COLUMN regions ${text} NOT NULL DEFAULT ''`,

    "DROP TABLE holdings",
    "DROP TABLE holding_changes",
    `CREATE TABLE holdings (${keys}, ${counts}, PRIMARY KEY (${KEYS.join(", ")}))`,
    `CREATE TABLE holding_changes (id ${id}, ${keys}, ${counts})`,
    `INSERT INTO holdings (${columns})
    SELECT holders, copies, regions, CASE WHEN ref_count > 0 THEN 1 ELSE 0 END,
      COUNT(*), SUM(ref_count), SUM(size), SUM(ref_count * size)
    FROM blobs GROUP BY 1, 2, 3, 4`,
  ];
};

/** A blob that comes or goes, as a row of holdings. */
function amounts(row: Row): string {
  const count = row === "NEW" ? "1" : "-1";
  return `(${row}.holders, ${row}.copies, ${row}.regions, CASE WHEN ${row}.ref_count > 0 THEN 1 ELSE 0 END,
      ${count}, ${count} * ${row}.ref_count, ${count} * ${row}.size, ${count} * ${row}.ref_count * ${row}.size)`;
}

const COUNTED = ["holders", "ref_count", "size", "copies", "regions"];
const isOther = COUNTED.map((name) => `OLD.${name} <> NEW.${name}`).join(" OR ");

const REACTIONS = [
  { name: "blob_comes", to: "INSERT ON blobs", when: undefined, rows: [amounts("NEW")] },
  {
    ...{ name: "blob_changes", to: `UPDATE OF ${COUNTED.join(", ")} ON blobs`, when: isOther },
    rows: [amounts("OLD"), amounts("NEW")],
  },
  { name: "blob_goes", to: "DELETE ON blobs", when: undefined, rows: [amounts("OLD")] },
];

/** One connection writes at a time: straight into holdings. */
function onSqlite(): readonly string[] {
  const sums = AMOUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
  const add = (row: string) =>
    `INSERT INTO holdings (${columns}) VALUES ${row} ON CONFLICT (${KEYS.join(", ")}) DO UPDATE SET ${sums};`;
  return REACTIONS.map(
    ({ name, to, when, rows }) =>
      `CREATE TRIGGER ${name} AFTER ${to} ${when === undefined ? "" : `WHEN ${when}`}
      BEGIN ${rows.map(add).join(" ")} END`,
  );
}

/** Where many write at once, each adds rows, and none waits for another. */
function onPostgres(): readonly string[] {
  return REACTIONS.flatMap(({ name, to, when, rows }) => [
    `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO holding_changes (${columns}) VALUES ${rows.join(", ")}; RETURN NULL; END $$`,
    `CREATE TRIGGER ${name} AFTER ${to} FOR EACH ROW ${when === undefined ? "" : `WHEN (${when})`}
      EXECUTE FUNCTION ${name}()`,
  ]);
}

const dropOnSqlite = REACTIONS.map(({ name }) => `DROP TRIGGER ${name}`);
const dropOnPostgres = REACTIONS.map(({ name }) => `DROP TRIGGER ${name} ON blobs`);

export const placement: Migration = {
  name: "008-placement",
  statements: (dialect: Dialect) =>
    dialect === "sqlite"
      ? [...dropOnSqlite, ...tables("TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT"), ...onSqlite()]
      : [
          ...dropOnPostgres,
          ...tables('TEXT COLLATE "C"', "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
          ...onPostgres(),
        ],
};
