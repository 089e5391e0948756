/**
 * The types that the rooms exchange. Sizes are bytes, times `Date`, ETags unquoted, digests lower-case hex sha256.
 */
import type { CorsRule } from "./cors-rules.ts";
import type { BucketPlacement, ReadReplicaRule, Wanted } from "./wanted.ts";

export type Digest = string;

/** Header fields of a request or a reply; a request's have lower-case names. */
export type HeaderFields = Readonly<Record<string, string | undefined>>;

/** Where a request carries its signature; anonymous: it has none. */
export type AuthenticationKind = "header" | "presigned" | "anonymous";

/** The other end of a connection. `relayed`: a trusted proxy named it (PROXY protocol); empty: it named nobody. */
export interface Peer {
  readonly address: string;
  /** The connection is TLS. */
  readonly secure: boolean;
  readonly relayed?: true;
}

/** Who sent a request and over which protocol: determined once, from the socket and from trusted proxies' headers. */
export interface Client extends Pick<Peer, "relayed"> {
  /** Without brackets, port or the IPv4-in-IPv6 prefix. A trusted proxy's own when the client's is unknown. */
  readonly address: string;
  /** False when `address` is a trusted proxy's own: it grants nothing. */
  readonly certain: boolean;
  /** The peer is no trusted proxy, and no header names a proxy in between. */
  readonly direct: boolean;
  /** The peer is a trusted proxy or this machine: for tests it may name its own location. */
  readonly trustedPeer: boolean;
  /** `scheme://host` that the client used, for Location elements and redirects. */
  readonly origin: string;
  /** False only when the client is known to have come by plain http. */
  readonly mayBeHttps: boolean;
}

export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";

/** An additional checksum as S3 reports it: base64, for a composite one followed by `-<parts>`. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
  readonly value: string;
}

export type RedirectMode = "off" | "auto" | "always";
export type DedupScope = "account" | "global" | "bucket" | "off";

export interface Account {
  readonly id: number;
  /** Shown as the owner's id and display name in listings. */
  readonly name: string;
}

/** A bucket, or its keys that begin with `prefix`; an empty prefix is the whole bucket. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** Limits on what an access key may do of what its account may. An absent field limits nothing. */
export interface KeyScope {
  readonly readOnly?: true;
  readonly places?: readonly Place[];
  /** `10.0.0.0/8`, `2001:db8::/32` or one address: where requests may come from. */
  readonly networks?: readonly string[];
}

/** Made by auth/secret-box.ts; metadata never sees the secret itself. */
export interface SealedSecret {
  readonly sealedSecret: string;
  /** The id of the encryption key; undefined: sealed before secrets had one. */
  readonly sealedBy: string | undefined;
}

export interface AccessKey extends SealedSecret {
  readonly accessKeyId: string;
  readonly account: Account;
  readonly createdAt: Date;
  readonly redirect: RedirectMode | undefined;
  readonly scope: KeyScope;
  readonly disabled: boolean;
  /** Refused from then on. */
  readonly expiresAt: Date | undefined;
  /** The key that it was made from, where it is a session: it counts only while that one does. */
  readonly sessionOf: string | undefined;
  /** That key, as it stands in the database; undefined: it does not. */
  readonly parent: Pick<AccessKey, "disabled" | "expiresAt"> | undefined;
}

export type Permission = "READ" | "WRITE" | "READ_ACP" | "WRITE_ACP" | "FULL_CONTROL";

/** An account, or one of S3's groups. LogDelivery has no members here. */
export type Grantee =
  | { readonly account: Account }
  | { readonly group: "AllUsers" | "AuthenticatedUsers" | "LogDelivery" };

export interface Grant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

/** Grants to others. The owner of a bucket or an object may do everything with it, with or without a grant. */
export type Acl = readonly Grant[];

/** Whether anything may be public: the operator's setting, which overrides every bucket's own. */
export type PublicAccess = "allowed" | "blocked";

