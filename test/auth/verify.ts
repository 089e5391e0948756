/**
 * Runs a raw request through the parsing of address and headers and through the authenticator, as dispatch does, but
 * without a server.
 */
import { type Authentication, type AuthenticatorOptions, openAuthenticator } from "../../src/auth/authenticate.ts";
import type { SignedRequest } from "../../src/auth/claim.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { readRawHeaders } from "../../src/protocol/raw-headers.ts";
import type { PreparedRequest } from "../support/raw-request.ts";

export const EXAMPLE_KEY = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const EXAMPLE_ACCOUNT = { id: 7, name: "examples" };

export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface VerifyOptions extends Partial<AuthenticatorOptions> {
  readonly domains?: readonly string[];
}

/** By the examples' root key, at the time given, unless told otherwise. */
export async function verify(
  request: WireRequest | PreparedRequest,
  time: string | Date,
  options: VerifyOptions = {},
): Promise<Authentication> {
  const { domains = ["s3.amazonaws.com"], ...rest } = options;
  const authenticator = openAuthenticator({
    findKey: async () => undefined,
    rootKey: { ...EXAMPLE_KEY, account: EXAMPLE_ACCOUNT },
    unseal: async ({ sealedSecret }) => sealedSecret,
    noteUse: () => undefined,
    now: () => new Date(time),
    region: undefined,
    signatureV2: "all",
    ...rest,
  });
  return authenticator.authenticate(fromWire(request, domains));
}

/** Header values are taken for UTF-8 and arrive as node has them. */
export function fromWire(request: WireRequest | PreparedRequest, domains: readonly string[] = []): SignedRequest {
  const headers = readRawHeaders(
    request.headers.flatMap(([name, value]) => [name, Buffer.from(value).toString("latin1")]),
  );
  return { method: request.method, address: parseAddress(request.target, headers["host"], domains), headers };
}

/** The S3Error a promise rejects with, as plain values. */
export async function refusal(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; status: number; elements: Readonly<Record<string, string>> }> {
  try {
    await promise;
  } catch (error) {
    const { code, message, status, elements } = error as {
      code: string;
      message: string;
      status: number;
      elements: Record<string, string>;
    };
    if (code === undefined) throw error;
    return { code, message, status, elements };
  }
  throw new Error("it was let in");
}
