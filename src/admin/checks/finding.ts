/** What `nearbucket doctor` finds: one sentence each, and what to do about it. */

export type Level = "ok" | "warning" | "error";

export interface Finding {
  readonly level: Level;
  /** A stable name, for scripts. */
  readonly check: string;
  /** Which backend, directory or address it is about; undefined: the gateway as a whole. */
  readonly subject: string | undefined;
  readonly says: string;
  /** Undefined where all is well. */
  readonly remedy: string | undefined;
}

type Told = Omit<Finding, "level" | "remedy">;

export function ok(check: string, subject: string | undefined, says: string): Finding {
  return { level: "ok", check, subject, says, remedy: undefined };
}

export function warning(told: Told & { readonly remedy: string }): Finding {
  return { level: "warning", ...told };
}

export function error(told: Told & { readonly remedy: string }): Finding {
  return { level: "error", ...told };
}

const LEVELS: readonly Level[] = ["ok", "warning", "error"];

/** 0: all is well, 1: warnings, 2: errors. */
export function severity(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ level }) => LEVELS.indexOf(level)));
}
