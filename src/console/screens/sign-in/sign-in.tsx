/** Signing in: by an access key, which is used once and forgotten, or by a link that was opened. */
import { useEffect, useState } from "preact/hooks";
import { hasEnded, signInByKey, signInByToken } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { queue } from "../../upload/uploads.ts";
import type { Fault } from "../../wire/fault.ts";

export function SignIn({ token }: { readonly token: string | undefined }) {
  const [accessKeyId, setAccessKeyId] = useState("");
  const [secretAccessKey, setSecret] = useState("");
  const [busy, setBusy] = useState(token !== undefined);
  const [refusal, setRefusal] = useState<Refusal>();
  const finish = async (asked: ReturnType<typeof signInByKey>, say: (fault: Fault) => Refusal) => {
    setBusy(true);
    const answer = await asked;
    setBusy(false);
    if (!answer.ok) setRefusal(say(answer.fault));
  };
  const faultOf = (of: Refusal["of"]) => (refusal?.of === of ? refusal.text : undefined);
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
        {faultOf("link") === undefined ? <p class="soft">{invitation()}</p> : <p role="alert">{faultOf("link")}</p>}
        <Field
          label="Access key"
          value={accessKeyId}
          onInput={setAccessKeyId}
          autocomplete="username"
          fault={faultOf("key")}
          autofocus
          mono
        />
        <Field
          label="Secret key"
          isSecret
          value={secretAccessKey}
          onInput={setSecret}
          autocomplete="current-password"
          hint="Opens a session of 8 hours; it is not kept."
          fault={faultOf("secret")}
          mono
        />
        <Button submit kind="primary" busy={busy} disabled={accessKeyId === "" || secretAccessKey === ""}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

function invitation(): string {
  if (!hasEnded.value) return "Sign in with an access key.";
  return `Your session has ended. Sign in again${queue.isRunning ? ", and the uploads go on" : ""}.`;
}

/** Why nobody was let in, and what it is about. */
interface Refusal {
  readonly of: "link" | "key" | "secret";
  readonly text: string;
}

function keyFault({ code, message }: Fault): Refusal {
  if (code === "InvalidAccessKeyId") return { of: "key", text: "There is no such access key." };
  if (code === "SignatureDoesNotMatch")
    return { of: "secret", text: "The secret key does not belong to this access key." };
  return { of: "secret", text: message };
}

function linkFault({ code, message }: Fault): Refusal {
  if (code === "Offline") return { of: "link", text: message };
  return { of: "link", text: "This sign-in link was used before, or is too old. Ask for another, or use a key." };
}
