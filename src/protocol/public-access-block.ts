/** PublicAccessBlockConfiguration documents, in and out. A switch that a client leaves out is off. */
import { S3Error } from "../errors.ts";
import type { PublicAccessBlock } from "../model.ts";
import type { XmlElement } from "./read-xml.ts";
import type { XmlContent } from "./xml.ts";

/** Throws MalformedXML, for a switch that is neither true nor false too. */
export function readPublicAccessBlock(root: XmlElement | undefined): PublicAccessBlock {
  if (root === undefined) throw new S3Error("MalformedXML");
  return {
    blockPublicAcls: readSwitch(root, "BlockPublicAcls"),
    ignorePublicAcls: readSwitch(root, "IgnorePublicAcls"),
    blockPublicPolicy: readSwitch(root, "BlockPublicPolicy"),
    restrictPublicBuckets: readSwitch(root, "RestrictPublicBuckets"),
  };
}

function readSwitch(root: XmlElement, name: string): boolean {
  const text = root.text(name)?.trim().toLowerCase() ?? "false";
  if (text !== "true" && text !== "false") throw new S3Error("MalformedXML");
  return text === "true";
}

export function publicAccessBlockContent(block: PublicAccessBlock): XmlContent {
  return {
    BlockPublicAcls: block.blockPublicAcls,
    IgnorePublicAcls: block.ignorePublicAcls,
    BlockPublicPolicy: block.blockPublicPolicy,
    RestrictPublicBuckets: block.restrictPublicBuckets,
  };
}
