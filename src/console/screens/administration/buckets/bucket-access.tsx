/** Who may use a bucket beside its owner: its ACL in words, and the block of public access. */
import { ask, me, tell } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { useLoaded } from "../../../ui/loader.ts";
import { done } from "../../../wire/fault.ts";
import { accessWords, blockDocument, isBlocked, readGrants } from "./grants.ts";

const BLOCK = { publicAccessBlock: "" };

export function BucketAccess({ name }: { readonly name: string }) {
  const path = `/${name}`;
  const loaded = useLoaded(
    async (signal) => {
      const acl = await ask({ path, query: { acl: "" }, signal });
      if (!acl.ok) return acl;
      const block = await ask({ path, query: BLOCK, signal });
      if (!block.ok && block.fault.code !== "NoSuchPublicAccessBlockConfiguration") return block;
      return done({ grants: readGrants(acl.value), isBlocked: block.ok && isBlocked(block.value) });
    },
    [name],
  );
  const { busy, fault, run } = useAction<undefined>(loaded.reload);
  const { value } = loaded;
  const change = () => {
    if (value?.isBlocked) return tell({ method: "DELETE", path, query: BLOCK });
    const headers = { "content-type": "application/xml" };
    return tell({ method: "PUT", path, query: BLOCK, headers, body: blockDocument() });
  };
  return (
    <section class="part" aria-label="Access">
      <header>
        <h3>Access</h3>
        {value && (
          <Button kind="quiet" busy={busy} onClick={() => void run(change)}>
            {value.isBlocked ? "Stop blocking public access" : "Block public access"}
          </Button>
        )}
      </header>
      {value && (
        <div role="status">
          <p>{accessWords(value.isBlocked, me.value?.gateway.publicAccess === "blocked")}</p>
          <ul class="grants">
            {value.grants.map((grant) => (
              <li key={grant}>{grant}</li>
            ))}
          </ul>
        </div>
      )}
      <FaultText fault={fault ?? loaded.fault} />
    </section>
  );
}
