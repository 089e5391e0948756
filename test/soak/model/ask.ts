/** One request to one gateway: how it ended, and whether it may end so. */
import { S3Error } from "../../../src/errors.ts";
import type { Request } from "./steps.ts";
import type { Gateway, World } from "./world.ts";

export type Outcome<T> =
  | { readonly end: "done"; readonly value: T }
  | { readonly end: "refused"; readonly code: string }
  /** Its gateway died. Nobody knows what took effect. */
  | { readonly end: "cut" };

/** Throws whatever is no S3Error. A gateway that died is replaced by a new one. */
export async function ask<T>(
  world: World,
  { gateway: index, fault, besideJobs }: Request,
  work: (gateway: Gateway) => Promise<T>,
): Promise<Outcome<T>> {
  const gateway = world.gateways[index];
  const beside = besideJobs ? world.gateways[index === 0 ? 1 : 0].upkeep.runDue() : undefined;
  gateway.life.arm(fault);
  const cut = gateway.life.death.then(() => ({ end: "cut" }) as const);
  const outcome = await Promise.race([outcomeOf(work(gateway)), cut]);
  await beside;
  gateway.life.arm(undefined);
  if (gateway.life.isDead) await world.reopen(index);
  return gateway.life.isDead ? { end: "cut" } : outcome;
}

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { end: "done", value: await work };
  } catch (error) {
    if (error instanceof S3Error) return { end: "refused", code: error.code };
    // It did not wait for another completion.
    if (error instanceof Error && error.name === "AbortError") return { end: "refused", code: "OperationAborted" };
    throw error;
  }
}

/** May this request be told to try again? */
function mayBeRefused({ bad, draining }: World, { fault, besideJobs }: Request): boolean {
  return bad !== undefined || draining !== undefined || fault !== undefined || besideJobs;
}

export function checkRefusal(world: World, request: Request, code: string, allowed: readonly string[] = []): void {
  if (allowed.includes(code)) return;
  if ((code === "ServiceUnavailable" || code === "SlowDown") && mayBeRefused(world, request)) return;
  throw new Error(`refused with ${code}`);
}
