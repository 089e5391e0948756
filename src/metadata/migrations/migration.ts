/** The type of a migration. */

export type Dialect = "sqlite" | "postgres";

export interface Migration {
  readonly name: string;
  /** Run in order, in one transaction. */
  readonly statements: (dialect: Dialect) => readonly string[];
}
