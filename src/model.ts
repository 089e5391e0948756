/**
 * The nouns, as types: what the rooms say to each other. No code.
 * Sizes are bytes, times are `Date`, ETags stand without quotes, digests are lower-case hex sha256.
 */

export type Digest = string;

/** Header fields of a request or a reply; a request's have lower-case names. */
export type HeaderFields = Readonly<Record<string, string | undefined>>;

/** Where the signature of a request stands; anonymous: it has none. */
export type AuthenticationKind = "header" | "presigned" | "anonymous";

/** The other end of a connection. */
export interface Peer {
  readonly address: string;
  /** It speaks TLS with us. */
  readonly secure: boolean;
}

/** Who sent a request and how it came: worked out once, from the socket and from what trusted proxies say. */
export interface Client {
  /** Without brackets, port or the IPv4-in-IPv6 prefix. A trusted proxy's own where none says whose it is. */
  readonly address: string;
  /** False where `address` is a trusted proxy's own: no permission follows from it. */
  readonly certain: boolean;
  /** The peer is no trusted proxy, and no header says that anybody stands in between. */
  readonly direct: boolean;
  /** The peer is a trusted proxy, or this machine itself: it may say for tests where it stands. */
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

/** A bucket, or what stands in it under keys that begin with `prefix`; an empty prefix is the whole bucket. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** What an access key may do of all that its account may. What is absent limits nothing. */
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
  /** From then on it is no key any more. */
  readonly expiresAt: Date | undefined;
}

export type Permission = "READ" | "WRITE" | "READ_ACP" | "WRITE_ACP" | "FULL_CONTROL";

/** An account, or one of S3's groups. Nobody here is in LogDelivery. */
export type Grantee =
  | { readonly account: Account }
  | { readonly group: "AllUsers" | "AuthenticatedUsers" | "LogDelivery" };

export interface Grant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

/**
 * Who else may do what. The owner is not among them by right: whoever owns a bucket or an object may do everything with
 * it, granted or not.
 */
export type Acl = readonly Grant[];

/** Whether anything may be public at all: the operator's word, above every bucket's own. */
export type PublicAccess = "allowed" | "blocked";

/** S3's four switches of a bucket. No bucket has a policy here, so the last two only wait for one. */
export interface PublicAccessBlock {
  /** Refuses requests that set a public ACL. */
  readonly blockPublicAcls: boolean;
  /** Grants to everybody do not count, whenever they were made. */
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
  readonly minimumCopies?: number;
  /** Absent: private. */
  readonly acl?: Acl;
  /** Absent: ACLs count, and an object belongs to the account that wrote it (S3's ObjectWriter). */
  readonly ownership?: "BucketOwnerEnforced";
  /** Absent: the bucket blocks nothing. The gateway may block all the same. */
  readonly publicAccessBlock?: PublicAccessBlock;
  /** In byte order of key, never empty. */
  readonly tags?: readonly Tag[];
}

export interface Bucket {
  readonly id: number;
  readonly name: string;
  readonly owner: Account;
  readonly location: string;
  readonly createdAt: Date;
  readonly settings: BucketSettings;
}

/** What belongs to the name, never to the blob. */
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
  /** Names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In byte order of key, never empty. */
  readonly tags?: readonly Tag[];
  /** Absent: private. */
  readonly acl?: Acl;
  /** The account that wrote it, when that is not the bucket's owner. */
  readonly owner?: Account;
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

/** `verified`: size and ETag agreed when last looked at. `lost`: absent, short or rotten; never read from. */
export type ReplicaState = "verified" | "lost";

export interface Replica {
  readonly backend: string;
  readonly state: ReplicaState;
  readonly verifiedAt: Date;
}

/** Stored bytes. `storageKey` is the same on every backend, and is never used twice. */
export interface Blob {
  readonly id: number;
  readonly storageKey: string;
  readonly size: number;
  /** What every backend answers as ETag: the md5, or `md5-of-md5s-N` for bytes uploaded in parts. */
  readonly etag: string;
  /** Undefined until a multipart blob has been read once. */
  readonly digest: Digest | undefined;
  /** Sizes of the parts it was uploaded in; undefined for a single PUT. Copies are made with the same boundaries. */
  readonly partSizes: readonly number[] | undefined;
  readonly replicas: readonly Replica[];
}

export interface FoundObject {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly blob: Blob;
}

/**
 * Bytes that stand on backends and wait for a name. The transaction that writes the name makes them a blob,
 * or drops them when the same content became known in the meantime.
 */
export interface FreshContent {
  readonly kind: "fresh";
  /** Reserved: see metadata/key-reservations.ts. */
  readonly storageKey: string;
  readonly size: number;
  readonly etag: string;
  readonly digest: Digest | undefined;
  readonly partSizes: readonly number[] | undefined;
  /** The backends that acknowledged, all with agreeing ETag. */
  readonly backends: readonly string[];
  /** How many replicas the blob should have; fewer in `backends` makes a copy job in the same transaction. */
  readonly copies: number;
  /** Key under which equal digests share one blob; undefined: never shared. */
  readonly scope: string | undefined;
  /**
   * The blob with this digest whose replicas were found wanting: it takes over these bytes and its old ones are
   * dropped.
   */
  readonly replaces: number | undefined;
}

/** Content that is already a blob with enough good replicas. */
export interface KnownContent {
  readonly kind: "known";
  readonly blobId: number;
  readonly size: number;
  readonly etag: string;
}

export type Content = FreshContent | KnownContent;

export interface ByteRange {
  /** First and last byte, both inclusive, as in HTTP. */
  readonly first: number;
  readonly last: number;
}

export interface Region {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Preconditions of a write (PUT, Complete): S3's If-Match and If-None-Match. */
export interface WriteCondition {
  /** `*` or an ETag without quotes. */
  readonly ifMatch?: string;
  /** Only `*` is accepted by S3. */
  readonly ifNoneMatch?: "*";
}
