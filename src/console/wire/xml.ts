/**
 * S3's documents, read by the browser's own parser. Names in listings come percent-encoded, as XML cannot hold all of
 * them.
 */
import { type Fault, faultOfStatus } from "./fault.ts";

/** An element by its children's local names. */
export interface Node {
  text(name: string): string | undefined;
  all(name: string): Node[];
  readonly value: string;
}

/** The root of a document, or undefined where the text is no XML. */
export function readXml(text: string): Node | undefined {
  const { documentElement } = new DOMParser().parseFromString(text, "application/xml");
  return documentElement.getElementsByTagName("parsererror").length > 0 || documentElement.localName === "parsererror"
    ? undefined
    : nodeOf(documentElement);
}

/** The fault in an `<Error>` document. */
export function readFault(text: string, status: number): Fault {
  const root = text === "" ? undefined : readXml(text);
  const code = root?.text("Code");
  if (root === undefined || code === undefined) return faultOfStatus(status);
  return { code, message: root.text("Message") ?? code, status, requestId: root.text("RequestId") };
}

/** Undoes `encoding-type=url`. */
export function decodeName(text: string): string {
  return decodeURIComponent(text.replaceAll("+", "%20"));
}

/** Text as it stands inside an element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function nodeOf(element: Element): Node {
  const named = (name: string) => [...element.children].filter(({ localName }) => localName === name);
  return {
    text: (name) => named(name)[0]?.textContent ?? undefined,
    all: (name) => named(name).map(nodeOf),
    value: element.textContent ?? "",
  };
}
