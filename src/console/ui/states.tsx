/** What stands in the place of something that is not there yet, is empty, or could not be had. */
import type { ComponentChildren } from "preact";
import type { Fault } from "../wire/fault.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** As high as what comes, so that nothing jumps. */
export function Loading({ rows = 4 }: { readonly rows?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="skeleton" />
      ))}
    </div>
  );
}

/** Says what comes next: an empty place must not look like a broken one. */
export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="state">
      <Icon name={props.icon} />
      <h2>{props.title}</h2>
      <div class="soft">{props.children}</div>
    </div>
  );
}

export function Failing({ fault, retry }: { readonly fault: Fault; readonly retry?: () => void }) {
  return (
    <div class="state failing" role="alert">
      <Icon name="warning" />
      <h2>{fault.message}</h2>
      <p class="soft mono">
        {fault.code}
        {fault.requestId !== undefined && ` · request ${fault.requestId}`}
      </p>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}
