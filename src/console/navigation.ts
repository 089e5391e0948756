/**
 * Where the reader is: the address's fragment as a signal. An object that is opened is a step of its own, so that Back
 * closes it.
 */
import { signal } from "@preact/signals";
import { type BrowseRoute, hashOf, parseRoute, type Route } from "./routes.ts";

/** Browsers refuse addresses that change faster, as by a key held down along a list: Safari 100 in 30 seconds. */
const REST_MS = 400;
/** In the history: the step before is the folder. */
const OPENED = "opened";

export const route = signal<Route>(parseRoute(location.hash));

let resting: ReturnType<typeof setTimeout> | undefined;
/** On the way back to the folder: the browser takes a moment. */
let isReturning = false;

addEventListener("hashchange", () => {
  const there = isReturning && opened();
  isReturning = false;
  if (!there || location.hash !== hashOf(folderOf(there))) route.value = parseRoute(location.hash);
  // On the way back another one was opened.
  else if (there.object !== undefined) history.pushState(OPENED, "", hashOf(there));
});

export function go(to: Route): void {
  location.hash = hashOf(to);
  // The browser tells of it later: until then the next key would act on what is left, and lead back there.
  if (!isReturning) route.value = to;
}

/** Opens an object in the folder that is shown, in place of the one that is open there. */
export function openObject(object: string): void {
  const here = opened();
  if (here === undefined || here.object === object) return;
  route.value = { ...here, object };
  if (isReturning) return;
  if (here.object === undefined) history.pushState(OPENED, "", hashOf(route.value));
  else keepUp();
}

/** Goes back to the folder, where the way led through it; a link may have led straight to the object. */
export function closeObject(): void {
  const here = opened();
  if (here?.object === undefined) return;
  route.value = folderOf(here);
  if (isReturning) return;
  isReturning = history.state === OPENED;
  if (isReturning) history.back();
  else keepUp();
}

/** Makes the address that of `route`, without a step in the history. */
function keepUp(): void {
  const hash = hashOf(route.value);
  if (isReturning || resting !== undefined || location.hash === hash) return;
  history.replaceState(history.state, "", hash);
  resting = setTimeout(() => {
    resting = undefined;
    keepUp();
  }, REST_MS);
}

function opened(): BrowseRoute | undefined {
  return route.value.screen === "browse" ? route.value : undefined;
}

function folderOf({ screen, bucket, prefix }: BrowseRoute): BrowseRoute {
  return { screen, bucket, prefix };
}
