/**
 * Ways to authenticate wrongly, as data: each bends a request that would be let in, and names what S3 answers. Unit
 * tests run them on the authenticator; a matrix may run them on every route of a server: `send(endpoint,
 * bad.make(signerOptions, request))` (raw-request.ts). `applies` says whether a case makes sense for a request (writes
 * only, say).
 */
import { badHeaderV4 } from "./bad-header-v4.ts";
import { badQueryV4 } from "./bad-query-v4.ts";
import { badV2 } from "./bad-v2.ts";
import type { BadSignature } from "./bend-request.ts";

export const badSignatures: readonly BadSignature[] = [...badHeaderV4, ...badQueryV4, ...badV2];
