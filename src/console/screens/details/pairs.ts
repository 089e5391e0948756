/** Names and values that a person edits: tags and user metadata. Pure. */

export interface Pair {
  readonly name: string;
  readonly value: string;
}

/** What keeps pairs from being written; undefined: nothing. */
export type PairFault = (pairs: readonly Pair[]) => string | undefined;

const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** S3: at most 10 tags, 128 and 256 characters. */
export const tagFault: PairFault = (pairs) => {
  if (pairs.length > 10) return "An object has at most 10 tags.";
  return (
    commonFault(pairs, (name) => name) ??
    firstFault(pairs, ({ name, value }) => {
      if (name.length > 128 || value.length > 256) return `${name} is too long: 128 characters, its value 256.`;
      const of = TAG.test(name) ? `The value of ${name}` : name;
      return TAG.test(name) && TAG.test(value) ? undefined : `${of}: letters, digits, spaces and _ . : / = + - @ only.`;
    })
  );
};

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const METADATA_BYTES = 2048;

/** S3: names are header names, and everything together is 2 KiB at most. */
export const metadataFault: PairFault = (pairs) => {
  const text = pairs.map(({ name, value }) => name + value).join("");
  if (new TextEncoder().encode(text).length > METADATA_BYTES) return "All together may have 2 KiB at most.";
  return (
    commonFault(pairs, (name) => name.toLowerCase()) ??
    firstFault(pairs, ({ name, value }) => {
      if (!HEADER_NAME.test(name)) return `${name}: letters, digits and - _ . only.`;
      return /\p{Cc}/u.test(value) ? `${name}: no line breaks or control characters.` : undefined;
    })
  );
};

function commonFault(pairs: readonly Pair[], folded: (name: string) => string): string | undefined {
  if (pairs.some(({ name }) => name === "")) return "Each needs a name.";
  const names = pairs.map(({ name }) => folded(name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `${twice} is there twice.`;
}

function firstFault(pairs: readonly Pair[], faultOf: (pair: Pair) => string | undefined): string | undefined {
  for (const pair of pairs) {
    const fault = faultOf(pair);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
