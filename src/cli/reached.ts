/** What commands ask of a gateway and do with it, whether beside its data or over its API. */
import type { OrphanReport } from "../admin/orphans.ts";
import type { ScrubProgress } from "../admin/scrub-now.ts";
import type { StatusReport } from "../admin/status-report.ts";
import type { Administration } from "../administration.ts";
import type { KeyPair } from "../random-key.ts";

type StoredKey = Awaited<ReturnType<Administration["metadata"]["accounts"]["listKeys"]>>[number];

/** `sealedBy`: beside the data only. */
export interface ListedKey extends Omit<StoredKey, "account" | "sealedSecret" | "parent"> {
  readonly account: Pick<StoredKey["account"], "name">;
}

export type BackendDescription = Awaited<ReturnType<Administration["backends"]["describe"]>>[number];
export type BackendCheck = Awaited<ReturnType<Administration["backends"]["check"]>>;
type Stats = Awaited<ReturnType<Administration["stats"]>>;

/** Whether a running gateway had a say in a report. */
export interface GatewayWord {
  /** Undefined: nobody was asked. */
  readonly url: string | undefined;
  /** Undefined: none answers. */
  readonly startedAt: Date | undefined;
  /** Why none does. */
  readonly reason: string | undefined;
}

interface KeyRequest {
  readonly account: string;
  /** Undefined: a random one is made. */
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly scope: ListedKey["scope"];
  readonly redirect: ListedKey["redirect"];
  readonly expiresAt: Date | undefined;
}

export interface KeysGroup {
  list(): Promise<readonly ListedKey[]>;
  create(request: KeyRequest): Promise<KeyPair>;
  /** These throw where there is no such key. */
  setDisabled(accessKeyId: string, disabled: boolean): Promise<void>;
  revoke(accessKeyId: string): Promise<void>;
}

/** What would have fewer good copies than it should, were a backend removed. */
export interface Left {
  readonly blobs: number;
  readonly bytes: number;
}

export type Scrubbing = ScrubProgress;

/** Each throws, in words for the operator, what speaks against it. */
export interface BackendsGroup {
  list(): Promise<readonly BackendDescription[]>;
  /** Undefined: all that are in use. */
  check(name: string | undefined): Promise<readonly BackendCheck[]>;
  /** `text`: YAML with the keys of one backend; relative paths in it start at `directory`. */
  attach(name: string, text: string, directory: string): Promise<void>;
  /** Returns how many more backends are needed to take its copies, and in which regions. */
  drain(name: string): ReturnType<Administration["backends"]["drain"]>;
  left(name: string): Promise<Left>;
  /** Returns `until`: what was last read then or before is read now. */
  scrub(name: string): Promise<Date>;
  scrubbing(name: string, until: Date): Promise<Scrubbing>;
  resume(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  replace(
    name: string,
    options: { readonly acceptLoss: boolean; readonly onProgress: (marked: number) => void },
  ): Promise<{ readonly identity: string; readonly lost: number }>;
  /** `limit`: of the keys that are listed. */
  orphans(name: string, limit: number): Promise<OrphanReport>;
  /** Returns how many were not confirmed before. */
  confirmOrphans(name: string): Promise<number>;
}

/** It signs in to the console as `accessKeyId`, once, until `expiresAt`. */
interface SignIn {
  readonly url: string;
  readonly expiresAt: Date;
  readonly accessKeyId: string;
}

export interface Reached {
  status(): Promise<{ readonly report: StatusReport; readonly gateway: GatewayWord }>;
  stats(): Promise<Stats>;
  /** `origin`: where a browser reaches the gateway, when that is another address than is known here. */
  signIn(origin: string | undefined): Promise<SignIn>;
  readonly backends: BackendsGroup;
  readonly keys: KeysGroup;
}
