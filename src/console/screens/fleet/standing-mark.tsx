/** A backend's standing as a shape: every word has one of its own, so that nothing rests on colour. */
import type { JSX } from "preact";
import { STANDING_WORDS, type Standing } from "./standing.ts";

const SHAPES: Readonly<Record<Standing, JSX.Element>> = {
  up: <circle class="solid" r="5" />,
  "read-only": <rect class="solid" x="-4.5" y="-4.5" width="9" height="9" />,
  draining: <path class="solid" d="M-5.5-4.5h11L0 5.5z" />,
  away: (
    <>
      <circle class="hollow" r="5.5" />
      <path class="line" d="M-2.5-2.5l5 5M2.5-2.5l-5 5" />
    </>
  ),
  unknown: <circle class="hollow" r="4.5" />,
  removed: <path class="line" d="M-5 0H5" />,
};

/** Around the origin of the picture that it stands in. */
export function StandingShape({ standing }: { readonly standing: Standing }) {
  return <g class={`standing ${standing}`}>{SHAPES[standing]}</g>;
}

/** The shape and its word, in a line of text. */
export function StandingMark({ standing, text }: { readonly standing: Standing; readonly text?: string | undefined }) {
  return (
    <span class="standing-mark">
      <svg viewBox="-7 -7 14 14" width="14" height="14" aria-hidden="true" focusable="false">
        <StandingShape standing={standing} />
      </svg>
      {text ?? STANDING_WORDS[standing]}
    </span>
  );
}
