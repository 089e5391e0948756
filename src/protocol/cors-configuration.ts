/** CORSConfiguration documents, in and out. Errors have S3's own words where it is known to have any. */
import { CORS_METHODS, type CorsRule } from "../cors-rules.ts";
import { invalidArgument, S3Error } from "../errors.ts";
import type { XmlElement } from "./read-xml.ts";
import type { XmlContent } from "./xml.ts";

const MOST_RULES = 100;
const LONGEST_ID = 255;

/** Throws MalformedXML, InvalidRequest, InvalidArgument. */
export function readCorsConfiguration(root: XmlElement | undefined): readonly CorsRule[] {
  const elements = root?.children("CORSRule") ?? [];
  if (elements.length === 0 || elements.length > MOST_RULES) throw new S3Error("MalformedXML");
  return elements.map(readRule);
}

function readRule(element: XmlElement): CorsRule {
  const [id, maxAge] = [element.text("ID"), element.text("MaxAgeSeconds")?.trim()];
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw new S3Error("MalformedXML");
  const [allowedHeaders, exposeHeaders] = [textsOf(element, "AllowedHeader"), textsOf(element, "ExposeHeader")];
  return checkCorsRule({
    ...(id !== undefined && { id }),
    allowedOrigins: textsOf(element, "AllowedOrigin"),
    allowedMethods: textsOf(element, "AllowedMethod").map(checkMethod),
    ...(allowedHeaders.length > 0 && { allowedHeaders }),
    ...(exposeHeaders.length > 0 && { exposeHeaders }),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  });
}

function textsOf(element: XmlElement, name: string): readonly string[] {
  return element.children(name).map(({ ownText, elements }) => {
    if (elements.length > 0) throw new S3Error("MalformedXML");
    return ownText;
  });
}

function checkMethod(text: string): CorsRule["allowedMethods"][number] {
  const method = CORS_METHODS.find((known) => known === text);
  if (method === undefined)
    throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${text}`);
  return method;
}

/** The rule, when S3 would take it. Throws MalformedXML, InvalidRequest, InvalidArgument. */
function checkCorsRule(rule: CorsRule): CorsRule {
  const { id = "", allowedOrigins, allowedMethods, allowedHeaders = [], exposeHeaders = [] } = rule;
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) throw new S3Error("MalformedXML");
  if (id.length > LONGEST_ID)
    throw invalidArgument("ID", id, `ID length should not exceed allowed limit of ${LONGEST_ID}`);
  for (const origin of allowedOrigins) checkWildcards("AllowedOrigin", origin);
  for (const header of allowedHeaders) checkWildcards("AllowedHeader", header);
  for (const header of exposeHeaders)
    if (header.includes("*"))
      throw invalid(
        `ExposeHeader "${header}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
      );
  for (const text of exposeHeaders) if (!HEADER_TEXT.test(text)) throw invalid(`ExposeHeader "${text}" is no header.`);
  return rule;
}

/** What an answer's header can hold: these names are sent as they stand. */
const HEADER_TEXT = /^[\x20-\x7e]*$/;

function checkWildcards(element: string, text: string): void {
  if (text.indexOf("*") !== text.lastIndexOf("*"))
    throw invalid(`${element} "${text}" can not have more than one wildcard.`);
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}

export function corsContent(rules: readonly CorsRule[]): XmlContent {
  return {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedMethod: rule.allowedMethods,
      AllowedOrigin: rule.allowedOrigins,
      AllowedHeader: rule.allowedHeaders,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  };
}
