/** What is safe, where it stands, and what is stored. */
import { reportHistory } from "../admin/history-report.ts";
import type { LiveBackend } from "../admin/live-status.ts";
import type { BackendStatus } from "../admin/status-report.ts";
import { type BackendStatusDocument, history, historyQuery, stats, status } from "../contract/status.ts";
import type { InventoryFound } from "../metadata/inventory-results.ts";
import { type Answer, apiOperation } from "./api-operation.ts";
import type { OperationServices } from "./services.ts";

export const getStatus = apiOperation({
  method: "GET",
  path: "/status",
  summary: "What is safe, where it stands, and when it will be safe again",
  access: "operator",
  answer: status,
  async handle(_call, { operation }) {
    const { startedAt } = operation.live();
    const { backends, journal, ...report } = await operation.status();
    return {
      ...report,
      journal: journal && { ...journal, writtenTo: [...journal.writtenTo], complete: [...journal.complete] },
      startedAt,
      backends: backends.map((backend) => documentOf(backend, operation)),
      addressDatabases: [...operation.addressDatabases()],
    };
  },
});

export const getStats = apiOperation({
  method: "GET",
  path: "/stats",
  summary: "What is stored, how often, and what that saves",
  access: "operator",
  answer: stats,
  handle: (_call, { operation }) => operation.stats(),
});

export const getHistory = apiOperation({
  method: "GET",
  path: "/history",
  summary: "What all gateways did and what was stored, over the last hours or weeks",
  access: "operator",
  query: historyQuery,
  answer: history,
  async handle({ query: { hours } }, { metadata, now }) {
    const { stepSeconds, samples } = await reportHistory(metadata.history, hours, now());
    return { stepSeconds, samples: [...samples] };
  },
});

function documentOf(backend: BackendStatus, { regions, live }: OperationServices): Answer<BackendStatusDocument> {
  const { isConfigured: configured, why, identity, seenAt, lostSince } = backend;
  const { name, region, state, draining, replicas, bytes, onlyHere, lostReplicas, safeToLose } = backend;
  const place = regions.find((one) => one.name === region);
  const seen = live().backends.find((one) => one.name === name);
  return {
    name,
    region,
    coordinates: place && { latitude: place.latitude, longitude: place.longitude },
    state: state === "unregistered" ? "not registered" : state === "attached" && draining ? "draining" : state,
    ...{ configured, why, identity, seenAt, lostSince },
    ...{ replicas, bytes, onlyHere, lostReplicas, safeToLose },
    scrubbedSince: backend.scrubbedSince,
    inventory: backend.inventory && inventoryOf(backend.inventory),
    live: seen && liveOf(seen),
  };
}

/** Without what the document says of each backend, live or not. */
function liveOf({ name, region, draining, ...seen }: LiveBackend): Answer<BackendStatusDocument["live"]> {
  return seen;
}

/** Without the backend's name, which the document has already. */
function inventoryOf({
  walkedAt,
  quarantined,
  bytes,
  isHeld,
}: InventoryFound): Answer<BackendStatusDocument["inventory"]> {
  return { walkedAt, quarantined, bytes, isHeld };
}
