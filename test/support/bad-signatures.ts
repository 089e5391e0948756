/**
 * Wrong ways to authenticate, as data: each changes a valid request and names S3's answer. Unit tests run them on the
 * authenticator; a matrix can run them on every route of a server: `send(endpoint, bad.make(signerOptions, request))`
 * (raw-request.ts). `applies` says whether a case makes sense for a request (for example only for writes).
 */
import { badHeaderV4 } from "./bad-header-v4.ts";
import { badQueryV4 } from "./bad-query-v4.ts";
import { badV2 } from "./bad-v2.ts";
import type { BadSignature } from "./bend-request.ts";

export const badSignatures: readonly BadSignature[] = [...badHeaderV4, ...badQueryV4, ...badV2];
