/**
 * What is stored is counted as it changes, by triggers, so that asking never walks all blobs. A blob knows the backends
 * that hold a good replica of it; holdings count the blobs by that set.
 */
import type { Dialect, Migration } from "./migration.ts";

type Row = "NEW" | "OLD";

const AMOUNTS = ["blobs", "objects", "bytes", "logical_bytes"] as const;
const columns = ["holders", "referenced", ...AMOUNTS].join(", ");
const counts = AMOUNTS.map((name) => `${name} BIGINT NOT NULL`).join(", ");

/**
 * A trigger's text must suit every SQLite that opens the file, such as a shell that backs it up: ORDER BY inside of an
 * aggregate came with 3.44, so the rows come in order.
 */
const held = `COALESCE((SELECT group_concat(backend, ' ') FROM (SELECT backend FROM replicas
    WHERE replicas.blob_id = blobs.id AND replicas.state = 'verified' ORDER BY backend) AS good), '')`;

const tables = (text: string, id: string) => [
  // The names of the backends with a verified replica, in byte order, with blanks between them.
  `ALTER TABLE blobs ADD COLUMN holders ${text} NOT NULL DEFAULT ''`,
  `UPDATE blobs SET holders = ${held}`,

  // `bytes`: of one copy each; `logical_bytes`: as often as objects refer to them.
  `CREATE TABLE holdings (holders ${text} NOT NULL, referenced INTEGER NOT NULL, ${counts},
    PRIMARY KEY (holders, referenced))`,
  `INSERT INTO holdings (${columns})
  SELECT holders, CASE WHEN ref_count > 0 THEN 1 ELSE 0 END, COUNT(*), SUM(ref_count), SUM(size), SUM(ref_count * size)
  FROM blobs GROUP BY 1, 2`,
  // Added up in holdings later: where many write at once, each adds rows here, and none waits for another.
  `CREATE TABLE holding_changes (id ${id}, holders ${text} NOT NULL, referenced INTEGER NOT NULL, ${counts})`,

  "CREATE INDEX replicas_not_good ON replicas (backend) WHERE state <> 'verified'",
];

/** A blob that comes or goes, as a row of holdings. */
function amounts(row: Row): string {
  const count = row === "NEW" ? "1" : "-1";
  return `(${row}.holders, CASE WHEN ${row}.ref_count > 0 THEN 1 ELSE 0 END,
      ${count}, ${count} * ${row}.ref_count, ${count} * ${row}.size, ${count} * ${row}.ref_count * ${row}.size)`;
}

/** Counts the backends of the replica's blob anew where they do not fit the replica as it is now. */
function hold(row: Row): string {
  const isNamed = `instr(' ' || blobs.holders || ' ', ' ' || ${row}.backend || ' ') > 0`;
  const isWrong = row === "NEW" ? `(${isNamed}) <> (NEW.state = 'verified')` : isNamed;
  return `UPDATE blobs SET holders = ${held} WHERE id = ${row}.blob_id AND ${isWrong}`;
}

interface Reaction {
  readonly name: string;
  readonly to: string;
  readonly when?: string;
  readonly statements: readonly string[];
}

function reactions(add: (...rows: readonly string[]) => readonly string[]): readonly Reaction[] {
  const isOther = ["holders", "ref_count", "size"].map((name) => `OLD.${name} <> NEW.${name}`).join(" OR ");
  return [
    { name: "blob_comes", to: "INSERT ON blobs", statements: add(amounts("NEW")) },
    {
      ...{ name: "blob_changes", to: "UPDATE OF holders, ref_count, size ON blobs", when: isOther },
      statements: add(amounts("OLD"), amounts("NEW")),
    },
    { name: "blob_goes", to: "DELETE ON blobs", statements: add(amounts("OLD")) },
    { name: "replica_comes", to: "INSERT ON replicas", statements: [hold("NEW")] },
    {
      ...{ name: "replica_changes", to: "UPDATE OF state ON replicas", when: "OLD.state <> NEW.state" },
      statements: [hold("NEW")],
    },
    {
      ...{ name: "replica_goes", to: "DELETE ON replicas", when: "OLD.state = 'verified'" },
      statements: [hold("OLD")],
    },
  ];
}

/** One connection writes at a time: straight into holdings. */
function onSqlite(): readonly string[] {
  const sums = AMOUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
  const add = (...rows: readonly string[]) =>
    rows.map(
      (row) => `INSERT INTO holdings (${columns}) VALUES ${row}
      ON CONFLICT (holders, referenced) DO UPDATE SET ${sums}`,
    );
  return reactions(add).map(
    ({ name, to, when, statements }) =>
      `CREATE TRIGGER ${name} AFTER ${to} ${when === undefined ? "" : `WHEN ${when}`}
      BEGIN ${statements.map((each) => `${each};`).join(" ")} END`,
  );
}

function onPostgres(): readonly string[] {
  const add = (...rows: readonly string[]) => [`INSERT INTO holding_changes (${columns}) VALUES ${rows.join(", ")}`];
  return reactions(add).flatMap(({ name, to, when, statements }) => [
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${statements.join("; ")}; RETURN NULL; END $$`,
    `CREATE TRIGGER ${name} AFTER ${to} FOR EACH ROW ${when === undefined ? "" : `WHEN (${when})`}
      EXECUTE FUNCTION ${name}()`,
  ]);
}

export const holdings: Migration = {
  name: "005-holdings",
  statements: (dialect: Dialect) =>
    dialect === "sqlite"
      ? [...tables("TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT"), ...onSqlite()]
      : [...tables('TEXT COLLATE "C"', "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"), ...onPostgres()],
};
