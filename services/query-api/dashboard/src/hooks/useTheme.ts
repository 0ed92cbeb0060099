/** Light or dark: the system's choice until the reader makes another, which this browser keeps. */
import { useState } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "arcwatch-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function savedTheme(): Theme {
  const saved = localStorage.getItem(KEY);
  return saved === "light" || saved === "dark" ? saved : "system";
}

function apply(theme: Theme): void {
  const system = dark.matches ? "dark" : "light";
  document.documentElement.dataset.theme = theme === "system" ? system : theme;
}

/** Shows the page in its theme, now and when the system changes its own. */
export function followTheme(): void {
  apply(savedTheme());
  dark.addEventListener("change", () => apply(savedTheme()));
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(savedTheme);
  function choose(next: Theme): void {
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    apply(next);
    setTheme(next);
  }
  return [theme, choose];
}
