/** Is there room where the gateway writes? And do disks that count as two stand on one device? */
import { stat, statfs } from "node:fs/promises";
import { reasonOf } from "../../log.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

/** A place where the gateway writes. */
export interface WrittenPlace {
  /** `the database`, `the disk of basement`. */
  readonly what: string;
  readonly path: string;
  /** A disk that counts as a backend of its own. */
  readonly isBackend: boolean;
}

const GIB = 1024 ** 3;
const REMEDY = "Make room, or move it to a larger disk: what cannot be written is refused with 503.";

/** One finding for each device, and one for each that holds several backends. */
export async function checkSpace(places: readonly WrittenPlace[]): Promise<readonly Finding[]> {
  const devices = new Map<number, WrittenPlace[]>();
  const findings: Finding[] = [];
  for (const place of places)
    try {
      const { dev } = await stat(place.path);
      devices.set(dev, [...(devices.get(dev) ?? []), place]);
    } catch (failure) {
      const says = `${place.what} is not there: ${reasonOf(failure)}`;
      const remedy = "Mount the disk, or correct the path in the configuration.";
      findings.push(warning({ check: "space", subject: place.path, says, remedy }));
    }
  for (const held of devices.values()) findings.push(await spaceOf(held), ...sharedDevice(held));
  return findings;
}

async function spaceOf(held: readonly WrittenPlace[]): Promise<Finding> {
  const path = held[0]?.path ?? "";
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  const share = files === 0 ? 1 : ffree / files;
  return judgeSpace(held.map(({ what }) => what).join(", "), path, {
    free: bavail * bsize,
    total: blocks * bsize,
    freeFiles: share,
  });
}

interface Room {
  /** Bytes. */
  readonly free: number;
  readonly total: number;
  /** The share of files that can still be made: 0 to 1. */
  readonly freeFiles: number;
}

export function judgeSpace(what: string, path: string, { free, total, freeFiles }: Room): Finding {
  const about = { check: "space", subject: path, remedy: REMEDY };
  const percent = Math.floor((100 * free) / Math.max(1, total));
  const says = `${(free / GIB).toFixed(1)} GiB (${percent} %) are free for ${what}`;
  if (free < GIB / 4 || (percent < 2 && free < 10 * GIB)) return error({ ...about, says });
  if (percent < 10 && free < 100 * GIB) return warning({ ...about, says });
  if (freeFiles < 0.02) return warning({ ...about, says: `hardly any more files can be made for ${what}` });
  return ok("space", path, says);
}

/** A backend that is no disk of this machine, or of which only a part may be filled; as its gateway sees it. */
export function judgeBackendSpace(
  backend: string,
  space: { readonly free: number; readonly total: number } | undefined,
): readonly Finding[] {
  if (space === undefined) return [];
  const percent = Math.floor((100 * space.free) / Math.max(1, space.total));
  const says = `${(space.free / GIB).toFixed(1)} of ${(space.total / GIB).toFixed(1)} GiB (${percent} %) are free`;
  if (percent >= 10) return [ok("space", backend, says)];
  const remedy = "Make room, raise sizeBytes, or add a backend: new blobs go to the others before this one is full.";
  return [warning({ check: "space", subject: backend, says, remedy })];
}

function sharedDevice(held: readonly WrittenPlace[]): readonly Finding[] {
  const disks = held.filter(({ isBackend }) => isBackend);
  if (disks.length < 2) return [];
  const says = `one device holds ${disks.map(({ what }) => what).join(" and ")}: they are lost together`;
  return [
    warning({ check: "devices", subject: disks[0]?.path, says, remedy: "Give each backend a device of its own." }),
  ];
}
