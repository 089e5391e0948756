/** Revokes an access key for good. */
import type { AccessKeyDocument } from "../../../../contract/keys.ts";
import { api } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Confirm } from "../../../ui/confirm.tsx";
import { formatTime } from "../../../ui/format.ts";

interface RevokeKeyProps {
  readonly shown: AccessKeyDocument;
  readonly onClose: () => void;
  readonly onGone: () => void;
}

export function RevokeKey({ shown: { accessKeyId, account, lastUsedAt }, onClose, onGone }: RevokeKeyProps) {
  const { busy, fault, run } = useAction<undefined>(onGone);
  return (
    <Confirm
      title={`Revoke ${accessKeyId}?`}
      action="Revoke"
      danger
      busy={busy}
      fault={fault}
      onAction={() => void run(() => api({ method: "DELETE", path: `/keys/${accessKeyId}` }))}
      onClose={onClose}
    >
      <p>
        What signs with it is refused at once, its sessions and share links too, and it cannot be brought back. Objects
        of {account} stay.
      </p>
      <p class="soft">
        {lastUsedAt === undefined ? "It was never used." : `Last used ${formatTime(lastUsedAt)}.`} To stop it for a
        while only, disable it.
      </p>
    </Confirm>
  );
}
