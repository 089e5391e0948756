// XML out and in: what goes out comes back, key by key; what is not well-formed is refused, and quickly.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S3Error } from "../../src/errors.ts";
import { readXml } from "../../src/protocol/read-xml.ts";
import { renderXml } from "../../src/protocol/xml.ts";
import { anyKey } from "./any-key.ts";

const KEYS = [
  "0012",
  "1e3",
  " a ",
  "a\rb",
  "a\r\nb",
  "a\nb",
  "\t",
  "__proto__",
  "constructor",
  "../x",
  "a%2Fb",
  "//",
  "&amp;",
  "&#38;lt;",
  "]]>",
  "<Key>",
  "😀",
  "x".repeat(1024),
];

function roundTrip(key: string): string | undefined {
  const text = renderXml({ root: "Delete", content: { Object: [{ Key: key }] } });
  return readXml(text, "Delete").children("Object")[0]?.text("Key");
}

describe("keys in XML", () => {
  it.each(KEYS)("come back as they went: %j", (key) => {
    expect(roundTrip(key)).toBe(key);
  });

  it("come back whatever text they are", () => {
    fc.assert(fc.property(anyKey, (key) => roundTrip(key) === key));
  });
});

describe("XML out", () => {
  it("gives roots S3's namespace, errors none", () => {
    expect(renderXml({ root: "A", content: "" })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<A xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>',
    );
    expect(renderXml({ root: "Error", content: { Code: "X" } })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>X</Code></Error>',
    );
  });

  it("repeats an element for a list, leaves out what is undefined, keeps what is empty, zero or false", () => {
    const text = renderXml({
      root: "Error",
      content: { A: ["1", { B: 2 }], C: undefined, D: "", E: 0, F: false, G: [] },
    });
    expect(text).toContain("<Error><A>1</A><A><B>2</B></A><D/><E>0</E><F>false</F></Error>");
  });

  it("closes an element with attributes by its name alone", () => {
    expect(renderXml({ root: "Error", content: { 'G xsi:type="T"': { ID: "a" } } })).toContain(
      '<G xsi:type="T"><ID>a</ID></G>',
    );
  });

  it("sends line breaks and control characters as references", () => {
    expect(renderXml({ root: "Error", content: "\r\n\t\u0001\u2028" })).toContain("&#xD;&#xA;&#x9;&#x1;&#x2028;");
  });
});

describe("XML in", () => {
  it("reads any namespace, declaration, comment and processing instruction, and passes attributes and unknown elements over", () => {
    const text = `\ufeff<?xml version="1.0"?><!-- c --><s3:Delete xmlns:s3='u' a = "1"><?p i?><x>1</x><s3:Object><s3:Key>k</s3:Key ></s3:Object></s3:Delete>\n`;
    expect(readXml(text, "Delete").children("Object")[0]?.text("Key")).toBe("k");
  });

  it("reads literal line ends as line feeds, CDATA as it stands, and joins text around comments", () => {
    expect(readXml("<a><b>1\r\n2\r3</b><c>x<!-- -->y<![CDATA[<&>]]></c></a>", "a").text("b")).toBe("1\n2\n3");
    expect(readXml("<a><c>x<!-- -->y<![CDATA[<&>]]></c></a>", "a").text("c")).toBe("xy<&>");
  });

  it("tells an empty element from an absent one", () => {
    const root = readXml("<a><b/><c></c></a>", "a");
    expect([root.text("b"), root.text("c"), root.text("d")]).toEqual(["", "", undefined]);
  });

  it("refuses elements where text belongs", () => {
    expect(() => readXml("<a><Key>x<b/></Key></a>", "a").text("Key")).toThrow(S3Error);
  });

  const mebibyte = 1 << 20;
  const repeated = (text: string) => text.repeat(Math.floor(mebibyte / text.length));
  const MALFORMED: Readonly<Record<string, string>> = {
    nothing: "",
    "text alone": "hello",
    "another root": "<b/>",
    "two roots": "<a/><a/>",
    "text after the root": "<a/>x",
    "text before the root": "x<a/>",
    truncated: "<a><b>",
    "crossed tags": "<a><b></a></b>",
    "a closing tag too many": "<a/></a>",
    "an attribute without a value": "<a b></a>",
    "an attribute without quotes": "<a b=1></a>",
    "a DOCTYPE": "<!DOCTYPE a><a/>",
    "an entity declaration": "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
    "an unknown entity": "<a>&nbsp;</a>",
    "a bare ampersand": "<a>a & b</a>",
    "a reference to NUL": "<a>&#0;</a>",
    "a reference to half a character": "<a>&#xD800;</a>",
    "a reference beyond Unicode": "<a>&#x110000;</a>",
    "a control character": "<a>\u0001</a>",
    "deep nesting": repeated("<a>"),
    "a thousand open comments": `<a>${repeated("<!--")}`,
    "nothing but brackets": repeated("<"),
    "nothing but ampersands": `<a>${repeated("&")}</a>`,
    "an endless attribute": `<a b='${repeated("x")}></a>`,
    "attributes without end": `<a ${repeated("b ")}`,
    "blanks without end": `<a${repeated(" ")}`,
    "instructions without end": repeated("<?a "),
  };

  it.each(Object.entries(MALFORMED))("refuses %s", (_name, text) => {
    // The shortest of some runs: what the text costs, not what else the machine does.
    const runs = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(() => readXml(text, "a")).toThrow(expect.objectContaining({ code: "MalformedXML", status: 400 }));
      return performance.now() - start;
    });
    expect(Math.min(...runs)).toBeLessThan(50);
  });

  it("reads 10,000 parts", () => {
    const part = (n: number) =>
      `<Part><PartNumber>${n}</PartNumber><ETag>"0123456789abcdef0123456789abcdef"</ETag></Part>`;
    const text = `<C>${Array.from({ length: 10_000 }, (_, n) => part(n)).join("")}</C>`;
    expect(readXml(text, "C").children("Part").at(-1)?.text("PartNumber")).toBe("9999");
  });
});
