/** Light or dark: the system's choice until the reader makes another, which this browser keeps. */
import { useLayoutEffect, useState } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "arcwatch-theme";

function savedTheme(): Theme {
  const saved = localStorage.getItem(KEY);
  return saved === "light" || saved === "dark" ? saved : "system";
}

export function useTheme() {
  const [theme, setTheme] = useState(savedTheme);
  // Before the first paint: the page must not flash in the other theme.
  useLayoutEffect(() => {
    localStorage.setItem(KEY, theme);
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
  }, [theme]);
  return [theme, setTheme] as const;
}
