/** What a store did with redirected reads when that was tried last, and what follows from it. */
import type { BackendDocument } from "../../../../contract/backends.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { formatTime } from "../../../ui/format.ts";
import { redirectsVerdict } from "./redirects-verdict.ts";

type Redirects = NonNullable<BackendDocument["redirects"]>;

const TRIED = {
  sameStore: "The public endpoint leads to this store",
  keyReads: "The key that signs redirects may read",
  keyReadsOnly: "That key may not write",
  ranges: "Ranges are answered",
  conditions: "If-Match and If-None-Match hold",
  overrides: "response-* parameters set headers",
  etags: "The ETag is the md5 of the bytes",
  partEtags: "The ETag of parts is the md5 of their md5s",
} as const;
const REPLAYED = { tolerate: "accepted", strict: "refused" } as const;

export function RedirectsDialog({ row, onClose }: { readonly row: BackendDocument; readonly onClose: () => void }) {
  return (
    <Dialog title={`Redirects to ${row.name}`} onClose={onClose}>
      {row.redirects ? (
        <Tried redirects={row.redirects} />
      ) : (
        <p>
          Nothing is known. If it has a public endpoint, “Check now” tries it; without one, nobody is redirected to it.
        </p>
      )}
    </Dialog>
  );
}

function Tried({ redirects }: { readonly redirects: Redirects }) {
  const { publicEndpoint, at, replayedHeaders } = redirects;
  const { tone, words } = redirectsVerdict(redirects);
  return (
    <>
      <p class={`verdict ${tone}`} role="status">
        {words}
      </p>
      <dl class="facts tried">
        {Object.entries(TRIED).map(([name, label]) => (
          <Line key={name} name={label} value={answer(redirects[name as keyof typeof TRIED], name)} />
        ))}
        <Line
          name="Headers of a signature, sent again, are"
          value={replayedHeaders === undefined ? "not known" : REPLAYED[replayedHeaders]}
        />
      </dl>
      <p class="soft">
        The public endpoint is {publicEndpoint}. Tried {formatTime(at)}; “Check now” tries it again.
      </p>
    </>
  );
}

function Line({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value === "no" || value === "refused" ? <span class="badge warn">{value}</span> : value}</dd>
    </div>
  );
}

/** The key that writes is not tried for what it may not. */
function answer(is: boolean | undefined, of: string): string {
  if (is === undefined) return of === "keyReadsOnly" ? "not tried" : "not known";
  return is ? "yes" : "no";
}
