/** `nearbucket backends orphans`: what a backend holds and the database does not know, and the word to delete it. */
import type { Command } from "commander";
import { confirmOrphans, type OrphanReport, reportOrphans } from "../admin/orphans.ts";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import { audit } from "./audit.ts";
import { columns } from "./columns.ts";
import { count, counted, size, wrap } from "./layout.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends WhereOptions {
  readonly json?: true;
  readonly delete?: true;
}

const LISTED = 1000;

export function addOrphans(backends: Command, terminal: Terminal): void {
  withWhere(
    backends.command("orphans").description("list what a backend holds and the database does not know, or confirm it"),
  )
    .argument("<name>")
    .option("--json", "as one JSON document")
    .option("--delete", "delete those found so far, however many, when each has been there for graceHours")
    .action((name: string, { json, delete: isConfirmed, ...where }: Options) =>
      administer(where, terminal, async ({ metadata }) => {
        if (isConfirmed) {
          const confirmed = await confirmOrphans(metadata, name);
          audit(terminal, "backends orphans --delete", { backend: name, confirmed });
          terminal.complain(`${counted(confirmed, "key")} more will be deleted from ${name} after graceHours`);
        }
        const report = await reportOrphans(metadata, name, { limit: LISTED });
        terminal.print(json ? JSON.stringify(report, undefined, 2) : orphansText(report));
      }),
    );
}

function orphansText({ backend, walkedAt, keys, bytes, unconfirmed, isHeld, orphans }: OrphanReport): string {
  if (walkedAt === undefined) return `${backend} had no inventory yet: it begins while a gateway runs.`;
  const known = `As of ${walkedAt.toISOString()}, ${backend} holds`;
  if (keys === 0) return `${known} nothing that the database does not know.`;
  const more = keys - orphans.length;
  return [
    wrap(`${known} ${counted(keys, "key")}, ${size(bytes)}, that the database does not know.`, ""),
    ...(isHeld && unconfirmed > 0 ? [heldText(backend)] : []),
    columns(
      [
        ["KEY", "BYTES", "FOUND", "CONFIRMED"],
        ...orphans.map(({ storageKey, size: length, foundAt, isConfirmed }) => [
          storageKey,
          count(length),
          foundAt.toISOString(),
          isConfirmed ? "yes" : "no",
        ]),
      ],
      ["BYTES"],
    ),
    ...(more > 0 ? [`and ${counted(more, "key")} more`] : []),
  ].join("\n");
}

function heldText(backend: string): string {
  return [
    wrap("They are so many that the database may be an older copy. Nothing is deleted before you confirm it:", ""),
    `  nearbucket backends orphans ${backend} --delete`,
  ].join("\n");
}
