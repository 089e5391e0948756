/** Light, dark, or as the system has it; kept in this browser. */
import { effect, signal } from "@preact/signals";

const STORED = "nearbucket-theme";
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const theme = signal<Theme>(themes.find((name) => name === localStorage.getItem(STORED)) ?? "system");

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
  localStorage.setItem(STORED, theme.value);
});
