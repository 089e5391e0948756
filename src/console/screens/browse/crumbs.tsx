/** Where a listing is: the bucket and each folder on the way. */
import { hashOf } from "../../routes.ts";
import { Icon } from "../../ui/icon.tsx";
import { Name } from "../../ui/name.tsx";
import { crumbsOf } from "./names.ts";

export function Crumbs({ bucket, prefix }: { readonly bucket: string; readonly prefix: string }) {
  const crumbs = [{ text: bucket, prefix: "" }, ...crumbsOf(prefix)];
  return (
    <nav class="crumbs" aria-label="Folders">
      <ol>
        <li>
          <a href="#/buckets">Buckets</a>
        </li>
        {crumbs.map(({ text, prefix: to }, index) => (
          <li key={to}>
            <Icon name="right" />
            {index === crumbs.length - 1 ? (
              <h1 title={text}>
                <Name text={text} />
              </h1>
            ) : (
              <a href={hashOf({ screen: "browse", bucket, prefix: to })} title={text}>
                <Name text={text} />
              </a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
