/** The objects of a bucket below a prefix, and its folders. */

import { hashOf } from "../../routes.ts";
import { ask } from "../../session.ts";
import { formatBytes, formatTime } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Screen } from "../../ui/screen.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { DropTarget } from "../../upload/drop-target.tsx";
import { PickFiles } from "../../upload/pick-files.tsx";
import { useUploaded } from "../../upload/use-uploaded.ts";
import { type Entry, listQuery, nameOf, readPage } from "./listing.ts";

interface BrowseProps {
  readonly bucket: string;
  readonly prefix: string;
}

export function Browse({ bucket, prefix }: BrowseProps) {
  const loaded = useLoaded(
    async (signal) => readPage(await ask({ path: `/${bucket}`, query: listQuery({ prefix }), signal })),
    [bucket, prefix],
  );
  useUploaded(bucket, loaded.reload);
  return (
    <>
      <DropTarget bucket={bucket} prefix={prefix} />
      <Screen title={bucket} loaded={loaded} actions={<PickFiles bucket={bucket} prefix={prefix} />}>
        {({ entries }) => <Table label="Objects" columns={columnsOf(bucket, prefix)} rows={entries} keyOf={keyOf} />}
      </Screen>
    </>
  );
}

function keyOf(entry: Entry): string {
  return entry.key;
}

function columnsOf(bucket: string, prefix: string): readonly Column<Entry>[] {
  return [
    {
      title: "Name",
      cell: (entry) => {
        const name = nameOf(entry.key, prefix);
        if (entry.kind === "object") return name;
        return <a href={hashOf({ screen: "browse", bucket, prefix: entry.key })}>{name}</a>;
      },
    },
    { title: "Size", cell: (entry) => (entry.kind === "object" ? formatBytes(entry.size) : ""), isNumber: true },
    { title: "Changed", cell: (entry) => (entry.kind === "object" ? formatTime(entry.modifiedAt) : ""), isWide: true },
  ];
}
