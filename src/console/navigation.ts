/** Where the reader is: the address's fragment as a signal. */
import { signal } from "@preact/signals";
import { hashOf, parseRoute, type Route } from "./routes.ts";

export const route = signal<Route>(parseRoute(location.hash));

addEventListener("hashchange", () => {
  route.value = parseRoute(location.hash);
});

export function go(to: Route): void {
  location.hash = hashOf(to);
}
