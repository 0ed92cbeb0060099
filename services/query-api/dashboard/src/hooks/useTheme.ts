/** Light or dark: the system's choice until the reader makes another, which this browser keeps. */
import { create } from "zustand";

export type Theme = "system" | "light" | "dark";
const KEY = "arcwatch-theme";

function savedTheme(): Theme {
  const saved = localStorage.getItem(KEY);
  return saved === "light" || saved === "dark" ? saved : "system";
}

function apply(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
}

const useChosen = create(() => ({ theme: savedTheme() }));
useChosen.subscribe(({ theme }) => apply(theme));
// Before the first paint: the page must not flash in the other theme.
apply(useChosen.getState().theme);

const setTheme = (theme: Theme) => useChosen.setState({ theme });

export function useTheme() {
  return [useChosen(({ theme }) => theme), setTheme] as const;
}
