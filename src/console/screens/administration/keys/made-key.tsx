/** A new access key, whose secret is shown this once, and a link that signs its holder in to this console. */
import { useState } from "preact/hooks";
import type { MadeKey } from "../../../../contract/keys.ts";
import type { SignInLink } from "../../../../contract/sessions.ts";
import { me } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { CopyRow } from "../../../ui/copy-row.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { formatTime } from "../../../ui/format.ts";
import { callApi } from "../../../wire/api.ts";
import { awsProfile } from "./key-form.ts";

export function MadeKeyDialog({ made, onClose }: { readonly made: MadeKey; readonly onClose: () => void }) {
  const region = me.value?.gateway.region ?? "us-east-1";
  const { accessKeyId, secretAccessKey, account } = made;
  const profile = awsProfile({ name: account, accessKeyId, secretAccessKey, region, endpoint: location.origin });
  return (
    <Dialog title="Access key made" onClose={onClose}>
      <p class="notice">The secret key is shown only now. Copy it before you close this.</p>
      <CopyRow label="Access key" text={accessKeyId} />
      <CopyRow label="Secret key" text={secretAccessKey} />
      <CopyRow label="Profile for ~/.aws/credentials" text={profile} />
      <SignInFor made={made} region={region} />
    </Dialog>
  );
}

/** The link signs in as the key that asks for it, so that the new key itself asks. */
function SignInFor({ made, region }: { readonly made: MadeKey; readonly region: string }) {
  const [link, setLink] = useState<SignInLink>();
  const { busy, fault, run } = useAction<SignInLink>(setLink);
  const make = () =>
    run(() => callApi<SignInLink>({ method: "POST", path: "/sign-in-links" }, { credentials: made, region }));
  if (link !== undefined)
    return (
      <>
        <CopyRow label="Sign-in link" text={location.origin + link.path} />
        <p class="soft">
          Whoever opens it first is signed in as this key. It works once, until {formatTime(link.expiresAt)}.
        </p>
      </>
    );
  return (
    <>
      <div>
        <Button icon="open" busy={busy} onClick={() => void make()}>
          Make a sign-in link for its holder
        </Button>
      </div>
      <FaultText fault={fault} />
    </>
  );
}
