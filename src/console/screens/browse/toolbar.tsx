/** What can be done in a folder, or with what is chosen there. */
import { useEffect, useState } from "preact/hooks";
import { isReadOnly } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { copyText } from "../../ui/clipboard.ts";
import { countOf, formatBytes } from "../../ui/format.ts";
import { Icon } from "../../ui/icon.tsx";
import { say } from "../../ui/toast.tsx";
import { PickFiles } from "../../upload/pick-files.tsx";
import { ObjectMenu } from "./actions/object-menu.tsx";
import { download } from "./download.ts";
import type { Entry } from "./listing.ts";
import { uriOf } from "./names.ts";

export const READ_ONLY = "Your access key may only read.";

interface ToolbarProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly chosen: readonly Entry[];
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly onMakeFolder: () => void;
  readonly onReload: () => void;
  readonly onClear: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { bucket, prefix, chosen, search, onSearch, onMakeFolder, onReload } = props;
  return (
    <div class="toolbar">
      <Search search={search} onSearch={onSearch} />
      {chosen.length === 0 ? (
        <div class="actions">
          <Button kind="quiet" icon="refresh" label="Load again" onClick={onReload} />
          {isReadOnly.value ? (
            <p class="soft">{READ_ONLY}</p>
          ) : (
            <>
              <Button icon="folder" onClick={onMakeFolder}>
                New folder
              </Button>
              <PickFiles bucket={bucket} prefix={prefix} />
            </>
          )}
        </div>
      ) : (
        <ForChosen {...props} />
      )}
    </div>
  );
}

function ForChosen({ bucket, prefix, chosen, onClear, onReload }: ToolbarProps) {
  const objects = chosen.filter((entry) => entry.kind === "object");
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  const copy = async () => {
    const copied = await copyText(chosen.map(({ key }) => uriOf(bucket, key)).join("\n"));
    say(copied ? `Copied ${countOf(chosen.length, "URI")}.` : "The browser did not let anything be copied.");
  };
  const save = async () => {
    const begun = await download(
      bucket,
      objects.map(({ key }) => key),
    );
    say(`Began ${countOf(begun, "download")}; the browser may ask before it saves several.`);
  };
  return (
    <div class="actions" role="group" aria-label="Selection">
      <p class="chosen" role="status">
        <strong>{countOf(chosen.length, "selected", "selected")}</strong>
        {objects.length > 0 && <span class="soft"> · {formatBytes(bytes)}</span>}
      </p>
      <Button icon="copy" onClick={() => void copy()}>
        Copy URI
      </Button>
      <Button icon="download" kind="primary" disabled={objects.length === 0} onClick={() => void save()}>
        Download
      </Button>
      <ObjectMenu bucket={bucket} prefix={prefix} chosen={chosen} onChange={onReload} />
      <Button kind="quiet" icon="close" label="Clear the selection" onClick={onClear} />
    </div>
  );
}

const TYPING_MS = 200;

function Search({ search, onSearch }: Pick<ToolbarProps, "search" | "onSearch">) {
  const [text, setText] = useState(search);
  useEffect(() => {
    if (text === search) return;
    const timer = setTimeout(() => onSearch(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="search" title="Finds names in this folder by their beginning; capitals count.">
      <Icon name="search" />
      <input
        type="search"
        value={text}
        placeholder="Name begins with …"
        aria-label="Name begins with"
        autocapitalize="off"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}
