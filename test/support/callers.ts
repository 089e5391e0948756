/** For the tests of access: a bucket of the root account, a second account and an anonymous caller. */
import type { TestGatewayOptions } from "./gateway.ts";
import { type OpenBucket, openBucket } from "./open-bucket.ts";
import { type SignedFetch, signedFetch, type TestRequest } from "./sign.ts";

type Knock = (method: string, key: string, extra?: Omit<TestRequest, "path">) => ReturnType<SignedFetch>;

export interface Callers extends AsyncDisposable {
  readonly on: OpenBucket;
  /** The owner's account name, as ACLs show it. */
  readonly owner: string;
  readonly asOwner: Knock;
  readonly asBob: Knock;
  readonly asAnyone: Knock;
}

export async function openCallers(options?: TestGatewayOptions): Promise<Callers> {
  const on = await openBucket({ ...options, config: { publicAccess: "allowed", ...options?.config } });
  const bob = await on.gateway.addAccount("bob");
  const bobs = signedFetch({ endpoint: on.gateway.url, ...bob });
  const place = (key: string) => (key === "" ? "/bucket" : `/bucket/${key}`);
  const answer = await on.ok("GET", "", { query: "acl" });
  return {
    on,
    owner: /<ID>([^<]*)</.exec(answer.text)?.[1] ?? "",
    asOwner: on.call,
    asBob: (method, key, extra = {}) => bobs({ method, path: place(key), ...extra }),
    asAnyone: (method, key, extra = {}) =>
      on.fetch({ method, path: place(key), authentication: "anonymous", ...extra }),
    [Symbol.asyncDispose]: () => on[Symbol.asyncDispose](),
  };
}

export function aclDocument(
  owner: string,
  grants: readonly (readonly [grantee: string, permission: string])[],
): string {
  const list = grants.map(
    ([grantee, permission]) => `<Grant><Grantee>${grantee}</Grantee><Permission>${permission}</Permission></Grant>`,
  );
  return `<AccessControlPolicy><Owner><ID>${owner}</ID></Owner><AccessControlList>${list.join("")}</AccessControlList></AccessControlPolicy>`;
}

/** Grants of an answer as `grantee PERMISSION`, in its order; groups by the last word of their URI. */
export function grantsOf({ text }: { readonly text: string }): string[] {
  return [
    ...text.matchAll(/<Grantee[^>]*xsi:type="(\w+)">(?:<ID>([^<]*)<|<URI>[^<]*\/([^</]*)<).*?<Permission>(\w+)</g),
  ].map(([, type, id, group, permission]) => `${type === "Group" ? group : id} ${permission}`);
}
