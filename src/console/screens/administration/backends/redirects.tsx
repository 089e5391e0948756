/** What a store did with redirected reads when that was tried last. */
import type { BackendDocument } from "../../../../contract/backends.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { formatTime } from "../../../ui/format.ts";

type Redirects = NonNullable<BackendDocument["redirects"]>;

const TRIED = {
  keyReads: "The key that signs redirects reads",
  keyReadsOnly: "And does not write",
  sameStore: "The public endpoint is this store",
  etags: "ETags are the md5",
  partEtags: "Of parts, the md5 of their md5s",
  ranges: "Gives ranges",
  conditions: "Holds If-Match and If-None-Match",
  overrides: "Answers with response-* headers",
} as const;

export function RedirectsDialog({ row, onClose }: { readonly row: BackendDocument; readonly onClose: () => void }) {
  return (
    <Dialog title={`Redirects to ${row.name}`} onClose={onClose}>
      {row.redirects ? (
        <Tried redirects={row.redirects} />
      ) : (
        <p>Nothing is known: it has no public endpoint, or nobody has tried it yet. “Check now” tries it.</p>
      )}
    </Dialog>
  );
}

function Tried({ redirects }: { readonly redirects: Redirects }) {
  const { publicEndpoint, at, replayedHeaders } = redirects;
  return (
    <>
      <p class="soft">
        Clients are sent to {publicEndpoint}. Tried {formatTime(at)}.
      </p>
      <dl class="facts loss">
        <Line name="Headers that clients send again" value={replayedHeaders ?? "not known"} />
        {Object.entries(TRIED).map(([name, words]) => (
          <Line key={name} name={words} value={answer(redirects[name as keyof typeof TRIED])} />
        ))}
      </dl>
    </>
  );
}

function Line({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value === "no" ? <span class="badge bad">no</span> : value}</dd>
    </div>
  );
}

function answer(is: boolean | undefined): string {
  return is === undefined ? "not known" : is ? "yes" : "no";
}
