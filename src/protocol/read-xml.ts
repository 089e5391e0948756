/**
 * XML in: fast-xml-parser behind guards. The guards are linear, run before it, and close what it lets pass: a document
 * is exactly what XML 1.0 calls well-formed, less what no S3 client sends, or it is MalformedXML. What is left cannot
 * cost more than its number of tags and bytes allows. docs/decisions/007 has the reasons and the figures.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { S3Error } from "../errors.ts";

/** One element of a request's document. Attributes and namespace prefixes are checked and dropped. */
export class XmlElement {
  readonly name: string;
  /** The character data directly inside, joined. */
  readonly ownText: string;
  readonly elements: readonly XmlElement[];

  constructor(name: string, ownText: string, elements: readonly XmlElement[]) {
    this.name = name;
    this.ownText = ownText;
    this.elements = elements;
  }

  /** The text of the only child of that name; undefined without one. MalformedXML for two, and for elements in it. */
  text(name: string): string | undefined {
    const child = this.child(name);
    if (child !== undefined && child.elements.length > 0) throw malformed(`elements in ${name}`);
    return child?.ownText;
  }

  /** The only child of that name; undefined without one. MalformedXML for two. */
  child(name: string): XmlElement | undefined {
    const [child, second] = this.children(name);
    if (second !== undefined) throw malformed(`a second ${name}`);
    return child;
  }

  /** All children of that name, in order. */
  children(name: string): readonly XmlElement[] {
    return this.elements.filter((element) => element.name === name);
  }
}

/** What a document may hold: an element has two tags, an empty one may have one. */
export interface XmlLimits {
  readonly tags: number;
  readonly references: number;
}

/**
 * Reads a document whose root element is `root`, in any namespace, within `limits`. Elements that nobody asks for are
 * passed over, as S3 does. Throws MalformedXML.
 */
export function readXml(text: string, root: string, limits: XmlLimits): XmlElement {
  const markup = withLineFeeds(text.replace(DECLARATION, ""));
  if (count(markup, "<") > limits.tags) throw malformed("too many elements");
  if (count(markup, "&") > limits.references) throw malformed("too many references");
  for (const [pattern, why] of REFUSED) if (pattern.test(markup)) throw malformed(why);
  // The parser drops what stands before the first tag and after the last, and its validator lets some of it.
  if (!FIRST_TAG.test(markup)) throw malformed("text before the root");
  if (!LAST_TAG.test(markup.slice(markup.lastIndexOf("<")))) throw malformed("text after the root");
  const valid = XMLValidator.validate(markup);
  if (valid !== true) throw malformed(valid.err.msg);
  const document = rootOf(parse(markup));
  if (document.name !== root) throw malformed(`the root is ${document.name}`);
  return document;
}

// The expressions know where a tag ends, so each reads a character a bounded number of times, whatever the text.
const NAME = "[^\\s\"'<>/=&]+";
const BLANK = "[ \\t\\r\\n]";
const ATTRIBUTE = `${BLANK}+${NAME}${BLANK}*=${BLANK}*(?:"[^"<&]*"|'[^'<&]*')`;
const TAG = `<(?:/${NAME}${BLANK}*|${NAME}(?:${ATTRIBUTE}){0,8}${BLANK}*/?)>`;
const DECLARATION = new RegExp(
  `^<\\?xml${BLANK}+version${BLANK}*=${BLANK}*(["'])1\\.0\\1` +
    `(?:${BLANK}+encoding${BLANK}*=${BLANK}*(["'])[uU][tT][fF]-?8\\2)?` +
    `(?:${BLANK}+standalone${BLANK}*=${BLANK}*(["'])(?:yes|no)\\3)?${BLANK}*\\?>`,
);

const ILLEGAL = /[^\P{Cc}\t\n\r\x7f-\x9f]|[\ud800-\udfff\ufffe\uffff]/u;
/** What no document may hold, whatever the parser makes of it. */
const REFUSED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [ILLEGAL, "a character that XML cannot hold"],
  [/<[!?]/, "a comment, CDATA section, DOCTYPE or instruction"],
  [/\]\]>/, "]]> in text"],
  [new RegExp(`<(?!${TAG.slice(1)})`), "something else than a tag"],
];
const FIRST_TAG = new RegExp(`^${BLANK}*<`);
const LAST_TAG = new RegExp(`^${TAG}${BLANK}*$`);

function count(markup: string, mark: string): number {
  let marks = 0;
  for (let at = markup.indexOf(mark); at >= 0; at = markup.indexOf(mark, at + 1)) marks += 1;
  return marks;
}

/** A literal line break is a line feed however it was written. The parser does the same, at three times the cost. */
function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.split("\r\n").join("\n").split("\r").join("\n") : text;
}

const TEXT = "#text";
const PARSER = new XMLParser({
  // Children as a list: a name is never a property that something else could be.
  preserveOrder: true,
  textNodeName: TEXT,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  maxNestedTags: 20,
  jPath: false,
  onDangerousProperty: (name) => name,
});

/** One child as the parser gives it: its name, or that of a text, is the only property. */
type ParsedNode = Readonly<Record<string, string | readonly ParsedNode[]>>;

function parse(markup: string): readonly ParsedNode[] {
  try {
    return PARSER.parse(markup);
  } catch (cause) {
    throw malformed("refused by the parser", cause);
  }
}

function rootOf(nodes: readonly ParsedNode[]): XmlElement {
  const [root, second] = elementOf("", nodes).elements;
  if (root === undefined || second !== undefined) throw malformed("not one whole element");
  return root;
}

function elementOf(name: string, nodes: readonly ParsedNode[]): XmlElement {
  let text = "";
  const elements: XmlElement[] = [];
  for (const node of nodes)
    for (const [key, content] of Object.entries(node))
      if (typeof content === "string") text += decode(content);
      else elements.push(elementOf(key.slice(key.indexOf(":") + 1), content));
  return new XmlElement(name, text, elements);
}

const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#([0-9]+)|#x([0-9a-fA-F]+));|&/g;
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The parser decodes in passes of its own, so that `&#38;lt;` becomes `<`, and takes an unknown entity as text. */
function decode(raw: string): string {
  if (!raw.includes("&")) return raw;
  return raw.replace(REFERENCE, (_whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return NAMED[name] ?? "";
    return characterOf(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

function characterOf(code: number): string {
  if (!(code >= 0 && code <= 0x10ffff)) throw malformed("an unknown entity, or a reference to no character");
  const character = String.fromCodePoint(code);
  if (ILLEGAL.test(character)) throw malformed("a reference to a character that XML cannot hold");
  return character;
}

function malformed(why: string, cause?: unknown): S3Error {
  return new S3Error("MalformedXML", {}, { cause: new Error(why, { cause }) });
}
