/** All cases for one client on a stage: what became of each, and where the bytes came from. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { RunFailed } from "../support/run.ts";
import { type Case, cases } from "./cases.ts";
import { type Client, type Endpoint, NotOffered, type Opened } from "./client.ts";
import type { SiteName, Stage } from "./stage.ts";

export interface Outcome {
  readonly case: string;
  readonly verdict: "right" | "failed" | "not offered";
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
  const opened = new Map<SiteName, { endpoint: Endpoint; tasks: Opened }>();
  await using _ = { [Symbol.asyncDispose]: () => closeAll(opened) };
  for (const one of wanted) {
    const site = stage.sites[one.site];
    let open = opened.get(one.site);
    if (open === undefined) {
      const endpoint = await site.endpoint();
      open = { endpoint, tasks: await client.open(endpoint) };
      opened.set(one.site, open);
    }
    const { endpoint, tasks } = open;
    const fresh = (): string => join(endpoint.folder, randomUUID());
    await site.reads();
    const own = `own/${client.name}`;
    const keepsTime = client.keepsTime === true;
    const became = await attempt(one, { stage, site, endpoint, tasks, own, fresh, keepsTime });
    const { storeBytes, decisions } = await site.reads();
    yield {
      case: one.name,
      ...became,
      from:
        one.reads === undefined || became.verdict === "not offered"
          ? undefined
          : storeBytes > one.reads / 2
            ? "store"
            : "gateway",
      decisions: one.reads === undefined ? [] : decisions.map(({ decision }) => decision),
      families: [...new Set(decisions.map(({ family }) => family))],
    };
  }
}

async function attempt(one: Case, scene: Parameters<Case["run"]>[0]): Promise<Pick<Outcome, "verdict" | "why">> {
  try {
    const remark = await one.run(scene);
    return { verdict: "right", why: typeof remark === "string" ? remark : undefined };
  } catch (error) {
    const verdict = error instanceof NotOffered ? "not offered" : "failed";
    return { verdict, why: reasonOf(error) };
  }
}

/** Of a long story the line that names the error, else the last. */
function reasonOf(error: unknown): string {
  const told = error instanceof RunFailed && error.said.trim() !== "" ? error.said : undefined;
  const lines = (told ?? (error instanceof Error ? error.message : `${error}`))
    .trim()
    .split("\n")
    .filter((line) => !/^\s*(at|from) /.test(line));
  return (
    lines.findLast((line) => /^[\w.]*(Error|Exception|Redirect)[\w.]*[: ]/.test(line)) ??
    lines.at(-1) ??
    ""
  ).trim();
}

async function closeAll(opened: ReadonlyMap<SiteName, { tasks: Opened }>): Promise<void> {
  for (const { tasks } of opened.values()) await tasks[Symbol.asyncDispose]?.();
}
