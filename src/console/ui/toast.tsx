/** Short news at the edge of the screen. What failed stays until it is closed; the rest leaves by itself. */
import { signal } from "@preact/signals";
import type { Fault } from "../wire/fault.ts";
import { Button } from "./button.tsx";

interface Toast {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  readonly detail?: string;
}

const SHOWN_MS = 5_000;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

export function say(text: string): void {
  const id = add({ kind: "done", text });
  setTimeout(() => remove(id), SHOWN_MS);
}

export function sayFault(text: string, { message, requestId }: Fault): void {
  add({ kind: "failed", text, detail: requestId === undefined ? message : `${message} (request ${requestId})` });
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, text, detail }) => (
        <div key={id} class={`toast ${kind}`}>
          <div>
            <p>{text}</p>
            {detail !== undefined && <p class="soft">{detail}</p>}
          </div>
          <Button kind="quiet" icon="close" label="Close" onClick={() => remove(id)} />
        </div>
      ))}
    </div>
  );
}

function add(toast: Omit<Toast, "id">): number {
  last += 1;
  toasts.value = [...toasts.value.slice(-3), { id: last, ...toast }];
  return last;
}

function remove(gone: number): void {
  toasts.value = toasts.value.filter(({ id }) => id !== gone);
}
