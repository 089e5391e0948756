/**
 * XML out: a value that is rendered once, escaped so that every key survives, control characters and carriage returns
 * included.
 */

/**
 * An element's content: text, or child elements in order; an array stands for equal-named elements. A name may carry
 * attributes after a space.
 */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlContent | readonly XmlContent[] };

export interface XmlDocument {
  readonly root: string;
  readonly content: XmlContent;
}

/** What every document begins with; blanks may follow it. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** The whole document. S3 gives every root but `Error` its namespace. Undefined content leaves its element out. */
export function renderXml({ root, content }: XmlDocument): string {
  return XML_DECLARATION + renderRoot({ root, content });
}

/** The document without its declaration. */
export function renderRoot({ root, content }: XmlDocument): string {
  return element(root, root === "Error" ? "" : NAMESPACE, content ?? "");
}

function element(name: string, attributes: string, content: XmlContent): string {
  if (content === undefined) return "";
  const inner =
    typeof content === "object"
      ? children(content)
      : typeof content === "string"
        ? escapeText(content)
        : String(content);
  if (inner === "") return `<${name}${attributes}/>`;
  const space = name.indexOf(" ");
  return `<${name}${attributes}>${inner}</${space < 0 ? name : name.slice(0, space)}>`;
}

function children(content: { readonly [name: string]: XmlContent | readonly XmlContent[] }): string {
  let text = "";
  for (const name in content) {
    const value = content[name];
    if (isList(value)) for (const one of value) text += element(name, "", one);
    else text += element(name, "", value);
  }
  return text;
}

function isList(value: XmlContent | readonly XmlContent[]): value is readonly XmlContent[] {
  return Array.isArray(value);
}

// Literal line breaks and tabs would be normalised by a reader. Characters XML 1.0 cannot hold are sent as references,
// as S3 does: a client that must read such keys asks for encoding-type=url.
const SPECIAL = /[&<>"\p{Cc}\u2028\ufffe\uffff]/u;
const EACH_SPECIAL = new RegExp(SPECIAL, "gu");
const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(
    EACH_SPECIAL,
    (character) => NAMED[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}
