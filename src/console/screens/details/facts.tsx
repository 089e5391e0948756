/** The attributes of an object that have a name of their own. */
import type { ComponentChildren } from "preact";
import { formatBytes, formatCount, formatExactly, formatTime } from "../../ui/format.ts";
import type { Attributes } from "./attributes.ts";

const NAMES: Readonly<Record<string, string>> = {
  "content-type": "Content type",
  "cache-control": "Cache control",
  "content-disposition": "Disposition",
  "content-encoding": "Encoding",
  "content-language": "Language",
  expires: "Expires",
  "x-amz-website-redirect-location": "Redirects to",
};

export function Facts({ attributes: { size, etag, modifiedAt, headers } }: { readonly attributes: Attributes }) {
  return (
    <section class="part" aria-label="Attributes">
      <dl class="facts">
        <Fact name="Size">
          <span title={`${formatCount(size)} bytes`}>{formatBytes(size)}</span>
        </Fact>
        <Fact name="Changed">
          <time dateTime={new Date(modifiedAt).toISOString()} title={formatExactly(modifiedAt)}>
            {formatTime(modifiedAt)}
          </time>
        </Fact>
        {Object.entries(headers).map(([name, value]) => (
          <Fact key={name} name={NAMES[name] ?? name}>
            {value}
          </Fact>
        ))}
        <Fact name="ETag">
          <span class="mono">{etag}</span>
        </Fact>
      </dl>
    </section>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
