/** Functions that change a signed request, used by bad-signatures.ts. */
import type { PreparedRequest } from "./raw-request.ts";
import { prepare, type SignerOptions, type TestRequest } from "./sign.ts";

export interface BadSignature {
  readonly name: string;
  /** Does it make sense for this request? Default: for every one. */
  readonly applies?: (request: TestRequest) => boolean;
  /** The bent request, ready to send. */
  readonly make: (options: SignerOptions, request: TestRequest) => PreparedRequest;
  readonly code: string;
  readonly status: number;
}

type Bend = (prepared: PreparedRequest) => void;

export const MINUTE_MS = 60_000;

/** `authentication`: the form that is signed before it is bent. */
export function bad(
  name: string,
  authentication: TestRequest["authentication"],
  [status, code]: readonly [number, string],
  bend: Bend,
  more: Bent = {},
): BadSignature {
  return {
    name: `${authentication}: ${name}`,
    make: (options, request) => {
      const prepared = prepare(
        { ...options, ...more.options?.(options) },
        { ...request, ...more.request, ...form(authentication, request) },
      );
      bend(prepared);
      return prepared;
    },
    status,
    code,
    ...(more.applies ? { applies: more.applies } : {}),
  };
}

interface Bent {
  readonly options?: (options: SignerOptions) => Partial<SignerOptions>;
  readonly request?: Partial<TestRequest>;
  readonly applies?: (request: TestRequest) => boolean;
}

// Version 2 has no signed payload forms, so a request for it is sent plain.
function form(authentication: TestRequest["authentication"], request: TestRequest): Partial<TestRequest> {
  if (authentication?.startsWith("v2") && request.payload?.startsWith("chunked"))
    return { authentication, payload: "unsigned" };
  return authentication === undefined ? {} : { authentication };
}

export const NOTHING: Bend = () => {};
export const MISMATCH = [403, "SignatureDoesNotMatch"] as const;
export const DENIED = [403, "AccessDenied"] as const;
export const UNKNOWN = [403, "InvalidAccessKeyId"] as const;
export const MALFORMED = [400, "AuthorizationHeaderMalformed"] as const;
export const QUERY = [400, "AuthorizationQueryParametersError"] as const;
export const ARGUMENT = [400, "InvalidArgument"] as const;

export function header(name: string, change: (value: string) => string | undefined): Bend {
  return (prepared) => {
    prepared.headers = prepared.headers.flatMap(([each, value]): [string, string][] => {
      if (each.toLowerCase() !== name) return [[each, value]];
      const changed = change(value);
      return changed === undefined ? [] : [[each, changed]];
    });
  };
}

export function add(name: string, value: string): Bend {
  return (prepared) => void prepared.headers.push([name, value]);
}

export function target(change: (target: string) => string): Bend {
  return (prepared) => {
    prepared.target = change(prepared.target);
  };
}

export function flipLast(text: string): string {
  const at = /[0-9a-f](?=[^0-9a-f]*$)/.exec(text)?.index ?? text.length - 1;
  return `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`;
}

export const authorization = (change: (value: string) => string | undefined) => header("authorization", change);
export const parameter = (name: string, value: string | undefined) =>
  target((text) =>
    text.replace(new RegExp(`[?&]${name}=[^&]*`), (found) =>
      value === undefined ? (found[0] as string) : `${found[0]}${name}=${value}`,
    ),
  );
export const appended = (more: string) => target((text) => `${text}${text.includes("?") ? "&" : "?"}${more}`);
export const reads = (request: TestRequest) =>
  request.method === undefined || request.method === "GET" || request.method === "HEAD";
export const writes = (request: TestRequest) => !reads(request);
export const at = (ms: number) => (options: SignerOptions) => ({
  now: () => new Date((options.now ?? (() => new Date()))().getTime() + ms),
});
export const wrongSecret = { options: () => ({ secretAccessKey: "not the secret of this key" }) };
export const nobody = { options: () => ({ accessKeyId: "AKIANOBODYHASTHISKEY" }) };
