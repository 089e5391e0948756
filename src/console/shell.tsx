/** The frame around every screen: who is signed in, where one can go, and the screen itself. */
import { useEffect, useLayoutEffect } from "preact/hooks";
import { lazy } from "./lazy.tsx";
import { route } from "./navigation.ts";
import { hashOf, type Route } from "./routes.ts";
import { Browse } from "./screens/browse/browse.tsx";
import { Buckets } from "./screens/buckets/buckets.tsx";
import { SignIn } from "./screens/sign-in/sign-in.tsx";
import { loadMe, me, session, signOut } from "./session.ts";
import { theme, themes } from "./theme.ts";
import { Icon, type IconName } from "./ui/icon.tsx";
import { Menu } from "./ui/menu.tsx";
import { piecesOf } from "./ui/name-pieces.ts";
import { Toasts } from "./ui/toast.tsx";
import { UploadPanel } from "./upload/panel.tsx";

const Where = lazy(async () => (await import("./screens/where/where.tsx")).Where);
const Dashboard = lazy(async () => (await import("./screens/dashboard/dashboard.tsx")).Dashboard);
const Administration = lazy(async () => (await import("./screens/administration/administration.tsx")).Administration);

interface Place {
  readonly text: string;
  readonly icon: IconName;
  readonly to: Route;
  readonly isForOperators?: boolean;
}

const PLACES: readonly Place[] = [
  { text: "Buckets", icon: "bucket", to: { screen: "buckets" } },
  { text: "Where it lives", icon: "map", to: { screen: "where", bucket: "", key: "" } },
  { text: "Dashboard", icon: "chart", to: { screen: "dashboard" }, isForOperators: true },
  { text: "Administration", icon: "key", to: { screen: "administration", part: "" } },
];

export function Shell({ token }: { readonly token: string | undefined }) {
  useEffect(() => {
    if (session.value !== undefined && me.value === undefined) void loadMe();
  }, [session.value]);
  const isIn = session.value !== undefined;
  // With what is shown: a reader of the screen says it when a place is opened.
  useLayoutEffect(() => {
    document.title = isIn ? `${placeOf(route.value)} · nearbucket` : "nearbucket";
  }, [isIn, route.value]);
  if (!isIn)
    return (
      <>
        <SignIn token={token} />
        <Toasts />
      </>
    );
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href="#/buckets">
          <span class="mark" aria-hidden="true" />
          nearbucket
        </a>
        <nav aria-label="Places">
          {PLACES.filter(isShown).map(({ text, icon, to }) => (
            <a key={text} href={hashOf(to)} aria-current={isHere(to) ? "page" : undefined}>
              <Icon name={icon} />
              <span>{text}</span>
            </a>
          ))}
        </nav>
        <Account />
      </header>
      <main id="main" tabIndex={-1}>
        <Screen />
      </main>
      <UploadPanel />
      <Toasts />
    </div>
  );
}

function Screen() {
  const here = route.value;
  if (here.screen === "browse") return <Browse key={here.bucket} {...here} />;
  if (here.screen === "where") return <Where bucket={here.bucket} objectKey={here.key} />;
  if (here.screen === "dashboard") return <Dashboard />;
  if (here.screen === "administration") return <Administration part={here.part} />;
  return <Buckets />;
}

function Account() {
  const nextTheme = () => {
    theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "system";
  };
  return (
    <div class="account">
      <Menu
        kind="quiet"
        icon="more"
        label="Account"
        items={[
          { text: `Theme: ${theme.value}`, icon: "sun", onChoose: nextTheme },
          { text: "Sign out", icon: "out", onChoose: () => void signOut() },
        ]}
      />
      <p>
        <strong>{me.value?.account ?? session.value?.account}</strong>
        <span class="soft">{me.value?.gateway.region}</span>
      </p>
    </div>
  );
}

/** For the tab and the browser's history. */
function placeOf(here: Route): string {
  if (here.screen !== "browse") return PLACES.find(({ to }) => to.screen === here.screen)?.text ?? "";
  return piecesOf(`${here.bucket}/${here.object ?? here.prefix}`)
    .map(({ text }) => text)
    .join("");
}

/** What an account may not see is not offered to it. */
function isShown({ isForOperators }: Place): boolean {
  return !isForOperators || me.value?.operator === true;
}

function isHere({ screen }: Route): boolean {
  return route.value.screen === screen || (screen === "buckets" && route.value.screen === "browse");
}

/** A link would need the fragment, which is the router's. */
function skip(): void {
  document.getElementById("main")?.focus();
}
