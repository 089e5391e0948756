/** Signing in: by an access key, which is used once and forgotten, or by a link that was opened. */
import { useEffect, useState } from "preact/hooks";
import { hasEnded, signInByKey, signInByToken } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import type { Fault } from "../../wire/fault.ts";

export function SignIn({ token }: { readonly token: string | undefined }) {
  const [accessKeyId, setAccessKeyId] = useState("");
  const [secretAccessKey, setSecret] = useState("");
  const [busy, setBusy] = useState(token !== undefined);
  const [fault, setFault] = useState<string>();
  const finish = async (asked: ReturnType<typeof signInByKey>, say: (fault: Fault) => string) => {
    setBusy(true);
    const answer = await asked;
    setBusy(false);
    if (!answer.ok) setFault(say(answer.fault));
  };
  useEffect(() => {
    if (token !== undefined) void finish(signInByToken(token), linkFault);
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    const credentials = { accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim() };
    void finish(signInByKey(credentials), keyFault);
  };
  return (
    <main class="sign-in">
      <form onSubmit={submit} aria-label="Sign in">
        <span class="mark" aria-hidden="true" />
        <h1>nearbucket</h1>
        <p class="soft">{hasEnded.value ? "Your session has ended. Sign in again." : "Sign in with an access key."}</p>
        <Field label="Access key" value={accessKeyId} onInput={setAccessKeyId} autocomplete="username" autofocus mono />
        <Field
          label="Secret key"
          isSecret
          value={secretAccessKey}
          onInput={setSecret}
          autocomplete="current-password"
          hint="Opens a session of 8 hours; it is not kept."
          fault={fault}
          mono
        />
        <Button submit kind="primary" busy={busy} disabled={accessKeyId === "" || secretAccessKey === ""}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

function keyFault({ code, message }: Fault): string {
  if (code === "InvalidAccessKeyId") return "There is no such access key.";
  if (code === "SignatureDoesNotMatch") return "The secret key does not belong to this access key.";
  return message;
}

function linkFault({ code, message }: Fault): string {
  return code === "Offline"
    ? message
    : "This sign-in link was used before, or is too old. Ask for another, or use a key.";
}
