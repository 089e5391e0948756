/** What the database knows of a backend beside its configuration. */

/** attached: in use. draining: read, but given nothing new, and being emptied. removed: never asked again. */
export type BackendState = "attached" | "draining" | "removed";

/** What the database says about a backend. */
export interface Registration {
  readonly name: string;
  /** What its identity object or marker says. */
  readonly identity: string;
  readonly state: BackendState;
  /** When any gateway last found it in place; the beginning of time: never yet. */
  readonly seenAt: Date;
  /** Since when another identity, or none, stands where it was; undefined: that was not seen. */
  readonly lostAt: Date | undefined;
  /** Undefined: nobody has tried it. */
  readonly abilities: RedirectAbilities | undefined;
}

/**
 * What a store did with reads by URLs signed as a redirect's are. Undefined parts could not be found out.
 */
export interface RedirectAbilities {
  /** Where clients were sent then. */
  readonly publicEndpoint: string;
  readonly at: Date;
  /** Does it bear `x-amz-*` headers that the URL does not sign? */
  readonly replayedHeaders?: "tolerate" | "strict" | undefined;
  /** The key that signs redirects may read blobs. */
  readonly keyReads?: boolean | undefined;
  /** And it may not write. Undefined also where it is the key that writes. */
  readonly keyReadsOnly?: boolean | undefined;
  /** What stands at the public endpoint is this store. */
  readonly sameStore?: boolean | undefined;
  /** The ETag is the md5 of the bytes, and of an upload in parts that of the parts' md5s. */
  readonly etags?: boolean | undefined;
  readonly partEtags?: boolean | undefined;
  /** It answers a range with that part, and holds If-Match and If-None-Match. */
  readonly ranges?: boolean | undefined;
  readonly conditions?: boolean | undefined;
  /** It answers with the headers that `response-*` parameters name. */
  readonly overrides?: boolean | undefined;
}
