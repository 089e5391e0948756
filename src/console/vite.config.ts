/** Builds the console into dist/console, where the gateway serves it from under `/-/`. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "/-/",
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    // The first that know light-dark() and the rest of what the styles use.
    target: ["chrome123", "edge123", "firefox120", "safari17.5"],
    // The content policy has no room for data: URLs.
    assetsInlineLimit: 0,
    // Code that could not be fetched is fetched again by the browser; a style of its own would be by nobody.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // The notices of what is bundled go along.
    license: true,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // `vite src/console` shows the console of a gateway that runs beside it.
  server: { proxy: { "^/(?!-/(?!api/))": "http://127.0.0.1:9000" } },
});
