/**
 * Where the reader was on each page of this tab's history. A new page begins at its top; back and forward lead to the
 * place that was left, also where the page grows only while its data comes, which browsers by themselves do not wait for.
 */
import type { AroundNavHandler } from "wouter";

import { BASE } from "../lib/base.ts";

const KEPT = `arcwatch-places${BASE}`;
/** Pages that were left stand again after this long. */
const SETTLED_MS = 2_000;
const ACTS = ["wheel", "touchstart", "keydown", "pointerdown"];

interface Kept {
  last: number;
  places: [entry: number, top: number][];
}

let last = 0;
let entry = 0;
let places = new Map<number, number>();
let stop: () => void = () => undefined;

function entryOf(state: unknown): number | undefined {
  const found = (state as { entry?: unknown } | null)?.entry;
  return typeof found === "number" ? found : undefined;
}

/** Gives the present entry of the history a number: by it, its place is found again. */
function number(): void {
  entry = ++last;
  history.replaceState({ ...(history.state as object | null), entry }, "");
}

function leave(): void {
  stop();
  places.set(entry, window.scrollY);
}

/** Goes to a place, again whenever the page's height changes, until it stands or the reader acts. */
function goTo(top: number): void {
  const ended = new AbortController();
  const sizes = new ResizeObserver(() => window.scrollTo(0, top));
  stop = () => {
    ended.abort();
    sizes.disconnect();
  };
  sizes.observe(document.body);
  for (const act of ACTS) addEventListener(act, stop, { signal: ended.signal, passive: true });
  setTimeout(stop, SETTLED_MS);
}

/** Follows the history from the page's start. */
export function followScrolling(): void {
  history.scrollRestoration = "manual";
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Kept | null;
  last = kept?.last ?? 0;
  places = new Map(kept?.places);
  const known = entryOf(history.state);
  if (known === undefined) number();
  else {
    entry = known;
    goTo(places.get(entry) ?? 0);
  }
  addEventListener("popstate", (event) => {
    leave();
    const reached = entryOf(event.state);
    if (reached === undefined) {
      // A link to a part of the page: the browser goes there.
      number();
    } else {
      entry = reached;
      goTo(places.get(entry) ?? 0);
    }
  });
  addEventListener("pagehide", () => {
    leave();
    sessionStorage.setItem(KEPT, JSON.stringify({ last, places: [...places] } satisfies Kept));
  });
}

/** Numbers each entry that a link makes, and begins another page at its top; filters leave the reader in place. */
export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  if (options?.replace) {
    navigate(to, { ...options, state: { ...(options.state as object | undefined), entry } });
    return;
  }
  const from = location.pathname;
  leave();
  entry = ++last;
  navigate(to, { ...options, state: { ...(options?.state as object | undefined), entry } });
  if (location.pathname !== from) window.scrollTo(0, 0);
};
