/**
 * The backends that ever held a blob, each with the identity it was registered under. What a name means never changes
 * silently: another identity under a known name is refused.
 */
import type { Blob, SealedSecret } from "../model.ts";
import type { BackendState, RedirectAbilities, Registration } from "../registration.ts";
import type { Wanted } from "../wanted.ts";
import type { MetadataContext } from "./context.ts";
import { type Parameter, type Statement, statement } from "./engine.ts";
import { type HolderSet, Holders, sum } from "./holders.ts";

export interface RegisteredBackend extends Registration {
  /** Its configuration, when it was attached at run time; undefined: it is in the configuration file. */
  readonly config: SealedSecret | undefined;
  readonly registeredAt: Date;
}

interface BackendRow {
  readonly name: string;
  readonly identity: string;
  readonly state: BackendState;
  readonly config: string | null;
  readonly sealed_by: string | null;
  readonly registered_at: number;
  readonly seen_at: number;
  readonly lost_at: number | null;
  readonly abilities: string | null;
}

const selectAll = statement<BackendRow>(
  "backends",
  `SELECT name, identity, state, config, sealed_by, registered_at, seen_at, lost_at, abilities
  FROM backends ORDER BY name`,
);
const insert = statement<never>(
  "backend-register",
  `INSERT INTO backends (name, identity, state, config, sealed_by, registered_at, seen_at)
  VALUES (?, ?, 'attached', ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
);
const setState = statement<never>("backend-state", "UPDATE backends SET state = ? WHERE name = ?");
const setSeen = statement<never>(
  "backend-seen",
  "UPDATE backends SET seen_at = ?, lost_at = NULL WHERE name = ? AND identity = ?",
);
const setLost = statement<never>(
  "backend-lost",
  "UPDATE backends SET lost_at = ? WHERE name = ? AND identity = ? AND lost_at IS NULL",
);
const setIdentity = statement<never>(
  "backend-identity",
  `UPDATE backends SET identity = ?, state = 'attached', seen_at = ?, lost_at = NULL, abilities = NULL
  WHERE name = ? AND identity = ?`,
);
const setAbilities = statement<never>(
  "backend-abilities",
  "UPDATE backends SET abilities = ? WHERE name = ? AND identity = ?",
);
const setConfig = statement<never>("backend-config", "UPDATE backends SET config = ?, sealed_by = ? WHERE name = ?");
const resealConfig = statement<never>(
  "backend-reseal",
  "UPDATE backends SET config = ?, sealed_by = ? WHERE name = ? AND config = ?",
);
const loseSome = statement<{ blob_id: number }>(
  "backend-replicas-lose",
  `WITH locked AS (SELECT id FROM blobs WHERE id IN (
    SELECT blob_id FROM replicas WHERE backend = ?1 AND state = 'verified' ORDER BY scrubbed_at LIMIT ?2)
    ORDER BY id FOR UPDATE)
  UPDATE replicas SET state = 'lost' WHERE backend = ?1 AND blob_id IN (SELECT id FROM locked)
  RETURNING blob_id`,
);
const forgetSome = statement<{ blob_id: number }>(
  "backend-replicas-forget",
  `WITH locked AS (SELECT id FROM blobs WHERE id IN (
    SELECT gone.blob_id FROM replicas AS gone JOIN blobs ON blobs.id = gone.blob_id
    WHERE gone.backend = ?1 AND (gone.state <> 'verified' OR blobs.ref_count = 0 OR EXISTS (
      SELECT 1 FROM replicas AS others JOIN backends ON backends.name = others.backend
      WHERE others.blob_id = gone.blob_id AND others.backend <> ?1 AND others.state = 'verified'
        AND backends.state = 'attached'))
    LIMIT ?2) ORDER BY id FOR UPDATE)
  DELETE FROM replicas WHERE backend = ?1 AND blob_id IN (SELECT id FROM locked)
  RETURNING blob_id`,
);
const holdsReplicas = statement<{ one: number }>(
  "backend-holds-replicas",
  "SELECT 1 AS one FROM replicas WHERE backend = ? LIMIT 1",
);

const namesInUse = statement<{ name: string }>(
  "backend-names-in-use",
  `WITH RECURSIVE names(name) AS (
    SELECT MIN(backend) FROM replicas
    UNION ALL SELECT (SELECT MIN(backend) FROM replicas WHERE backend > names.name) FROM names WHERE name IS NOT NULL)
  SELECT name FROM names WHERE name IS NOT NULL`,
);
const selectSample = statement<{ storage_key: string; size: number; etag: string }>(
  "backend-sample",
  `SELECT blobs.storage_key AS storage_key, blobs.size AS size, blobs.etag AS etag
  FROM replicas JOIN blobs ON blobs.id = replicas.blob_id
  WHERE replicas.backend = ? AND replicas.state = 'verified' AND blobs.ref_count > 0
  ORDER BY replicas.scrubbed_at DESC LIMIT ?`,
);
const partsThere = statement<{ upload_id: string; bucket: string; key: string; backends: string }>(
  "backend-parts",
  `SELECT DISTINCT uploads.upload_id AS upload_id, buckets.name AS bucket, uploads.key AS key,
    parts.backends AS backends
  FROM upload_backends JOIN parts ON parts.upload_id = upload_backends.upload_id
    JOIN uploads ON uploads.upload_id = parts.upload_id JOIN buckets ON buckets.id = uploads.bucket_id
  WHERE upload_backends.backend = ?1 AND instr(parts.backends, '"' || ?1 || '"') > 0
  ORDER BY uploads.upload_id`,
);

export class Backends {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** In order of name. */
  async list(): Promise<readonly RegisteredBackend[]> {
    return (await this.#context.engine.read.all(selectAll, [])).map(toBackend);
  }

  /**
   * Before the store is given the identity, so that of two gateways one decides. False when the name, or the identity
   * under another name, is registered already: then nothing is changed.
   */
  register(name: string, identity: string, config?: SealedSecret): Promise<boolean> {
    const now = this.#context.now().getTime();
    return this.#change(insert, [name, identity, config?.sealedSecret ?? null, config?.sealedBy ?? null, now]);
  }

  /** False when the name is unknown. */
  setState(name: string, state: BackendState): Promise<boolean> {
    return this.#change(setState, [state, name]);
  }

  /** This very backend was found in place. False when another identity is registered by now. */
  seen(name: string, identity: string): Promise<boolean> {
    return this.#change(setSeen, [this.#context.now().getTime(), name, identity]);
  }

  /** Another identity, or none, stands where this one was. False when that is known, or it was replaced by now. */
  lost(name: string, identity: string): Promise<boolean> {
    return this.#change(setLost, [this.#context.now().getTime(), name, identity]);
  }

  /** Another store takes this one's place; first `loseReplicas` until it is 0. False when `former` was replaced. */
  replace(name: string, former: string, identity: string): Promise<boolean> {
    return this.#change(setIdentity, [identity, this.#context.now().getTime(), name, former]);
  }

  /** What this very backend was found to do. False when another identity is registered by now. */
  setAbilities(name: string, identity: string, abilities: RedirectAbilities): Promise<boolean> {
    return this.#change(setAbilities, [JSON.stringify(abilities), name, identity]);
  }

  /** The sealed configuration of one that is attached at run time; undefined: it is in the configuration file now. */
  setConfig(name: string, config: SealedSecret | undefined): Promise<boolean> {
    return this.#change(setConfig, [config?.sealedSecret ?? null, config?.sealedBy ?? null, name]);
  }

  /** The same configuration under a newer key. False when it was changed by now. */
  reseal(name: string, former: string, { sealedSecret, sealedBy }: SealedSecret): Promise<boolean> {
    return this.#change(resealConfig, [sealedSecret, sealedBy ?? null, name, former]);
  }

  /** Does any row, good or lost, say that bytes may stand there? */
  async holdsReplicas(name: string): Promise<boolean> {
    return (await this.#context.engine.read.get(holdsReplicas, [name])) !== undefined;
  }

  /** Good replicas by the rows, and their bytes, of each backend that has any. */
  async holdings(): Promise<readonly { readonly name: string; readonly replicas: number; readonly bytes: number }[]> {
    const all = await new Holders(this.#context).all();
    const names = [...new Set(all.flatMap(({ backends }) => backends))].sort();
    return names.map((name) => {
      const { blobs: replicas, bytes } = sum(all.filter(({ backends }) => backends.includes(name)));
      return { name, replicas, bytes };
    });
  }

  /**
   * Referenced blobs with a copy there and fewer good ones than `copies` says elsewhere, on backends that are attached
   * and were in place after `since`: all of them where these are too few. `mayHold`: does a copy there count as good?
   */
  async shortWithout(
    name: string,
    copies: (wanted: Wanted | undefined) => number,
    since: Date,
    mayHold: (backend: string, wanted: Wanted | undefined) => boolean = () => true,
  ): Promise<readonly HolderSet[]> {
    const others = await this.others(name, since);
    const goodOf = ({ backends, wanted }: HolderSet) =>
      others.filter((other) => backends.includes(other) && mayHold(other, wanted)).length;
    const isShort = (set: HolderSet) => set.backends.includes(name) && goodOf(set) < copies(set.wanted);
    return (await new Holders(this.#context).sets()).filter(isShort);
  }

  /**
   * The unfinished uploads whose parts there no other backend has all of, of those attached and in place after `since`,
   * oldest first: parts that stand on several others do not become one object any more. Wherever an upload's bytes may
   * stand: completing reads the parts where they are.
   */
  async uploadsOnlyThere(
    name: string,
    since: Date,
  ): Promise<readonly { readonly bucket: string; readonly key: string }[]> {
    const others = await this.others(name, since);
    const only = new Map<
      string,
      { readonly bucket: string; readonly key: string; readonly wholeOn: readonly string[] }
    >();
    for (const { upload_id: id, bucket, key, backends } of await this.#context.engine.read.all(partsThere, [name])) {
      const held: readonly string[] = JSON.parse(backends);
      const wholeOn = (only.get(id)?.wholeOn ?? others).filter((other) => held.includes(other));
      only.set(id, { bucket, key, wholeOn });
    }
    return [...only.values()].filter(({ wholeOn }) => wholeOn.length === 0).map(({ bucket, key }) => ({ bucket, key }));
  }

  /** The backends that can hold copies in its place: attached, and in place after `since`. */
  async others(name: string, since: Date): Promise<readonly string[]> {
    const isGood = ({ state, lostAt, seenAt }: RegisteredBackend) =>
      state === "attached" && lostAt === undefined && seenAt >= since;
    return (await this.list()).filter((one) => one.name !== name && isGood(one)).map((one) => one.name);
  }

  /** Every name that a row names, registered or not, in order. */
  async namesInUse(): Promise<readonly string[]> {
    return (await this.#context.engine.read.all(namesInUse, [])).map(({ name }) => name);
  }

  /** Some of the blobs that it holds by its rows. */
  async sample(name: string, limit: number): Promise<readonly Pick<Blob, "storageKey" | "size" | "etag">[]> {
    const rows = await this.#context.engine.read.all(selectSample, [name, limit]);
    return rows.map(({ storage_key: storageKey, size, etag }) => ({ storageKey, size, etag }));
  }

  /**
   * Marks up to `limit` of its replicas as lost, in one transaction, and gives how many. It makes no copy jobs: the
   * survey of all blobs does.
   */
  loseReplicas(name: string, limit: number): Promise<number> {
    return this.#changeReplicas(loseSome, name, limit);
  }

  /** Forgets up to `limit` replicas on one that is removed, but never a referenced blob's last good one. */
  forgetReplicas(name: string, limit: number): Promise<number> {
    return this.#changeReplicas(forgetSome, name, limit);
  }

  #changeReplicas(change: Statement<{ blob_id: number }>, name: string, limit: number): Promise<number> {
    return this.#context.engine.transact(async (c) => {
      const changed = await c.all(change, [name, limit]);
      c.afterCommit(() => {
        for (const { blob_id: blobId } of changed) this.#context.cache?.forgetBlob(blobId);
      });
      return changed.length;
    });
  }

  async #change(change: Statement<never>, parameters: readonly Parameter[]): Promise<boolean> {
    return (await this.#context.engine.transact((c) => c.run(change, parameters))) > 0;
  }
}

/**
 * The names of the backends whose replicas count as good copies, as gateways last saw them: attached, not lost, and not
 * down for longer than `graceMs` at the time when any backend was last seen. So it does not matter whether a gateway
 * runs now.
 */
export function presentBackends(registered: readonly RegisteredBackend[], graceMs: number): readonly string[] {
  const latest = Math.max(...registered.map(({ seenAt }) => seenAt.getTime()));
  const counts = ({ state, lostAt, seenAt }: RegisteredBackend) =>
    state === "attached" && lostAt === undefined && latest - seenAt.getTime() <= graceMs;
  return registered.filter(counts).map(({ name }) => name);
}

function toBackend(row: BackendRow): RegisteredBackend {
  return {
    name: row.name,
    identity: row.identity,
    state: row.state,
    config: row.config === null ? undefined : { sealedSecret: row.config, sealedBy: row.sealed_by ?? undefined },
    registeredAt: new Date(row.registered_at),
    seenAt: new Date(row.seen_at),
    lostAt: row.lost_at === null ? undefined : new Date(row.lost_at),
    abilities: row.abilities === null ? undefined : readAbilities(row.abilities),
  };
}

function readAbilities(text: string): RedirectAbilities {
  const stored = JSON.parse(text) as RedirectAbilities;
  return { ...stored, at: new Date(stored.at) };
}
