/** XML in and out. Out: a value that is rendered once. In: read by shape, validated, size-limited, no DOCTYPE, nothing trimmed or turned into a number. */

/** An element's content: text, child elements in order, or a list of equal-named children. */
export type XmlContent = string | number | boolean | undefined | { readonly [name: string]: XmlContent | readonly XmlContent[] };

export interface XmlDocument {
  readonly root: string;
  readonly content: XmlContent;
}
