/** The objects of a bucket below a prefix, its folders, and the details of what is chosen. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { closeObject, openObject } from "../../navigation.ts";
import { isReadOnly, me } from "../../session.ts";
import { Empty, Failing, Loading } from "../../ui/states.tsx";
import { say } from "../../ui/toast.tsx";
import { DropTarget } from "../../upload/drop-target.tsx";
import { useUploaded } from "../../upload/use-uploaded.ts";
import { Details } from "../details/details.tsx";
import { Crumbs } from "./crumbs.tsx";
import { Elsewhere, foldersOf } from "./elsewhere.tsx";
import { PAGE_NAMES } from "./listing.ts";
import { MakeFolder } from "./make-folder.tsx";
import { ObjectList } from "./object-list.tsx";
import { useOpened } from "./opened.ts";
import { type Pages, usePages } from "./pages.ts";
import { NOTHING, type Selection, showing } from "./selection.ts";
import { READ_ONLY, Toolbar } from "./toolbar.tsx";

/** Nothing can be put where no bucket is. */
const NOWHERE = new Set(["NoSuchBucket", "InvalidBucketName"]);

interface FolderProps {
  readonly bucket: string;
  readonly prefix: string;
}

interface BrowseProps extends FolderProps {
  /** The key of the one whose details are shown. */
  readonly object?: string;
}

export function Browse({ bucket, prefix, object }: BrowseProps) {
  const [search, setSearch] = useState("");
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [isMaking, setMaking] = useState(false);
  const pages = usePages(bucket, prefix, search);
  // Whoever has scrolled beyond the first page keeps the place until all is there.
  const isUploading = useUploaded(bucket, prefix, pages.entries.length <= PAGE_NAMES, pages.reload);
  useLayoutEffect(() => setSelection(NOTHING), [prefix, search]);
  const opened = useOpened(bucket, object, pages);
  const reload = () => {
    pages.reload();
    opened?.reload();
  };
  const row = object === undefined ? -1 : pages.entries.findIndex(({ key }) => key === object);
  // The address changes by itself too: by a reload, Back and Forward. At once, or the next key would be undone by it.
  useLayoutEffect(() => setSelection((before) => showing(before, object, row)), [object, row]);
  const chosen = selection.keys.size === 0 ? [] : pages.entries.filter(({ key }) => selection.keys.has(key));
  const select = (next: Selection) => {
    const toOpen = next.isOpen ? pages.entries.find(({ key }) => next.keys.has(key)) : undefined;
    const isOpen = toOpen?.kind === "object";
    setSelection({ ...next, isOpen });
    if (isOpen) openObject(toOpen.key);
    else closeObject();
  };
  const main = useListFocus(pages.isThere);
  const code = pages.isThere ? undefined : pages.fault?.code;
  const folders = code === "AccessDenied" ? foldersOf(me.value?.scope, bucket, prefix) : [];
  const isNowhere = folders.length > 0 || (code !== undefined && NOWHERE.has(code));
  const list = { bucket, prefix, pages, selection, onSelect: select };
  return (
    <section class={`browse ${opened ? "with-details" : ""}`} aria-label={`Bucket ${bucket}`}>
      {!isNowhere && !isReadOnly.value && <DropTarget bucket={bucket} prefix={prefix} />}
      <div class="browse-main" {...main}>
        <header class="browse-head">
          <Crumbs bucket={bucket} prefix={prefix} />
          {!isNowhere && (
            <Toolbar
              bucket={bucket}
              prefix={prefix}
              // The details have what can be done with the one that they show.
              chosen={opened ? [] : chosen}
              search={search}
              onSearch={(text) => {
                setSearch(text);
                closeObject();
              }}
              onMakeFolder={() => setMaking(true)}
              onReload={reload}
              onClear={() => setSelection(NOTHING)}
            />
          )}
        </header>
        {folders.length > 0 ? (
          <Elsewhere bucket={bucket} folders={folders} />
        ) : (
          <Content {...list} isSearch={search !== ""} isUploading={isUploading} />
        )}
      </div>
      {opened && <Details key={opened.key} bucket={bucket} opened={opened} onChange={reload} onClose={closeObject} />}
      {isMaking && (
        <MakeFolder
          bucket={bucket}
          prefix={prefix}
          onClose={() => setMaking(false)}
          onMade={(name) => {
            setMaking(false);
            say(`Made the folder ${name}.`);
            reload();
          }}
        />
      )}
    </section>
  );
}

/**
 * A folder that is opened in the list takes the list away with what had the focus in it; it goes into the list that
 * comes, or where there is none, to the screen.
 */
function useListFocus(isThere: boolean) {
  const ref = useRef<HTMLDivElement>(null);
  const wasInList = useRef(false);
  useLayoutEffect(() => {
    if (!isThere || !wasInList.current || document.activeElement !== document.body) return;
    const next = ref.current?.querySelector<HTMLElement>(".virtual") ?? document.getElementById("main");
    next?.focus({ preventScroll: true });
  }, [isThere]);
  const onFocusIn = ({ target }: FocusEvent) => {
    wasInList.current = target instanceof Element && target.closest(".virtual") !== null;
  };
  return { ref, onFocusIn };
}

interface ContentProps extends FolderProps {
  readonly pages: Pages;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly isSearch: boolean;
  readonly isUploading: boolean;
}

function Content({ isSearch, isUploading, ...list }: ContentProps) {
  const { isThere, entries, fault, hasMore, reload } = list.pages;
  if (!isThere && fault) return <Failing fault={fault} retry={reload} />;
  if (!isThere) return <Loading rows={10} />;
  if (entries.length === 0 && !hasMore) return <Nothing {...{ isSearch, isUploading }} prefix={list.prefix} />;
  return (
    <>
      <ObjectList {...list} />
      {fault && <Failing fault={fault} retry={list.pages.loadMore} />}
    </>
  );
}

function Nothing({ isSearch, isUploading, prefix }: Pick<ContentProps, "isSearch" | "isUploading" | "prefix">) {
  if (isSearch)
    return (
      <Empty icon="search" title="No name here begins so">
        The search looks at the beginning of names, with capitals as they are, in this folder.
      </Empty>
    );
  if (isUploading)
    return (
      <Empty icon="upload" title="An upload is under way">
        Its files appear here as they are stored.
      </Empty>
    );
  return (
    <Empty
      icon={prefix === "" ? "bucket" : "folder"}
      title={prefix === "" ? "This bucket is empty" : "This folder is empty"}
    >
      {isReadOnly.value ? READ_ONLY : "Drop files or a folder here, or choose Upload."}
    </Empty>
  );
}
