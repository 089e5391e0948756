/**
 * May this account do this? Pure. Without a policy or an ACL that says otherwise, a bucket's owner may do everything on it and nobody else
 * anything; what has no bucket yet is open to every account, never to the anonymous.
 */
export type Decision = "allow" | "deny";

/** Actions on the service itself: there is no bucket whose owner could be asked. */
const SERVICE_ACTIONS: ReadonlySet<string> = new Set(["s3:ListAllMyBuckets", "s3:CreateBucket"]);

/**
 * `caller`: the account's id, undefined for an anonymous request. `action`: S3's own name. `owner`: the account that owns the bucket,
 * undefined when the action has none.
 */
export function decide(caller: number | undefined, action: `s3:${string}`, owner: number | undefined): Decision {
  if (caller === undefined) return "deny";
  if (owner === undefined) return SERVICE_ACTIONS.has(action) ? "allow" : "deny";
  return caller === owner ? "allow" : "deny";
}
