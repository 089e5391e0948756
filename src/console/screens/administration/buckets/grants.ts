/** An access control list and a block of public access, as S3 writes them. */
import type { Node } from "../../../wire/xml.ts";

const GROUPS: Readonly<Record<string, string>> = {
  AllUsers: "Anybody",
  AuthenticatedUsers: "Anybody with a key",
  LogDelivery: "The delivery of logs",
};

const RIGHTS: Readonly<Record<string, string>> = {
  FULL_CONTROL: "may do everything",
  READ: "may list",
  WRITE: "may write and delete",
  READ_ACP: "may read this list",
  WRITE_ACP: "may change this list",
};

/** One sentence each: `Anybody may list.` */
export function readGrants(acl: Node): readonly string[] {
  const grants = acl.all("AccessControlList")[0]?.all("Grant") ?? [];
  return grants.map((grant) => {
    const [grantee] = grant.all("Grantee");
    const group = grantee?.text("URI")?.split("/").at(-1);
    const who = group === undefined ? (grantee?.text("DisplayName") ?? grantee?.text("ID")) : (GROUPS[group] ?? group);
    const right = grant.text("Permission") ?? "";
    return `${who ?? "Somebody"} ${RIGHTS[right] ?? right}.`;
  });
}

const PARTS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;

/** What is public already is closed by it. */
export function isBlocked(configuration: Node): boolean {
  return configuration.text("IgnorePublicAcls") === "true";
}

/** What holds, and why. */
export function accessWords(isBlockedHere: boolean, isBlockedByGateway: boolean): string {
  if (isBlockedHere) return "Public access is blocked here: nobody reads without a key, whatever the list says.";
  if (isBlockedByGateway) return "The gateway blocks public access to every bucket, also to this one.";
  return "Public access is not blocked: this list decides, and that of each object.";
}

export function blockDocument(): string {
  const parts = PARTS.map((part) => `<${part}>true</${part}>`).join("");
  const root = "PublicAccessBlockConfiguration";
  return `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts}</${root}>`;
}
