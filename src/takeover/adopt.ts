/** One object of a backend's own bucket as an object here: it stays where it stands, and no byte of it is read. */
import type { Adoptable, DescribedObject, Obstacle, PresentObject } from "../backends/adoptable.ts";
import { adoptedKey } from "../backends/adopted-key.ts";
import { destinationOf, type WriteDefaults } from "../blobs/scope.ts";
import type { AdoptedObject, Adoption } from "../metadata/adoptions.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Bucket } from "../model.ts";

export interface AdoptingBackend {
  /** Of the backend. */
  readonly name: string;
  readonly adoptable: Adoptable;
}

/** long-key: no storage key can name it. Others: why an object is not adopted, or that it need not be. */
export type NotAdopted = Obstacle | Exclude<Adoption, "adopted"> | "long-key";

/** What the database must know of an object that is to be adopted. Throws BackendError when nobody answers. */
export async function readyToAdopt(
  { adoptions }: Pick<Metadata, "adoptions">,
  { name, adoptable }: AdoptingBackend,
  { bucket, defaults }: { readonly bucket: Bucket; readonly defaults: WriteDefaults },
  listed: PresentObject,
): Promise<AdoptedObject | NotAdopted> {
  const storageKey = adoptedKey(name, listed.key);
  if (storageKey === undefined) return "long-key";
  const obstacle = await adoptions.obstacle(bucket.id, listed.key, storageKey);
  if (obstacle !== undefined) return obstacle;
  const described = await adoptable.describe(listed);
  return typeof described === "string" ? described : objectOf(described, storageKey, { name, bucket, defaults });
}

function objectOf(
  { key, size, etag, modifiedAt, attributes, partSizes }: DescribedObject,
  storageKey: string,
  { name, bucket, defaults }: { readonly name: string; readonly bucket: Bucket; readonly defaults: WriteDefaults },
): AdoptedObject {
  const { scope, wanted } = destinationOf(bucket, bucket.owner.id, undefined, defaults);
  return {
    ...{ bucketId: bucket.id, key, etag, modifiedAt, condition: {}, checksum: undefined },
    attributes: { ...attributes, adoptedAs: storageKey },
    parts: partSizes?.map((size, index) => ({ partNumber: index + 1, size })),
    content: {
      ...({ kind: "fresh", storageKey, size, etag, digest: undefined, partSizes, scope } as const),
      ...{ backends: [name], touched: [], good: 1, replaces: undefined },
      copies: wanted?.copies ?? defaults.copies,
      ...(wanted && { wanted }),
    },
  };
}
