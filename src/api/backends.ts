/** The stores behind the gateway: looked at, attached, emptied, replaced and taken away. */
import type { BackendAdministration } from "../admin/backend-administration.ts";
import { examineCandidate } from "../admin/checks/examine.ts";
import type { Finding } from "../admin/checks/finding.ts";
import { lossOf } from "../admin/loss.ts";
import { knownBackend } from "../admin/refusal.ts";
import { scrubProgress as progressOf, scrubNow } from "../admin/scrub-now.ts";
import type { BackendConfig } from "../backends/kinds.ts";
import {
  backend,
  backendCheck,
  backendConfig,
  backendLoss,
  backends,
  drained,
  findings,
  replaced,
  replacement,
  scrubProgress,
  scrubQuery,
  scrubStarted,
} from "../contract/backends.ts";
import { apiOperation } from "./api-operation.ts";
import { ApiError } from "./problems.ts";
import { orRefuse } from "./refused.ts";
import type { ApiServices, OperationServices } from "./services.ts";

export const listBackends = apiOperation({
  method: "GET",
  path: "/backends",
  summary: "The backends of the configuration and the database, and how this gateway finds each",
  access: "operator",
  answer: backends,
  handle: async (_call, services) => ({ items: await describe(services) }),
});

export const probeBackend = apiOperation({
  method: "POST",
  path: "/backends/probe",
  summary: "Try whether a store can be a backend: nothing is attached, and a test object is written and deleted",
  access: "operator",
  body: backendConfig,
  answer: findings,
  async handle({ body, note }, { operation, metadata }) {
    const config = declared(body, operation);
    note({ backend: config.name, kind: config.kind });
    const other = await (await operation.backends()).nestedWith(config);
    return toFindings(await examineCandidate(config, metadata, other));
  },
});

export const examineGateway = apiOperation({
  method: "POST",
  path: "/examination",
  summary:
    "Try all that this gateway depends on, from its machine; a test object is written to each backend and deleted",
  access: "operator",
  answer: findings,
  async handle({ note }, { operation }) {
    const found = await operation.examine();
    note({ backends: operation.live().backends.map(({ name }) => name) });
    return toFindings(found);
  },
});

export const attachBackend = apiOperation({
  method: "POST",
  path: "/backends",
  summary: "Use a backend that is not in the configuration file",
  access: "operator",
  body: backendConfig,
  status: 201,
  answer: backend,
  async handle({ body, note }, services) {
    const config = declared(body, services.operation);
    await change(services, (all) => all.attach(config));
    note({ backend: config.name, kind: config.kind, region: config.region });
    return one(services, config.name);
  },
});

export const checkBackend = apiOperation({
  method: "POST",
  path: "/backends/{name}/check",
  summary: "Look at the store now: is it the right one, and does it take writes?",
  access: "operator",
  answer: backendCheck,
  handle: ({ path }, { operation }) => orRefuse(async () => (await operation.backends()).check(nameIn(path))),
});

export const drainBackend = apiOperation({
  method: "POST",
  path: "/backends/{name}/drain",
  summary: "Give a backend nothing new, and have its blobs copied elsewhere",
  access: "operator",
  answer: drained,
  async handle({ path }, services) {
    const { backendsMissing, missingIn } = await change(services, (all) => all.drain(nameIn(path)));
    return {
      ...(await one(services, nameIn(path))),
      ...(backendsMissing > 0 && { backendsMissing }),
      ...(missingIn.length > 0 && { missingIn }),
    };
  },
});

export const resumeBackend = apiOperation({
  method: "POST",
  path: "/backends/{name}/resume",
  summary: "Use a backend again that is draining or was removed",
  access: "operator",
  answer: backend,
  async handle({ path }, services) {
    await change(services, (all) => all.resume(nameIn(path)));
    return one(services, nameIn(path));
  },
});

