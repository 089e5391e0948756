/** What a look at a store found: each with what was seen and what to do about it. */
import { useEffect, useRef } from "preact/hooks";
import type { Findings } from "../../../../contract/backends.ts";
import { Icon } from "../../../ui/icon.tsx";

const SHOWN = {
  ok: { icon: "check", tone: "good", word: "Good" },
  warning: { icon: "warning", tone: "warn", word: "Warning" },
  failed: { icon: "close", tone: "bad", word: "Failed" },
} as const;

export function FindingList({ findings }: Pick<Findings, "findings">) {
  const ref = useRef<HTMLUListElement>(null);
  // They come below a long form.
  useEffect(() => ref.current?.scrollIntoView({ block: "nearest" }), [findings]);
  return (
    <ul class="findings" ref={ref} aria-label="Findings">
      {findings.map(({ check, result, detail, advice }) => {
        const { icon, tone, word } = SHOWN[result];
        return (
          <li key={check + detail} class={tone}>
            <Icon name={icon} />
            <div>
              <p>
                <strong>
                  {word}: {check}
                </strong>
              </p>
              {detail !== undefined && <p>{detail}</p>}
              {advice !== undefined && <p class="soft">What to do: {advice}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
