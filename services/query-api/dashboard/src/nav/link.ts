/** A link to what is shown now: also to what the page chose by itself, such as the latest model, which changes. */
import { useEffect } from "react";
import { create } from "zustand";

type Shown = Readonly<Record<string, string>>;

const useShown = create<{ shown: Shown }>(() => ({ shown: {} }));

/** Tells what the page shows of its own choice. */
export function useShownAs(shown: Shown): void {
  const text = JSON.stringify(shown);
  useEffect(() => {
    useShown.setState({ shown: JSON.parse(text) as Shown });
    return () => useShown.setState({ shown: {} });
  }, [text]);
}

/** An address with what the page chose filled in. Pure. */
export function linkOf(address: string, shown: Shown): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(shown)) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  url.hash = "";
  return url.href;
}

export const linkHere = (): string => linkOf(location.href, useShown.getState().shown);

/** Copies a text; browsers give the clipboard only to pages of https, so that the old way has to do elsewhere. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  const focused = document.activeElement;
  // Outside of an open dialog nothing can be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else copies on a page of http
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
