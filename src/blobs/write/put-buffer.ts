/**
 * A small body in memory -> `copies` backends; one that fails is replaced by the next, and when there is none, tried
 * once more.
 */
import type { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { Site } from "../replicas/placement.ts";
import { hopeless, tooFewBackends } from "../replicas/placer.ts";
import { openOutlet, type Stores } from "./context.ts";

export interface Written {
  /** A reserved name that holds the bytes on each of `backends`. */
  readonly name: string;
  readonly backends: readonly string[];
}

/** Throws ServiceUnavailable when fewer than `needed` backends took the bytes; then the name is discarded. */
export async function writeBuffer(stores: Stores, buffer: Buffer, md5: string, needed: number): Promise<Written> {
  const { sites, names } = stores;
  const name = await names.take();
  const held: Site[] = [];
  const tried = new Set<string>();
  const failures: BackendError[] = [];
  const writeTo = async (member: FleetMember) => {
    const startedAt = performance.now();
    tried.add(member.backend.name);
    const outlet = openOutlet(
      stores,
      member,
      () => member.backend.write(name, buffer.length),
      (failure) => failures.push(failure),
    );
    if (buffer.length > 0) await outlet.write(buffer);
    if (!(await outlet.finish(md5))) return;
    held.push(outlet.site);
    sites.fleet.reportSuccess(outlet.site.name, performance.now() - startedAt);
  };
  const writeToNew = async () => {
    while (held.length < sites.copies) {
      const members = sites.draw(held, tried);
      if (members.length === 0) return;
      await Promise.all(members.map(writeTo));
    }
  };
  await writeToNew();
  if (held.length < sites.copies && sites.canBeEnough(held, hopeless(failures), needed)) {
    for (const { backend } of failures) if (!hopeless(failures).has(backend)) tried.delete(backend);
    await writeToNew();
  }
  if (!sites.isEnough(held, needed)) {
    await names.discard(name);
    throw tooFewBackends(failures);
  }
  return { name, backends: held.map((site) => site.name) };
}
