// The XML reader compared with another strict parser: both refuse a text, or both read the same names and texts from
// it.
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { readXml, type XmlElement } from "../../src/protocol/read-xml.ts";

interface Plain {
  readonly name: string;
  readonly text: string;
  readonly elements: readonly Plain[];
}

function ours(text: string): Plain | undefined {
  // The root's name is the first there is: what reading means is compared, not what was expected.
  const root = /<([^\s<>/?!]+)/.exec(text.replace(/^<\?xml[^>]*>/, ""))?.[1] ?? "";
  try {
    return plain(readXml(text, root.slice(root.indexOf(":") + 1), { tags: 1_000, references: 1_000 }));
  } catch (error) {
    expect(error).toMatchObject({ code: "MalformedXML" });
    return undefined;
  }
}

function plain({ name, ownText, elements }: XmlElement): Plain {
  return { name, text: ownText, elements: elements.map(plain) };
}

function theirs(text: string): Plain | undefined {
  const open: { name: string; text: string; elements: Plain[] }[] = [{ name: "", text: "", elements: [] }];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => open.push({ name: name.slice(name.indexOf(":") + 1), text: "", elements: [] }));
  parser.on("closetag", () => {
    const closed = open.pop();
    if (closed !== undefined) open.at(-1)?.elements.push(closed);
  });
  parser.on("text", (more) => {
    const inside = open.at(-1);
    if (inside !== undefined && open.length > 1) inside.text += more;
  });
  try {
    parser.write(text).close();
    return open[0]?.elements[0];
  } catch {
    return undefined;
  }
}

/** The text of a tag, up to a place outside its attributes' values. */
const IN_TAG = `<(?:[^<>"']|"[^"<]*"|'[^'<]*')*`;

/** Well-formed, and refused all the same: docs/decisions/007 says why. */
const REFUSED_ON_PURPOSE: Readonly<Record<string, RegExp>> = {
  "comments, CDATA sections, DOCTYPEs": /<!/,
  instructions: /(?!^)<\?|^<\?(?!xml\s)/,
  "other versions and encodings":
    /^<\?xml(?!\s+version\s*=\s*(["'])1\.0\1(?:\s+encoding\s*=\s*(["'])[uU][tT][fF]-?8\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\3)?\s*\?>)/,
  "a byte order mark, which the decoder takes away": /^\ufeff/,
  "the end of a CDATA section, in attributes too": /\]\]>/,
  "references in attributes": new RegExp(`${IN_TAG}(?:"[^"<&]*&|'[^'<&]*&)`),
  "names that every object has": /<(?:__proto__|constructor|prototype)[\s/>]/,
  "names with blanks of Unicode": new RegExp(`${IN_TAG}[\u1680\ufeff]`),
  "names beyond the first plane": new RegExp(`${IN_TAG}[\u{10000}-\u{effff}]`, "u"),
};

const isRefusedOnPurpose = (text: string) => Object.values(REFUSED_ON_PURPOSE).some((pattern) => pattern.test(text));

const name = fc.constantFrom(
  "Key",
  "Object",
  "s3:Tag",
  "a",
  "_b-1.c",
  "é",
  "toString",
  "valueOf",
  "constructor",
  "a:b:c",
);
const blank = fc.constantFrom("", " ", "\n", "\t", "\r\n", "  ");
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 4 }).map((raw) => raw.replace(/[<&]/g, "x")),
      fc.constantFrom(
        "&lt;",
        "&amp;",
        "&#38;lt;",
        "&#x41;",
        "&#0065;",
        "&#13;",
        "]]",
        ">",
        "]]>",
        "\r\n",
        "\r",
        '"',
        "'",
        "=",
      ),
      fc.constantFrom(
        "&nbsp;",
        "&",
        "&#0;",
        "&#1;",
        "&#xD800;",
        "&#x110000;",
        "&#xfffe;",
        "&;",
        "&#;",
        "&#X41;",
        "&lt",
      ),
    ),
    { maxLength: 3 },
  )
  .map((pieces) => pieces.join(""));
const attribute = fc
  .tuple(name, blank, blank, fc.constantFrom(`"x"`, "'y'", `">"`, `"'"`, '"é"', '"&lt;"', '"<"', "x", ""))
  .map(([key, before, after, value]) => ` ${key}${before}=${after}${value}`);
const attributes = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.array(attribute, { maxLength: 3 }).map((all) => all.join("")),
);

const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(name, attributes, blank).map(([tag, more, space]) => `<${tag}${more}${space}/>`),
    fc
      .tuple(name, attributes, blank, text)
      .map(([tag, more, space, inside]) => `<${tag}${more}${space}>${inside}</${tag}${space}>`),
    fc
      .tuple(name, attributes, fc.array(fc.tuple(text, tie("element")), { maxLength: 3 }), text)
      .map(([tag, more, inside, last]) => `<${tag}${more}>${inside.flat().join("")}${last}</${tag}>`),
  ),
}));
const prolog = fc.constantFrom(
  "",
  "",
  '<?xml version="1.0"?>',
  "<?xml version='1.0' encoding='UTF-8'?>\n",
  '<?xml version="1.1"?>',
  " ",
  "<!-- c -->",
);
const document = fc.tuple(prolog, element, blank).map((pieces) => pieces.join(""));

const SCRAPS = [
  ..."<>/=&;'\" !?-]:x\n\r\u0001\u00a0\ufeff\u2028",
  "]]>",
  "<a/>",
  "</a>",
  "<a>",
  "/>",
  "</",
  "<!--",
  "<?x?>",
  "&lt;",
  "=''",
];
/** A document with pieces cut out and scraps put in; half a character is none in UTF-8. */
const bent = fc
  .tuple(
    document,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.constantFrom("", ...SCRAPS)), { minLength: 1, maxLength: 4 }),
  )
  .map(([whole, cuts]) =>
    cuts.reduce((now, [at, length, scrap]) => {
      const from = at % (now.length + 1);
      return now.slice(0, from) + scrap + now.slice(from + length);
    }, whole),
  )
  .map((cut) => Buffer.from(cut).toString());

describe("a document, read by two strict parsers", () => {
  it.each([
    ["as generated", document, 2_000],
    ["bent", bent, 4_000],
  ])("%s, is refused by both or read alike", (_what, documents, numRuns) => {
    let read = 0;
    fc.assert(
      fc.property(documents, (candidate) => {
        const mine = ours(candidate);
        if (mine !== undefined) read += 1;
        expect(mine).toEqual(isRefusedOnPurpose(candidate) ? undefined : theirs(candidate));
      }),
      { numRuns },
    );
    expect(read).toBeGreaterThan(numRuns / 400);
  });
});
