/** An account as S3's documents show an owner. */
import type { Account } from "../model.ts";
import type { XmlContent } from "../protocol/xml.ts";

export function ownerOf({ name }: Pick<Account, "name">): XmlContent {
  return { ID: name, DisplayName: name };
}
