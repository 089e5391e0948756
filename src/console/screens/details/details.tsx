/** One object: how it looks, what S3 knows of it, where its copies stand. */
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { copyText } from "../../ui/clipboard.ts";
import { useFocusBack } from "../../ui/focus-back.ts";
import { formatBytes } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Name } from "../../ui/name.tsx";
import { Failing, Loading } from "../../ui/states.tsx";
import { say } from "../../ui/toast.tsx";
import { ObjectMenu } from "../browse/actions/object-menu.tsx";
import { download } from "../browse/download.ts";
import type { Entry } from "../browse/listing.ts";
import { folderOf, isReachable, nameOf, uriOf } from "../browse/names.ts";
import { readAttributes } from "./attributes.ts";
import { Copies } from "./copies.tsx";
import { Facts } from "./facts.tsx";
import { Metadata } from "./metadata.tsx";
import { Preview } from "./preview.tsx";
import { Tags } from "./tags.tsx";

export interface DetailsProps {
  readonly bucket: string;
  readonly entry: Extract<Entry, { kind: "object" }>;
  /** The object was written anew. */
  readonly onChange: () => void;
  readonly onClose: () => void;
}

export function Details({ bucket, entry, onChange, onClose }: DetailsProps) {
  const name = nameOf(entry.key, folderOf(entry.key));
  const ref = useRef<HTMLElement>(null);
  useFocusBack(ref);
  const onKeyDown = (event: KeyboardEvent) => event.key === "Escape" && onClose();
  // On a narrow screen it covers the list: there the focus belongs to it.
  useEffect(() => {
    if (matchMedia("(width < 1080px)").matches) ref.current?.focus({ preventScroll: true });
  }, []);
  const copyUri = async () => {
    const copied = await copyText(uriOf(bucket, entry.key));
    say(copied ? "Copied the URI." : "The browser did not let anything be copied.");
  };
  return (
    <aside class="details" ref={ref} tabIndex={-1} aria-label={`Details of ${name}`} onKeyDown={onKeyDown}>
      <header>
        <h2 title={entry.key}>
          <Name text={name} />
        </h2>
        <Button kind="quiet" icon="close" label="Close the details" onClick={onClose} />
      </header>
      <div class="details-actions">
        <Button icon="download" disabled={!isReachable(entry.key)} onClick={() => void download(bucket, [entry.key])}>
          Download
        </Button>
        <Button icon="copy" onClick={() => void copyUri()}>
          Copy URI
        </Button>
        <ObjectMenu bucket={bucket} prefix={folderOf(entry.key)} chosen={[entry]} onChange={onChange} />
      </div>
      {isReachable(entry.key) ? (
        <Reachable bucket={bucket} entry={entry} onChange={onChange} />
      ) : (
        <Unreachable {...entry} />
      )}
    </aside>
  );
}

function Reachable({ bucket, entry, onChange }: Pick<DetailsProps, "bucket" | "entry" | "onChange">) {
  const path = `/${bucket}/${entry.key}`;
  const loaded = useLoaded((signal) => readAttributes(path, signal), [path, entry.etag]);
  const attributes = loaded.value;
  const changed = () => {
    loaded.reload();
    onChange();
  };
  if (attributes === undefined)
    return loaded.fault ? <Failing fault={loaded.fault} retry={loaded.reload} /> : <Loading rows={6} />;
  return (
    <>
      <Preview path={path} attributes={attributes} />
      <Facts attributes={attributes} />
      <Metadata path={path} attributes={attributes} onChange={changed} />
      <Tags path={path} />
      <Copies bucket={bucket} objectKey={entry.key} etag={entry.etag} />
    </>
  );
}

function Unreachable({ size }: DetailsProps["entry"]) {
  return (
    <section class="part">
      <p>
        This key has <code>.</code> or <code>..</code> between slashes. Browsers take such parts out of every address,
        so that nothing in one can ask for it.
      </p>
      <p class="soft">
        It holds {formatBytes(size)}. Any other client of S3 reads it; copied to another key, this page does too.
      </p>
    </section>
  );
}
