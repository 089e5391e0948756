/** How an object is shown without anything of it being run. Pure. */

export type PreviewKind = "image" | "video" | "audio" | "text" | "pdf" | "none";

/** Beyond it an image is not fetched just because its row was chosen. */
const MAX_IMAGE_BYTES = 32 * 1024 * 1024;
const IMAGES = /^image\/(?:png|jpeg|gif|webp|avif|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)$/;
const TEXTS = /^(?:text\/|application\/(?:json|xml|javascript|yaml|x-yaml|toml|sql|x-sh|x-ndjson)$)|\+(?:json|xml)$/;

/** By extension, where the object does not say what it is. */
const BY_NAME: readonly (readonly [RegExp, PreviewKind])[] = [
  [/\.(?:png|jpe?g|gif|webp|avif|svg)$/i, "image"],
  [/\.(?:mp4|webm|mov|m4v)$/i, "video"],
  [/\.(?:mp3|ogg|wav|flac|m4a|opus)$/i, "audio"],
  [/\.pdf$/i, "pdf"],
  [/\.(?:txt|md|csv|tsv|json|ya?ml|toml|xml|html?|css|[jt]sx?|log|ini|conf|sh|py|go|rs|java|c|h|sql)$/i, "text"],
];

/** An `<img>` runs no script of an SVG; HTML is only ever shown as text. */
export function previewKind(type: string | undefined, key: string, size: number): PreviewKind {
  const kind = kindOf(mediaType(type), key);
  return size === 0 || (kind === "image" && size > MAX_IMAGE_BYTES) ? "none" : kind;
}

function kindOf(type: string, key: string): PreviewKind {
  if (type === "" || type.endsWith("/octet-stream")) return BY_NAME.find(([name]) => name.test(key))?.[1] ?? "none";
  if (IMAGES.test(type)) return "image";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "audio";
  if (type === "application/pdf") return "pdf";
  return TEXTS.test(type) ? "text" : "none";
}

function mediaType(type: string | undefined): string {
  return (type ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
