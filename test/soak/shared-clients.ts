/**
 * Clients that use the same few objects through several gateways and record what they see in a history. Each client
 * makes one call at a time.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Chance } from "./chance.ts";
import { type Ask, isUnknown, type Reply } from "./client.ts";
import type { Door } from "./door.ts";
import type { History, Pending } from "./history.ts";

export interface SharedClients {
  /** Rejects if a client gets an answer that is wrong in itself. */
  readonly ended: Promise<unknown>;
  /** Starts no new call, and resolves when the calls in progress have ended. */
  stop(): Promise<void>;
}

const CLIENTS = 16;
const KEYS = Array.from({ length: 8 }, (_, index) => `shared/${index}`);
const SIZES = [20, 6_000, 30_000];
/** Content that all clients repeat, so that it is deduplicated. */
const COMMON = SIZES.map((size) => randomBytes(size));

interface Turn {
  readonly ask: Ask;
  readonly chance: Chance;
  readonly pending: Pending;
  readonly key: string;
  /** The ETag that some client last saw of each key. */
  readonly seen: Map<string, string>;
}

export function startSharedClients(
  doors: readonly Pick<Door, "ask" | "ready">[],
  history: History,
  chance: Chance,
): SharedClients {
  const seen = new Map<string, string>();
  let stopped = false;
  const client = async (number: number) => {
    while (!stopped) {
      const server = chance.below(doors.length);
      const door = doors[server];
      if (door === undefined) throw new Error("no such gateway");
      await door.ready();
      const turn = { ask: door.ask, chance, pending: history.begin(number, server), key: chance.pick(KEYS), seen };
      await chance.pick(STEPS)(turn);
    }
  };
  const all = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return {
    ended: all,
    async stop() {
      stopped = true;
      await all;
    },
  };
}

type Step = (turn: Turn) => Promise<void>;

const pathOf = (key: string) => `/bucket/${key}`;

async function get(turn: Turn): Promise<void> {
  const reply = await turn.ask({ path: pathOf(turn.key) });
  if (isUnknown(reply)) return;
  const value = valueIn(reply);
  if (value !== "" && createHash("md5").update(reply.body).digest("hex") !== value)
    throw new Error(`${turn.key}: the bytes are not those of the ETag ${value}`);
  note(turn, turn.key, value);
}

async function head(turn: Turn): Promise<void> {
  const reply = await turn.ask({ method: "HEAD", path: pathOf(turn.key) });
  if (!isUnknown(reply)) note(turn, turn.key, valueIn(reply));
}

async function list(turn: Turn): Promise<void> {
  const reply = await turn.ask({ path: "/bucket", query: "list-type=2&prefix=shared%2F" });
  if (isUnknown(reply)) return;
  const found = new Map(
    [...reply.text.matchAll(/<Key>([^<]*)<\/Key>.*?<ETag>(?:&quot;|")([^<&"]*)/gs)].map(([, key, etag]) => [key, etag]),
  );
  for (const key of KEYS) note(turn, key, found.get(key) ?? "");
}

async function put(turn: Turn, condition = ""): Promise<void> {
  const body = turn.chance.next() < 0.2 ? turn.chance.pick(COMMON) : randomBytes(turn.chance.pick(SIZES));
  const headers = condition === "" ? {} : conditionHeaders(condition);
  const reply = await turn.ask({ method: "PUT", path: pathOf(turn.key), body, headers });
  written(turn, reply, createHash("md5").update(body).digest("hex"), condition);
}

const putNew: Step = (turn) => put(turn, "absent");

async function putOver(turn: Turn): Promise<void> {
  await put(turn, turn.seen.get(turn.key) || "0".repeat(32));
}

async function remove(turn: Turn): Promise<void> {
  written(turn, await turn.ask({ method: "DELETE", path: pathOf(turn.key) }), "", "");
}

/** Copies only a known ETag, so that it is known what a copy without an answer may have written. */
async function copy(turn: Turn): Promise<void> {
  const source = turn.chance.pick(KEYS);
  const value = turn.seen.get(source) || "0".repeat(32);
  if (source === turn.key) return head(turn);
  const headers = { "x-amz-copy-source": pathOf(source), "x-amz-copy-source-if-match": `"${value}"` };
  const reply = await turn.ask({ method: "PUT", path: pathOf(turn.key), headers });
  if (isUnknown(reply)) turn.pending.unknown(turn.key, value);
  else if (reply.status === 404) note(turn, source, "");
  else if (reply.status === 412) turn.pending.refused(source, value);
  else {
    if (reply.status !== 200 || !reply.text.includes(value)) throw new Error(`copy: ${reply.status} ${reply.text}`);
    note(turn, source, value);
    turn.pending.wrote(turn.key, value);
  }
}

const STEPS: readonly Step[] = [
  ...[get, get, get, get, head, head, list],
  ...[(turn: Turn) => put(turn), (turn: Turn) => put(turn), putNew, putNew, putOver, putOver, remove, remove, copy],
];

function conditionHeaders(condition: string): Record<string, string> {
  return condition === "absent" ? { "if-none-match": "*" } : { "if-match": `"${condition}"` };
}

function written(turn: Turn, reply: Reply | undefined, value: string, condition: string): void {
  if (isUnknown(reply)) turn.pending.unknown(turn.key, value, condition);
  else if (reply.status === 412) turn.pending.refused(turn.key, condition);
  // A concurrent write was in the way: this one was not done, and proves nothing about the state.
  else if (reply.status === 409) return;
  else if (reply.status === 404 && condition !== "") note(turn, turn.key, "");
  else if (reply.status === 200 || reply.status === 204) {
    turn.pending.wrote(turn.key, value, condition);
    turn.seen.set(turn.key, value);
  } else throw new Error(`a write of ${turn.key} was answered with ${reply.status} ${reply.text}`);
}

function note({ pending, seen }: Turn, key: string, value: string): void {
  pending.read(key, value);
  seen.set(key, value);
}

function valueIn({ status, etag, text }: Reply): string {
  if (status === 404) return "";
  if (status !== 200 || etag === undefined) throw new Error(`a read was answered with ${status} ${text}`);
  return etag;
}
