/** The way to the folders that a limited access key reaches, where it may not look. */
import type { Me } from "../../../contract/sessions.ts";
import { hashOf } from "../../routes.ts";
import { Name } from "../../ui/name.tsx";
import { Empty } from "../../ui/states.tsx";

/** What the key reaches in the bucket; nothing where `prefix` is within that: then something else refused it. */
export function foldersOf(scope: Me["scope"] | undefined, bucket: string, prefix: string): readonly string[] {
  const reached = (scope?.places ?? []).filter((place) => place.bucket === bucket).map((place) => place.prefix);
  return reached.some((folder) => prefix.startsWith(folder)) ? [] : reached;
}

export function Elsewhere({ bucket, folders }: { readonly bucket: string; readonly folders: readonly string[] }) {
  return (
    <Empty icon="folder" title="Your access key does not reach here">
      <p>In this bucket it reaches the names that begin with:</p>
      {folders.map((prefix) => (
        <p key={prefix}>
          <a href={hashOf({ screen: "browse", bucket, prefix })}>
            <Name text={prefix} />
          </a>
        </p>
      ))}
    </Empty>
  );
}
