/** Buckets and what holds in each. */
import { placementText } from "../../../../contract/bucket-texts.ts";
import type { BucketDocument } from "../../../../contract/objects.ts";
import { hashOf } from "../../../routes.ts";
import { api } from "../../../session.ts";
import { Icon } from "../../../ui/icon.tsx";
import { useListed } from "../../../ui/listed.ts";
import { More } from "../../../ui/more.tsx";
import { Screen } from "../../../ui/screen.tsx";
import { Empty } from "../../../ui/states.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { OneBucket } from "./one-bucket.tsx";
import type { Chosen } from "./settings-form.ts";

export function BucketSettings({ subject }: { readonly subject: string }) {
  return subject === "" ? <AllBuckets /> : <OneBucket key={subject} name={subject} />;
}

function AllBuckets() {
  const list = useListed(api<{ items: BucketDocument[]; next?: string }>, { path: "/buckets" });
  return (
    <Screen title="Bucket settings" loaded={list}>
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Empty icon="bucket" title="No buckets yet">
              Make one under <a href={hashOf({ screen: "buckets" })}>Buckets</a>; then its settings are here.
            </Empty>
          ) : (
            <Table label="Buckets" columns={COLUMNS} rows={items} keyOf={({ name }) => name} />
          )}
          <More list={list} />
        </>
      )}
    </Screen>
  );
}

const COLUMNS: readonly Column<BucketDocument>[] = [
  {
    title: "Bucket",
    cell: ({ name, owner }) => (
      <>
        <a class="named" href={hashOf({ screen: "administration", part: `buckets/${name}` })}>
          <Icon name="bucket" />
          {name}
        </a>
        <span class="below">{owner}</span>
      </>
    ),
  },
  settingColumn("Dedup", "dedup"),
  settingColumn("Redirects", "redirect"),
  settingColumn("Copies", "copies"),
  settingColumn("Before the answer", "minimumCopies"),
  settingColumn("Placement", "placement"),
];

function settingColumn(title: string, name: Chosen | "placement"): Column<BucketDocument> {
  return {
    title,
    cell: ({ effective, settings }) => (
      <>
        {name === "placement" ? placementText(effective.placement) : effective[name]}
        <span class="below">{settings[name] === undefined ? "the gateway's own" : "set here"}</span>
      </>
    ),
    isWide: true,
  };
}