/** S3's four switches of a bucket. Bucket policies are not served, so the last two have no effect. */
export interface PublicAccessBlock {
  /** Refuses requests that set a public ACL. */
  readonly blockPublicAcls: boolean;
  /** Ignores public grants, whenever they were made. */
  readonly ignorePublicAcls: boolean;
  readonly blockPublicPolicy: boolean;
  readonly restrictPublicBuckets: boolean;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface BucketSettings {
  readonly dedup?: DedupScope;
  readonly redirect?: RedirectMode;
  /** Good copies of each object. Absent: as the gateway's. */
  readonly copies?: number;
  readonly minimumCopies?: number;
  /** Absent: any. */
  readonly placement?: BucketPlacement;
  /** Absent: as the gateway's. */
  readonly readReplicas?: ReadReplicaRule | "off";
  /** Absent: private. */
  readonly acl?: Acl;
  /** Absent: ACLs count, and an object belongs to the account that wrote it (S3's ObjectWriter). */
  readonly ownership?: "BucketOwnerEnforced";
  /** Absent: the bucket blocks nothing; the gateway still may. */
  readonly publicAccessBlock?: PublicAccessBlock;
  /** In byte order of key, never empty. */
  readonly tags?: readonly Tag[];
  /** In S3's order: the first that matches holds. Absent: the gateway's own; never empty. */
  readonly cors?: readonly CorsRule[];
  /** The bucket that this one takes over: what is not here yet is read there. Absent: none. */
  readonly takesOver?: OldBucket;
}

/** A bucket of a backend's service, or of a source of the configuration. */
export interface OldBucket {
  /** The name of the backend or source. */
  readonly service: string;
  readonly bucket: string;
  /** Its objects are adopted where they stand, instead of copied. */
  readonly inPlace?: true;
}

export interface Bucket {
  readonly id: number;
  readonly name: string;
  readonly owner: Account;
  readonly location: string;
  readonly createdAt: Date;
  readonly settings: BucketSettings;
}

/** What belongs to the object, never to its blob. */
export interface ObjectAttributes {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  /** As the client sent it. */
  readonly expires?: string;
  readonly websiteRedirectLocation?: string;
  readonly storageClass?: string;
  /** In byte order: the regions that the object itself asks for, with one copy in each. */
  readonly regions?: readonly string[];
  /** Names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In byte order of key, never empty. */
  readonly tags?: readonly Tag[];
  /** Absent: private. */
  readonly acl?: Acl;
  /** The account that wrote it, when that is not the bucket's owner. */
  readonly owner?: Account;
  /** The storage key under which a backend adopted it: there it answers with these very attributes. */
  readonly adoptedAs?: string;
  /** The ETag that it has in the bucket which this one takes over: copied from there, and not changed here since. */
  readonly brought?: string;
}

/** One part of an object that was uploaded in parts, in order; numbers may have gaps. */
export interface PartOfObject {
  readonly partNumber: number;
  readonly size: number;
  readonly checksum?: string;
}

/** An object: a key and its attributes. `versionId` is "null" for an unversioned one. */
export interface StoredObject {
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedAt: Date;
  readonly attributes: ObjectAttributes;
  readonly checksum: Checksum | undefined;
  /** Present when the object was uploaded in parts. */
  readonly parts: readonly PartOfObject[] | undefined;
}

/** What a listing tells of an object. */
export type ListedObject = Omit<StoredObject, "parts">;

/**
 * `verified`: size and ETag agreed at the last check. `reader`: the same, and kept only for readers nearby: it counts
 * for nothing else. `lost`: absent, short, corrupt or no longer needed. `deleting`:
 * its bytes are being deleted; nothing is written there before its row is gone.
 */
export type ReplicaState = "verified" | "reader" | "lost" | "deleting";

export interface Replica {
  readonly backend: string;
  readonly state: ReplicaState;
  /** When it was last found to be in its state. */
  readonly verifiedAt: Date;
}

/** Stored bytes. `storageKey` is the same on every backend, and is never used twice. */
export interface Blob {
  readonly id: number;
  readonly storageKey: string;
  readonly size: number;
  /** The ETag on every backend: the md5, or `md5-of-md5s-N` for bytes uploaded in parts. */
  readonly etag: string;
  /** Undefined until a blob that came in parts, or was adopted, has been read once. */
  readonly digest: Digest | undefined;
  /** Sizes of the parts it was uploaded in; undefined for a single PUT. Copies are made with the same boundaries. */
  readonly partSizes: readonly number[] | undefined;
  readonly replicas: readonly Replica[];
  readonly wanted?: Wanted;
}

export interface FoundObject {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly blob: Blob;
}

/** First and last byte, both inclusive, as in HTTP. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface Region {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

export type Coordinates = Pick<Region, "latitude" | "longitude">;

/** Preconditions of a write (PUT, Complete): S3's If-Match and If-None-Match. */
export interface WriteCondition {
  /** `*` or an ETag without quotes. */
  readonly ifMatch?: string;
  readonly ifNoneMatch?: "*";
}
