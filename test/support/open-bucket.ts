/**
 * For the tests of the operations: a gateway with one bucket, and a hand-signing client that takes keys of that bucket.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./gateway.ts";
import type { Answer } from "./raw-request.ts";
import { type SignedFetch, signedFetch, type TestRequest } from "./sign.ts";

type Extra = Omit<TestRequest, "path">;

export interface OpenBucket extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly s3: S3Client;
  readonly fetch: SignedFetch;
  /** Of the key `key` (raw, as in a URL) in the bucket; "" is the bucket itself. */
  call(method: string, key: string, extra?: Extra): Promise<Answer>;
  /** As `call`, and the answer must be a success. */
  ok(method: string, key: string, extra?: Extra): Promise<Answer>;
  put(key: string, body?: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(key: string, headers?: Readonly<Record<string, string>>, query?: string): Promise<Answer>;
}

export const BUCKET = "bucket";

export async function openBucket(options?: TestGatewayOptions): Promise<OpenBucket> {
  const gateway = await startTestGateway(options);
  const { s3, url: endpoint, accessKeyId, secretAccessKey } = gateway;
  const fetch = signedFetch({ endpoint, accessKeyId, secretAccessKey });
  await fetch({ method: "PUT", path: `/${BUCKET}` });
  const call: OpenBucket["call"] = (method, key, extra = {}) =>
    fetch({ method, path: key === "" ? `/${BUCKET}` : `/${BUCKET}/${key}`, ...extra });
  const ok: OpenBucket["ok"] = async (method, key, extra) => {
    const answer = await call(method, key, extra);
    if (answer.status >= 300) throw new Error(`${method} ${key}: ${answer.status} ${answer.text}`);
    return answer;
  };
  return {
    gateway,
    s3,
    fetch,
    call,
    ok,
    put: (key, body = "", headers = {}) => ok("PUT", key, { body, headers }),
    get: (key, headers = {}, query = "") => call("GET", key, { headers, query }),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** The texts of all elements of that name, in order. */
export function texts(answer: Pick<Answer, "text">, element: string): string[] {
  return [...answer.text.matchAll(new RegExp(`<${element}>([^<]*)</${element}>|<${element}/>`, "g"))].map(
    (match) => match[1] ?? "",
  );
}
