/** The account's buckets. */

import { hashOf } from "../../routes.ts";
import { ask } from "../../session.ts";
import { formatTime } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Screen } from "../../ui/screen.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { type BucketRow, readBuckets } from "./read-buckets.ts";

const COLUMNS: readonly Column<BucketRow>[] = [
  {
    title: "Bucket",
    cell: ({ name }) => <a href={hashOf({ screen: "browse", bucket: name, prefix: "" })}>{name}</a>,
  },
  { title: "Made", cell: ({ createdAt }) => formatTime(createdAt), isWide: true },
];

export function Buckets() {
  const loaded = useLoaded(async (signal) => readBuckets(await ask({ path: "/", signal })), []);
  return (
    <Screen title="Buckets" loaded={loaded}>
      {(buckets) =>
        buckets.length === 0 ? (
          <Empty icon="bucket" title="No buckets yet">
            A bucket holds objects. Make one to begin.
          </Empty>
        ) : (
          <Table label="Buckets" columns={COLUMNS} rows={buckets} keyOf={({ name }) => name} />
        )
      }
    </Screen>
  );
}
