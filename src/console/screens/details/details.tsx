/** One object: how it looks, what S3 knows of it, where its copies stand. */
import { useLayoutEffect, useRef } from "preact/hooks";
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
import type { ObjectEntry } from "../browse/listing.ts";
import { folderOf, isReachable, nameOf, uriOf } from "../browse/names.ts";
import type { Opened } from "../browse/opened.ts";
import { readAttributes } from "./attributes.ts";
import { Copies } from "./copies.tsx";
import { Facts } from "./facts.tsx";
import { Metadata } from "./metadata.tsx";
import { Preview } from "./preview.tsx";
import { Tags } from "./tags.tsx";

export interface DetailsProps {
  readonly bucket: string;
  readonly opened: Opened;
  /** The object was written anew. */
  readonly onChange: () => void;
  readonly onClose: () => void;
}

export function Details({ bucket, opened, onChange, onClose }: DetailsProps) {
  const { key, entry, fault, reload } = opened;
  const name = nameOf(key, folderOf(key)) || key;
  const ref = useRef<HTMLElement>(null);
  useFocusBack(ref);
  const onKeyDown = (event: KeyboardEvent) => event.key === "Escape" && onClose();
  // On a narrow screen it covers the list: there the focus belongs to it, before the next key.
  useLayoutEffect(() => {
    if (matchMedia("(width < 1080px)").matches) ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <aside class="details" ref={ref} tabIndex={-1} aria-label={`Details of ${name}`} onKeyDown={onKeyDown}>
      <header>
        <h2 title={key}>
          <Name text={name} />
        </h2>
        <Button kind="quiet" icon="close" label="Close the details" onClick={onClose} />
      </header>
      {entry ? (
        <Known bucket={bucket} entry={entry} onChange={onChange} />
      ) : fault ? (
        <Failing fault={fault} retry={reload} />
      ) : (
        <Loading rows={8} />
      )}
    </aside>
  );
}

interface KnownProps extends Pick<DetailsProps, "bucket" | "onChange"> {
  readonly entry: ObjectEntry;
}

function Known(props: KnownProps) {
  const { bucket, entry, onChange } = props;
  const { key } = entry;
  const copyUri = async () => {
    const copied = await copyText(uriOf(bucket, key));
    say(copied ? "Copied the URI." : "The browser did not let anything be copied.");
  };
  return (
    <>
      <div class="details-actions">
        <Button icon="download" disabled={!isReachable(key)} onClick={() => void download(bucket, [key])}>
          Download
        </Button>
        <Button icon="copy" onClick={() => void copyUri()}>
          Copy URI
        </Button>
        <ObjectMenu bucket={bucket} prefix={folderOf(key)} chosen={[entry]} onChange={onChange} />
      </div>
      {isReachable(key) ? <Reachable {...props} /> : <Unreachable {...entry} />}
    </>
  );
}

function Reachable({ bucket, entry, onChange }: KnownProps) {
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

function Unreachable({ size }: ObjectEntry) {
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
