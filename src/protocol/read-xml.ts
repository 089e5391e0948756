/**
 * XML in: one pass over the text, linear in its length. Well-formed or MalformedXML; no DOCTYPE, so no entity but XML's
 * own five and numbers; nothing is trimmed or turned into a number; elements that nobody asks for are passed over, as
 * S3 does.
 */
import { S3Error } from "../errors.ts";

/** One element of a request's document. Attributes and namespace prefixes are checked and dropped. */
export class XmlElement {
  readonly name: string;
  /** The character data directly inside, joined. */
  ownText = "";
  readonly elements: XmlElement[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The text of the first child of that name; undefined without one. MalformedXML when it holds elements. */
  text(name: string): string | undefined {
    const child = this.elements.find((element) => element.name === name);
    if (child !== undefined && child.elements.length > 0) throw new S3Error("MalformedXML");
    return child?.ownText;
  }

  /** All children of that name, in order. */
  children(name: string): readonly XmlElement[] {
    return this.elements.filter((element) => element.name === name);
  }
}

/** Reads a document whose root element is `root`, in any namespace. */
export function readXml(text: string, root: string): XmlElement {
  if (FORBIDDEN.test(text)) malformed("a character that XML cannot hold");
  const document = new Reader(text).document();
  if (document.name !== root) malformed(`the root is ${document.name}`);
  return document;
}

const MAX_DEPTH = 20;
const FORBIDDEN = /[^\P{Cc}\t\n\r\x7f-\x9f]|[\ufffe\uffff]/u;
const NAME = /[\p{L}_][\p{L}\p{N}_.\-\u00b7]*(?::[\p{L}_][\p{L}\p{N}_.\-\u00b7]*)?/uy;
const ATTRIBUTE = /[ \t\r\n]+[\p{L}_][\p{L}\p{N}_.:\-\u00b7]*[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*')/uy;
const SPACE = /[ \t\r\n]*/y;
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));/y;
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
  }

  document(): XmlElement {
    const holder = new XmlElement("");
    const open = [holder];
    while (this.#at < this.#text.length) {
      const inside = open.at(-1) ?? holder;
      if (this.#text[this.#at] !== "<") this.#characters(inside, inside === holder);
      else if (this.#text.startsWith("<!--", this.#at)) this.#skipPast("<!--", "-->");
      else if (this.#text.startsWith("<?", this.#at)) this.#skipPast("<?", "?>");
      else if (this.#text.startsWith("<![CDATA[", this.#at) && inside !== holder)
        inside.ownText += this.#skipPast("<![CDATA[", "]]>");
      else if (this.#text.startsWith("</", this.#at)) this.#endTag(open);
      else this.#startTag(inside, open);
    }
    const [root, second] = holder.elements;
    if (open.length !== 1 || root === undefined || second !== undefined) malformed("not one whole element");
    return root;
  }

  #characters(inside: XmlElement, outside: boolean): void {
    const next = this.#text.indexOf("<", this.#at);
    const end = next < 0 ? this.#text.length : next;
    const raw = this.#text.slice(this.#at, end);
    if (outside && raw.trim() !== "") malformed("text outside the root");
    inside.ownText += decode(raw);
    this.#at = end;
  }

  #startTag(inside: XmlElement, open: XmlElement[]): void {
    this.#at += 1;
    const element = new XmlElement(this.#name());
    inside.elements.push(element);
    while (this.#take(ATTRIBUTE) !== undefined);
    this.#take(SPACE);
    if (this.#text.startsWith("/>", this.#at)) this.#at += 2;
    else {
      this.#expect(">");
      if (open.push(element) > MAX_DEPTH) malformed("nested too deep");
    }
  }

  #endTag(open: XmlElement[]): void {
    this.#at += 2;
    const name = this.#name();
    this.#take(SPACE);
    this.#expect(">");
    if (open.length === 1 || open.pop()?.name !== name) malformed(`</${name}> closes nothing`);
  }

  #name(): string {
    const name = this.#take(NAME) ?? malformed("no name");
    return name.slice(name.indexOf(":") + 1);
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) malformed(`no ${character}`);
    this.#at += 1;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skipPast(start: string, end: string): string {
    const from = this.#at + start.length;
    const to = this.#text.indexOf(end, from);
    if (to < 0) malformed(`no ${end}`);
    this.#at = to + end.length;
    return this.#text.slice(from, to);
  }
}

function decode(raw: string): string {
  // A literal line break is a line feed however it was written; a carriage return survives only as a reference.
  const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
  if (!text.includes("&")) return text;
  let decoded = "";
  let at = 0;
  for (let next = text.indexOf("&"); next >= 0; next = text.indexOf("&", at)) {
    REFERENCE.lastIndex = next;
    const [whole, name, decimal, hex] = REFERENCE.exec(text) ?? malformed("an unknown entity");
    decoded +=
      text.slice(at, next) +
      (name === undefined
        ? characterOf(decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal))
        : NAMED[name]);
    at = next + whole.length;
  }
  return decoded + text.slice(at);
}

function characterOf(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) malformed("a reference to no character");
  return String.fromCodePoint(code);
}

function malformed(why: string): never {
  throw new S3Error("MalformedXML", {}, { cause: new Error(why) });
}
