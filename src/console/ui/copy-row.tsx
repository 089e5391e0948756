/** Text to be taken along: shown whole, and copied by a button. */
import { Button } from "./button.tsx";
import { copyText } from "./clipboard.ts";
import { say } from "./toast.tsx";

export function CopyRow({ label, text }: { readonly label: string; readonly text: string }) {
  const copy = async () =>
    say((await copyText(text)) ? `Copied: ${label}.` : "The browser did not let anything be copied.");
  return (
    <div class="copy-row" role="group" aria-label={label}>
      <div>
        <p class="copy-label">{label}</p>
        <pre class="mono">{text}</pre>
      </div>
      <Button icon="copy" label={`Copy: ${label}`} onClick={() => void copy()} />
    </div>
  );
}
