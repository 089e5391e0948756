/**
 * A client of the API for tests. It holds every answer against the shape that its call promises, and every refusal
 * against that of a problem.
 */
import { expect } from "vitest";
import { apiOperations } from "../../src/api/table.ts";
import { problem } from "../../src/contract/common.ts";
import type { TestGateway } from "./gateway.ts";
import type { Answer } from "./raw-request.ts";
import { signedFetch, type TestRequest } from "./sign.ts";

interface ApiAnswer {
  readonly status: number;
  readonly headers: Answer["headers"];
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for, and its shape has been checked.
  readonly document: any;
}

export interface ApiRequest extends Pick<TestRequest, "authentication" | "payload" | "headers" | "tamper"> {
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
}

/** `GET`, `/me`: behind `/-/api/v1`. */
export type ApiClient = (method: string, path: string, request?: ApiRequest) => Promise<ApiAnswer>;

type Credentials = Pick<TestGateway, "accessKeyId" | "secretAccessKey">;

const BASE = "/-/api/v1";

/** `credentials`: the root key unless given. */
export function apiClient(
  gateway: Pick<TestGateway, "url"> & Credentials,
  credentials: Credentials = gateway,
  now = () => new Date(),
): ApiClient {
  const signed = signedFetch({ endpoint: gateway.url, ...credentials, now });
  return async (method, path, { body, headers = {}, ...request } = {}) => {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await signed({
      ...request,
      method,
      path: BASE + path,
      headers: { ...type, ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const document = answer.text === "" ? undefined : JSON.parse(answer.text);
    checkDocument(method, path, answer, document);
    return { status: answer.status, headers: answer.headers, document };
  };
}

function checkDocument(method: string, path: string, { status, headers }: Answer, document: unknown): void {
  if (status >= 400) {
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(problem.strict().safeParse(document).error).toBeUndefined();
    return;
  }
  const [name, operation] = operationAt(method, path) ?? [];
  if (operation === undefined) throw new Error(`no call of the API answers ${method} ${path}`);
  expect([name, status]).toEqual([name, operation.status ?? (operation.answer === undefined ? 204 : 200)]);
  if (operation.answer === undefined) return;
  const { data, error } = operation.answer.safeParse(document);
  expect(error).toBeUndefined();
  // Fields that it does not promise would be missing from what was read.
  expect(document).toEqual(data);
}

/** The call that answers, and its operationId. */
function operationAt(method: string, path: string) {
  const parts = path.split("/");
  return Object.entries(apiOperations).find(([, operation]) => {
    const own = operation.path.split("/");
    const fits = own.every((part, index) => part.startsWith("{") || part === parts[index]);
    return operation.method === method && own.length === parts.length && fits;
  });
}
