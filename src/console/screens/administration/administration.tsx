/** Everything that is set up rather than stored. `part`: a tab, and what is looked at there: `buckets/photos`. */
import { useEffect } from "preact/hooks";
import { lazy } from "../../lazy.tsx";
import { hashOf } from "../../routes.ts";
import { me } from "../../session.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import "./administration.css";

const Keys = lazy<TabProps>(async () => (await import("./keys/keys.tsx")).Keys);
const Buckets = lazy<TabProps>(async () => (await import("./buckets/bucket-settings.tsx")).BucketSettings);
const Backends = lazy<TabProps>(async () => (await import("./backends/backends.tsx")).Backends);
const Accounts = lazy<TabProps>(async () => (await import("./accounts.tsx")).Accounts);
const Jobs = lazy<TabProps>(async () => (await import("./jobs/jobs.tsx")).Jobs);

/** `subject`: what is looked at in a tab; "": all. */
interface TabProps {
  readonly subject: string;
}

const TABS = [
  { name: "keys", text: "Access keys", icon: "key", Tab: Keys, isForOperators: false },
  { name: "buckets", text: "Buckets", icon: "bucket", Tab: Buckets, isForOperators: false },
  { name: "backends", text: "Backends", icon: "chart", Tab: Backends, isForOperators: true },
  { name: "accounts", text: "Accounts", icon: "tag", Tab: Accounts, isForOperators: true },
  { name: "jobs", text: "Jobs", icon: "refresh", Tab: Jobs, isForOperators: true },
] as const satisfies readonly { readonly icon: IconName; readonly [more: string]: unknown }[];

export function Administration({ part }: { readonly part: string }) {
  const shown = TABS.filter(({ isForOperators }) => !isForOperators || me.value?.operator === true);
  const [tab, ...rest] = part.split("/");
  const here = shown.find(({ name }) => name === tab) ?? shown[0];
  useEffect(
    () => document.querySelector("[aria-current=page].tab")?.scrollIntoView({ block: "nearest" }),
    [tab, shown.length],
  );
  if (here === undefined) return null;
  return (
    <div class="administration">
      <nav class="tabs" aria-label="Administration">
        {shown.map(({ name, text, icon }) => (
          <a
            key={name}
            class="tab"
            href={hashOf({ screen: "administration", part: name })}
            aria-current={name === here.name ? "page" : undefined}
          >
            <Icon name={icon} />
            {text}
          </a>
        ))}
      </nav>
      <here.Tab key={here.name} subject={rest.join("/")} />
    </div>
  );
}
