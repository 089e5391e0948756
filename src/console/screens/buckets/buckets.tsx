/** The account's buckets: looked at, made and deleted. */
import { useState } from "preact/hooks";
import { go } from "../../navigation.ts";
import { hashOf } from "../../routes.ts";
import { ask, isReadOnly } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { copyText } from "../../ui/clipboard.ts";
import { formatExactly, formatTime } from "../../ui/format.ts";
import { Icon } from "../../ui/icon.tsx";
import { useLoaded } from "../../ui/loader.ts";
import { Menu } from "../../ui/menu.tsx";
import { Screen } from "../../ui/screen.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { say } from "../../ui/toast.tsx";
import { DeleteBucket } from "./delete-bucket.tsx";
import { MakeBucket } from "./make-bucket.tsx";
import { type BucketRow, readBuckets } from "./read-buckets.ts";

export function Buckets() {
  const loaded = useLoaded(async (signal) => readBuckets(await ask({ path: "/", signal })), []);
  const [isMaking, setMaking] = useState(false);
  const [going, setGoing] = useState<string>();
  const make = !isReadOnly.value && (
    <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
      New bucket
    </Button>
  );
  const dialogs = (
    <>
      {isMaking && (
        <MakeBucket
          onClose={() => setMaking(false)}
          onMade={(bucket) => go({ screen: "browse", bucket, prefix: "" })}
        />
      )}
      {going !== undefined && (
        <DeleteBucket
          name={going}
          onClose={() => setGoing(undefined)}
          onGone={() => {
            say(`Deleted the bucket ${going}.`);
            setGoing(undefined);
            loaded.reload();
          }}
        />
      )}
    </>
  );
  return (
    <Screen title="Buckets" loaded={loaded} actions={make} beside={dialogs}>
      {(buckets) =>
        buckets.length === 0 ? (
          <Empty icon="bucket" title="No buckets yet">
            A bucket holds objects under names of your choice.{!isReadOnly.value && " Make one to begin."}
          </Empty>
        ) : (
          <Table label="Buckets" columns={columnsOf(setGoing)} rows={buckets} keyOf={({ name }) => name} />
        )
      }
    </Screen>
  );
}

function columnsOf(onDelete: (name: string) => void): readonly Column<BucketRow>[] {
  return [
    {
      title: "Name",
      cell: ({ name }) => (
        <a class="named" href={hashOf({ screen: "browse", bucket: name, prefix: "" })}>
          <Icon name="bucket" />
          {name}
        </a>
      ),
    },
    {
      title: "Made",
      cell: ({ createdAt }) => <span title={formatExactly(createdAt)}>{formatTime(createdAt)}</span>,
      isWide: true,
    },
    { title: "", cell: ({ name }) => <Actions name={name} onDelete={onDelete} />, isNumber: true },
  ];
}

function Actions({ name, onDelete }: { readonly name: string; readonly onDelete: (name: string) => void }) {
  const copy = async () => say((await copyText(`s3://${name}`)) ? "Copied the URI." : "Nothing could be copied.");
  return (
    <Menu
      kind="quiet"
      icon="more"
      label={`For ${name}`}
      items={[
        { text: "Copy URI", icon: "copy", onChoose: () => void copy() },
        {
          text: "Delete …",
          icon: "trash",
          isDanger: true,
          isDisabled: isReadOnly.value,
          onChoose: () => onDelete(name),
        },
      ]}
    />
  );
}