export const replaceBackend = apiOperation({
  method: "POST",
  path: "/backends/{name}/replace",
  summary: "Give the place of a lost backend to the empty store that stands there",
  access: "operator",
  body: replacement,
  answer: replaced,
  async handle({ path, body: { acceptLoss }, note }, services) {
    const options = { acceptLoss, onProgress: () => undefined };
    const { identity, lost } = await change(services, (all) => all.replace(nameIn(path), options));
    note({ identity, lostReplicas: lost, acceptLoss });
    return { identity, lostReplicas: lost };
  },
});

export const removeBackend = apiOperation({
  method: "DELETE",
  path: "/backends/{name}",
  summary: "Never ask a drained or lost backend again; refused while anything stands only there",
  access: "operator",
  async handle({ path }, services) {
    await change(services, (all) => all.remove(nameIn(path)));
    return undefined;
  },
});

export const scrubBackend = apiOperation({
  method: "POST",
  path: "/backends/{name}/scrub",
  summary: "Read every replica on a backend whole, those first that were not read for longest, from now on",
  access: "operator",
  status: 202,
  answer: scrubStarted,
  async handle({ path }, services) {
    const until = await orRefuse(() => scrubNow(services.metadata, nameIn(path), services.now()));
    return { ...(await one(services, nameIn(path))), until };
  },
});

export const getBackendScrub = apiOperation({
  method: "GET",
  path: "/backends/{name}/scrub",
  summary: "How far such a scrub is: what is still to be read of what was last read at `until` or before",
  access: "operator",
  query: scrubQuery,
  answer: scrubProgress,
  async handle({ path, query: { until } }, { metadata }) {
    const name = nameIn(path);
    const { isUnderWay, ...progress } = await orRefuse(() => progressOf(metadata, name, new Date(until)));
    return { name, underWay: isUnderWay, ...progress };
  },
});

export const getBackendLoss = apiOperation({
  method: "GET",
  path: "/backends/{name}/loss",
  summary: "What would be lost, were the backend lost now",
  access: "operator",
  answer: backendLoss,
  async handle({ path }, { operation, metadata, facts }) {
    const report = await operation.status();
    return orRefuse(async () => {
      const { name } = knownBackend(report.backends, nameIn(path));
      const tooFewCopies = await (await operation.backends()).left(name);
      return { ...lossOf(name, await metadata.holders.sets(), report, facts, operation.outageGraceMs), tooFewCopies };
    });
  },
});

/** What was changed is seen by this gateway before it answers. */
async function change<T>({ operation }: ApiServices, work: (all: BackendAdministration) => Promise<T>): Promise<T> {
  const done = await orRefuse(async () => work(await operation.backends()));
  await operation.follow();
  return done;
}

async function describe({ operation }: ApiServices) {
  return (await operation.backends()).describe(operation.live().backends);
}

async function one(services: ApiServices, name: string) {
  return orRefuse(async () => knownBackend(await describe(services), name));
}

function nameIn({ name = "" }: Readonly<Record<string, string>>): string {
  return name;
}

/** Throws BadRequest with every fault of the configuration. */
function declared(body: unknown, { declare }: OperationServices): BackendConfig {
  const made = declare(body);
  if ("backend" in made) return made.backend;
  const faults = made.faults.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message }));
  throw new ApiError("BadRequest", undefined, { faults });
}

/** `clientNetworks[0]` is `/clientNetworks/0`. */
function pointerOf(path: string): string {
  return path === "" ? "" : `/${path.replaceAll(/\[(\d+)\]/g, "/$1").replaceAll(".", "/")}`;
}

const RESULTS = { ok: "ok", warning: "warning", error: "failed" } as const;

function toFindings(found: readonly Finding[]) {
  return {
    ok: found.every(({ level }) => level !== "error"),
    findings: found.map(({ check, subject, level, says, remedy }) => ({
      ...{ check, subject, result: RESULTS[level], detail: says, advice: remedy },
    })),
  };
}
