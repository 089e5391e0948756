/** One backend in words, as `nearbucket backends show` and `list` tell it. */
import { columns } from "./columns.ts";
import { count, duration, size } from "./layout.ts";
import type { BackendDescription } from "./reached.ts";

type Redirects = NonNullable<BackendDescription["redirects"]>;

export function conditionText({ condition, at }: BackendDescription, now: Date): string {
  if (condition === "in place" || at === undefined) return condition;
  if (condition === "seen") return `seen ${duration(now.getTime() - at.getTime())} ago`;
  return `${condition} since ${minute(at)}`;
}

/** tolerate, strict: whom it can be read by when redirected; wrong: nobody is redirected there. */
export function redirectsText(redirects: Redirects | undefined): string {
  if (redirects === undefined) return "-";
  const { keyReads, sameStore, ranges, conditions, overrides, replayedHeaders = "-" } = redirects;
  return [keyReads, sameStore, ranges, conditions, overrides].includes(false) ? "wrong" : replayedHeaders;
}

const TRIED = {
  keyReads: "the key that signs redirects reads blobs",
  keyReadsOnly: "and does not write",
  sameStore: "this store stands at the public endpoint",
  etags: "its ETag is the md5 of the bytes",
  partEtags: "of an upload in parts, the md5 of their md5s",
  ranges: "it gives ranges",
  conditions: "it holds If-Match and If-None-Match",
  overrides: "it answers with the headers of response-*",
} as const;

export function backendText(backend: BackendDescription, now: Date): string {
  const { name, kind = "-", region = "-", state, replicas, bytes, note, redirects } = backend;
  const facts = [
    ["name", name],
    ["kind", kind],
    ["region", region],
    ["state", state],
    ["condition", conditionText(backend, now)],
    ["replicas", `${count(replicas)} (${size(bytes)})`],
    ...(note === undefined ? [] : [["note", note]]),
  ];
  return columns([...facts, ...(redirects === undefined ? [["redirects", "never tried"]] : tried(redirects))]);
}

function tried(redirects: Redirects): readonly string[][] {
  const { at, publicEndpoint, replayedHeaders } = redirects;
  const answers = Object.entries(TRIED).map(([name, words]) => [words, answer(redirects[name as keyof typeof TRIED])]);
  return [
    ["redirects", `to ${publicEndpoint}, tried ${minute(at)}`],
    ["headers that clients send again", replayedHeaders ?? "not known"],
    ...answers,
  ];
}

function answer(is: boolean | undefined): string {
  return is === undefined ? "not known" : is ? "yes" : "no";
}

function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16)}Z`;
}
