/**
 * S3 calls whose outcomes are recorded in a ledger: acknowledged, unknown, or a violation. Only one call at a time
 * writes to a key.
 */
import { scheduler } from "node:timers/promises";
import type { TestRequest } from "../support/sign.ts";
import { type Ask, isUnknown, type Reply } from "./client.ts";
import { type Ledger, type Standing, sha256 } from "./ledger.ts";

export type Recorder = ReturnType<typeof openRecorder>;

const READABLE_WITHIN_MS = 30_000;
const AGAIN_MS = 200;

const pathOf = (key: string) => `/bucket/${key}`;

export function openRecorder(ask: Ask, ledger: Ledger) {
  /** The ETag last seen of a key whose standing is certain. */
  const etags = new Map<string, string>();

  const on = (method: string, key: string, more: Partial<TestRequest> = {}) =>
    ask({ method, path: pathOf(key), ...more });

  /** `made` tells whether the answer says that the write was done. */
  function note(key: string, standing: Standing, reply: Reply | undefined, made: (reply: Reply) => boolean): boolean {
    if (reply !== undefined && made(reply)) {
      ledger.wrote(key, standing);
      if (reply.etag === undefined) etags.delete(key);
      else etags.set(key, reply.etag);
      return true;
    }
    etags.delete(key);
    ledger.mayHaveWritten(key, standing);
    if (!isUnknown(reply)) ledger.violate(`a write of ${key} was answered with ${reply.status} ${reply.text}`);
    return false;
  }

  const recorder = {
    ledger,
    etag: (key: string) => (ledger.certain(key) === undefined ? undefined : etags.get(key)),

    async put(key: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
      const reply = await on("PUT", key, { body, headers });
      return note(key, sha256(body), reply, ({ status }) => status === 200);
    },

    /** A write whose condition is not met, and which must be refused. */
    async putInVain(key: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
      const reply = await on("PUT", key, { body, headers });
      if (isUnknown(reply) || reply.status === 412) return;
      ledger.violate(`${key} was written against its condition: ${reply.status} ${reply.text}`);
      ledger.mayHaveWritten(key, sha256(body));
    },

    /** Two clients write the same new key with `If-None-Match: *`. Exactly one of them may succeed. */
    async race(key: string, bodies: readonly [Buffer, Buffer]): Promise<void> {
      const headers = { "if-none-match": "*" };
      const replies = await Promise.all(bodies.map((body) => on("PUT", key, { body, headers })));
      etags.delete(key);
      const [first, second] = replies;
      const [mine, other] = bodies.map(sha256);
      if (first?.status === 200 && second?.status === 200) ledger.violate(`two writers made ${key}`);
      else if (first?.status === 412 && second?.status === 412) ledger.violate(`no writer could make ${key}`);
      else if (first?.status === 200 || second?.status === 412) ledger.wrote(key, mine);
      else if (second?.status === 200 || first?.status === 412) ledger.wrote(key, other);
      else {
        ledger.mayHaveWritten(key, mine);
        ledger.mayHaveWritten(key, other);
      }
    },

    /** The ledger must know that `from` exists. */
    async copy(from: string, to: string): Promise<boolean> {
      const source = ledger.certain(from)?.standing;
      if (source === undefined) throw new Error(`nobody knows what ${from} is`);
      const reply = await on("PUT", to, { headers: { "x-amz-copy-source": pathOf(from) } });
      return note(to, source, reply, ({ status, text }) => status === 200 && text.includes("<CopyObjectResult"));
    },

    async remove(key: string): Promise<boolean> {
      return note(key, undefined, await on("DELETE", key), ({ status }) => status === 204);
    },

    async removeMany(keys: readonly string[]): Promise<void> {
      const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("")}</Delete>`;
      const reply = await ask({ method: "POST", path: "/bucket", query: "delete", body });
      for (const key of keys)
        note(
          key,
          undefined,
          reply,
          ({ status, text }) => status === 200 && text.includes(`<Key>${key}</Key></Deleted>`),
        );
    },

    /** Undefined if no answer confirmed the start. */
    async startUpload(key: string): Promise<string | undefined> {
      const reply = await on("POST", key, { query: "uploads" });
      if (!isUnknown(reply) && reply.status !== 200) ledger.violate(`an upload was refused: ${reply.text}`);
      return /<UploadId>([^<]*)/.exec(reply?.text ?? "")?.[1];
    },

    /** The ETag of the part; undefined if no answer confirmed it. */
    async sendPart(key: string, uploadId: string, partNumber: number, body: Buffer): Promise<string | undefined> {
      const reply = await on("PUT", key, { query: { uploadId, partNumber: String(partNumber) }, body });
      if (!isUnknown(reply) && reply.status !== 200) ledger.violate(`a part was refused: ${reply.text}`);
      return reply?.status === 200 ? reply.etag : undefined;
    },

    async complete(key: string, uploadId: string, parts: readonly Buffer[], partEtags: readonly string[]) {
      const list = partEtags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
      const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
      const reply = await on("POST", key, { query: { uploadId }, body });
      return note(key, sha256(Buffer.concat(parts)), reply, ({ status, text }) => {
        return status === 200 && text.includes("<CompleteMultipartUploadResult");
      });
    },

    async abort(key: string, uploadId: string): Promise<void> {
      const reply = await on("DELETE", key, { query: { uploadId } });
      if (!isUnknown(reply) && reply.status !== 204) ledger.violate(`an abort was refused: ${reply.text}`);
    },

    /** A whole multipart upload; stops at the first call without an answer. */
    async upload(key: string, parts: readonly Buffer[]): Promise<boolean> {
      const uploadId = await recorder.startUpload(key);
      if (uploadId === undefined) return false;
      const sent: string[] = [];
      for (const [index, body] of parts.entries()) {
        const etag = await recorder.sendPart(key, uploadId, index + 1, body);
        if (etag === undefined) return false;
        sent.push(etag);
      }
      return recorder.complete(key, uploadId, parts, sent);
    },

    /** False if the gateway could not answer. */
    async read(key: string, when: string): Promise<boolean> {
      const reply = await on("GET", key);
      if (isUnknown(reply)) return false;
      if (reply.status !== 200 && reply.status !== 404)
        ledger.violate(`${when}: a read of ${key} was answered with ${reply.status} ${reply.text}`);
      else ledger.saw(key, reply.status === 200 ? sha256(reply.body) : undefined, when);
      if (reply.status === 200 && reply.etag !== undefined) etags.set(key, reply.etag);
      else etags.delete(key);
      return true;
    },

    /** Reads every key that was ever written. A gateway that has too much to do may ask to come again. */
    async readAll(when: string): Promise<void> {
      const waiting = [...ledger.keys()];
      const end = performance.now() + READABLE_WITHIN_MS;
      const reader = async () => {
        for (let key = waiting.pop(); key !== undefined; key = waiting.pop())
          while (!(await recorder.read(key, when))) {
            if (performance.now() > end) {
              ledger.violate(`${when}: ${key} could not be read`);
              break;
            }
            await scheduler.wait(AGAIN_MS);
          }
      };
      await Promise.all(Array.from({ length: 8 }, reader));
    },
  };
  return recorder;
}
