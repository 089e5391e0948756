/** All cases for one client on a stage: what became of each, and where the bytes came from. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { RunFailed } from "../support/run.ts";
import { type Case, cases, type Scene } from "./cases.ts";
import { type Client, type Endpoint, NotOffered, type Opened } from "./client.ts";
import type { Site, Stage } from "./stage.ts";

export interface Outcome {
  readonly case: string;
  /** "its own": fails straight at a MinIO, without a gateway, too. */
  readonly verdict: "right" | "failed" | "its own" | "not offered";
  /** What failed, why it is not offered, or a remark. */
  readonly why: string | undefined;
  /** Of a case that reads: most of its bytes came straight from the store, or all through the gateway. */
  readonly from: "store" | "gateway" | undefined;
  /** The rules by which the gateway decided, as `redirect 14-client`. */
  readonly decisions: readonly string[];
  /** As the gateway counted it. */
  readonly families: readonly string[];
}

/** `wanted`: all cases unless told. */
export async function* runClient(client: Client, stage: Stage, wanted = cases): AsyncGenerator<Outcome> {
  const opened = new Map<Site, { endpoint: Endpoint; tasks: Opened }>();
  await using _ = { [Symbol.asyncDispose]: () => closeAll(opened) };
  for (const one of wanted) {
    const site = stage.sites[one.site];
    await site.reads();
    const became = await attempt(one, await sceneOf(client, stage, site, opened));
    const { storeBytes, decisions } = await site.reads();
    const from = one.reads === undefined || became.verdict === "not offered" ? undefined : "gateway";
    yield {
      case: one.name,
      ...became,
      from: from && storeBytes > (one.reads ?? 0) / 2 ? "store" : from,
      decisions: one.reads === undefined ? [] : decisions.map(({ decision }) => decision),
      families: [...new Set(decisions.map(({ family }) => family))],
    };
  }
}

/** Of a client that nobody but the mode `always` sends to a store. Wrong bytes are another matter. */
export function isRefusal(outcome: Outcome): boolean {
  return outcome.case === "GET, mode always" && outcome.verdict === "failed" && !/bytes/i.test(outcome.why ?? "");
}

/** Does a case that failed once more, straight at a MinIO: what fails there alike is the client's own. */
export async function settle(client: Client, stage: Stage, outcome: Outcome): Promise<Outcome> {
  const one = cases.find(({ name }) => name === outcome.case);
  if (one === undefined || outcome.verdict !== "failed" || isRefusal(outcome)) return outcome;
  const opened = new Map<Site, { endpoint: Endpoint; tasks: Opened }>();
  await using _ = { [Symbol.asyncDispose]: () => closeAll(opened) };
  const { verdict, why } = await attempt(one, await sceneOf(client, stage, await stage.straight(), opened));
  if (verdict !== "failed") return outcome;
  return { ...outcome, verdict: "its own", why: `${outcome.why}; straight at a MinIO: ${why}` };
}

async function sceneOf(
  client: Client,
  stage: Stage,
  site: Site,
  opened: Map<Site, { endpoint: Endpoint; tasks: Opened }>,
): Promise<Scene> {
  let open = opened.get(site);
  if (open === undefined) {
    const endpoint = await site.endpoint();
    open = { endpoint, tasks: await client.open(endpoint) };
    opened.set(site, open);
  }
  const { folder } = open.endpoint;
  return {
    ...{ stage, site, ...open },
    own: `own/${client.name}`,
    fresh: () => join(folder, randomUUID()),
    keepsTime: client.keepsTime === true,
  };
}

async function attempt(one: Case, scene: Scene): Promise<Pick<Outcome, "verdict" | "why">> {
  try {
    const remark = await one.run(scene);
    return { verdict: "right", why: typeof remark === "string" ? remark : undefined };
  } catch (error) {
    const verdict = error instanceof NotOffered ? "not offered" : "failed";
    return { verdict, why: reasonOf(error) };
  }
}

/** Of a long story the line that names the error, else the last that is no part of a trace or of Node's ending. */
function reasonOf(error: unknown): string {
  const told = error instanceof RunFailed && error.said.trim() !== "" ? error.said : undefined;
  const lines = (told ?? (error instanceof Error ? error.message : `${error}`))
    .trim()
    .split("\n")
    .filter((line) => !/^\s*(at|from) |^Node\.js v|^\s+\w+: .*,?$|^[{}]?\s*$/.test(line));
  return (
    lines.findLast((line) => /^[\w.]*(Error|Exception|Redirect)[\w.]*[: ]/.test(line)) ??
    lines.at(-1) ??
    ""
  ).trim();
}

async function closeAll(opened: ReadonlyMap<Site, { tasks: Opened }>): Promise<void> {
  for (const { tasks } of opened.values()) await tasks[Symbol.asyncDispose]?.();
}
