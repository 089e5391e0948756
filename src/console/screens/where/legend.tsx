/** What the map's shapes mean. */
import type { ComponentChildren } from "preact";
import { StandingMark } from "../fleet/standing-mark.tsx";

export function Legend() {
  return (
    <ul class="legend soft" aria-label="What the map's shapes mean">
      <li>
        <StandingMark standing="up" />
      </li>
      <li>
        <StandingMark standing="draining" />
      </li>
      <li>
        <StandingMark standing="read-only" />
      </li>
      <li>
        <StandingMark standing="away" />
      </li>
      <li>
        <Sign>
          <circle class="ring" r="8" />
        </Sign>
        has a copy
      </li>
      <li>
        <Sign>
          <circle class="ring" r="6.5" />
          <circle class="ring chosen" r="10" />
        </Sign>
        is read from
      </li>
      <li>
        <Sign>
          <path class="client" d="M0-7.5L7.5 0 0 7.5-7.5 0z" />
        </Sign>
        the client
      </li>
    </ul>
  );
}

function Sign({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg viewBox="-12 -12 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}
