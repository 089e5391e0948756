/** The gateway's own API under `/-/api/v1`, typed by its documents. */
import type { Problem } from "../../contract/common.ts";
import { done, type Fault, failed, faultOfStatus, type Result } from "./fault.ts";
import { type Outgoing, offline, type Signer, send } from "./send.ts";

export interface ApiCall extends Pick<Outgoing, "method" | "query" | "signal"> {
  /** Below `/-/api/v1`, decoded; begins with a slash. */
  readonly path: string;
  /** Becomes JSON. */
  readonly body?: unknown;
}

/** `T` is what the contract says that this call answers with; undefined where it answers with nothing. */
export async function callApi<T>(call: ApiCall, signer: Signer): Promise<Result<T>> {
  const { path, body, ...rest } = call;
  const answer = await send(
    {
      ...rest,
      path: `/-/api/v1${path}`,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    },
    signer,
  );
  if (!answer.ok) return answer;
  const response = answer.value;
  try {
    if (!response.ok) return failed(await faultOf(response));
    return done((response.status === 204 ? undefined : await response.json()) as T);
  } catch (error) {
    return failed(error instanceof SyntaxError ? notOurs(response) : offline(error));
  }
}

async function faultOf(response: Response): Promise<Fault> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json"))
    return faultOfStatus(response.status);
  const { code, detail, title, status, instance, errors } = (await response.json()) as Problem;
  return { code, message: detail ?? title, status, requestId: instance, errors };
}

function notOurs({ status }: Response): Fault {
  return { code: "NotOurs", message: "Something between you and the gateway answered in its place.", status };
}
