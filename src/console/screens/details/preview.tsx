/** How an object looks. Nothing of it runs: images and films are only drawn, all else is shown as letters. */
import { useState } from "preact/hooks";
import { presigned } from "../../session.ts";
import { formatBytes } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Loading } from "../../ui/states.tsx";
import { encodePath } from "../../wire/signer.ts";
import type { Attributes } from "./attributes.ts";
import { previewKind } from "./preview-kind.ts";
import { readTextStart, TEXT_BYTES } from "./preview-text.ts";

interface PreviewProps {
  readonly path: string;
  readonly attributes: Attributes;
}

/** A film may be watched for so long. */
const SHOWN_SECONDS = 3600;

export function Preview({ path, attributes }: PreviewProps) {
  const kind = previewKind(attributes.headers["content-type"], path, attributes.size);
  if (kind === "none") return null;
  if (kind === "text") return <TextPreview path={path} attributes={attributes} />;
  if (kind === "pdf") return <PdfPreview path={path} />;
  return <Media kind={kind} path={path} key={attributes.etag} />;
}

function Media({ kind, path }: { readonly kind: "image" | "video" | "audio"; readonly path: string }) {
  const [hasFailed, setFailed] = useState(false);
  const [src] = useState(() => presigned(encodePath(path), [], SHOWN_SECONDS));
  const onError = () => setFailed(true);
  if (hasFailed)
    return (
      <p class="preview none soft" role="status">
        This browser cannot show it.
      </p>
    );
  return (
    <div class={`preview ${kind}`}>
      {kind === "image" && <img src={src} alt="" onError={onError} />}
      {/* biome-ignore lint/a11y/useMediaCaption: nobody knows what an object's captions would be */}
      {kind === "video" && <video src={src} controls preload="metadata" onError={onError} />}
      {/* biome-ignore lint/a11y/useMediaCaption: as above */}
      {kind === "audio" && <audio src={src} controls preload="metadata" onError={onError} />}
    </div>
  );
}

function TextPreview({ path, attributes }: PreviewProps) {
  const { size, etag } = attributes;
  const { value, fault } = useLoaded((signal) => readTextStart(path, attributes, signal), [path, etag]);
  if (fault) return <p class="preview none soft">{fault.message}</p>;
  if (value === undefined)
    return (
      <div class="preview text">
        <Loading rows={3} />
      </div>
    );
  if (value.isBinary) return <p class="preview none soft">It says that it is text, but is not.</p>;
  return (
    <figure class="preview text">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard */}
      <pre tabIndex={0}>{value.text}</pre>
      {size > TEXT_BYTES && <figcaption class="soft">The first {formatBytes(TEXT_BYTES)}</figcaption>}
    </figure>
  );
}

/** In a tab of its own and as nothing but a PDF, whatever it holds. */
function PdfPreview({ path }: { readonly path: string }) {
  const query = [
    ["response-content-disposition", "inline"],
    ["response-content-type", "application/pdf"],
  ] as const;
  const [href] = useState(() => presigned(encodePath(path), query, SHOWN_SECONDS));
  return (
    <p class="preview none">
      <a href={href} target="_blank" rel="noopener noreferrer">
        Open the PDF in a new tab
      </a>
    </p>
  );
}
