/** Asks which files the gateway can link to bytes that it has. A gateway without that call is sent everything. */
import type { Claimed, Claims } from "../../contract/objects.ts";
import { api } from "../session.ts";
import { done, type Fault, failed, type Result } from "../wire/fault.ts";
import type { Item } from "./item.ts";

export type Outcome =
  | { readonly outcome: "linked" | "needed" }
  | { readonly outcome: "refused"; readonly fault: Fault };

/** By key. All items are of one bucket. */
export async function claim(bucket: string, items: readonly Item[]): Promise<Result<ReadonlyMap<string, Outcome>>> {
  const body: Claims = { bucket, files: items.map(fileOf) };
  const answer = await api<Claimed>({ method: "POST", path: "/claims", body });
  if (!answer.ok) return isUnknownCall(answer.fault) ? done(new Map()) : failed(answer.fault);
  return done(new Map(answer.value.results.map((result) => [result.key, outcomeOf(result)])));
}

/** Without one the gateway would not say what it holds. */
export function contentTypeOf(file: File): string {
  return file.type === "" ? "application/octet-stream" : file.type;
}

/** What a file takes in the document, in bytes: at most, as three bytes stand for one unit of UTF-16. */
export function claimBytes({ key, file }: Item): number {
  return 160 + 3 * (key.length + file.type.length);
}

function fileOf({ key, digest, size, file }: Item): Claims["files"][number] {
  return { key, sha256: digest, size, contentType: contentTypeOf(file) };
}

function isUnknownCall({ status }: Fault): boolean {
  return status === 404 || status === 405;
}

function outcomeOf({ outcome, code = "AccessDenied" }: Claimed["results"][number]): Outcome {
  if (outcome !== "refused") return { outcome };
  return { outcome, fault: { code, message: `The gateway refused it: ${code}.`, status: 403 } };
}
