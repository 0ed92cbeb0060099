/** Whether the window is as narrow as a phone's: where styles cannot tell, such as in which order parts are read. */
import { useSyncExternalStore } from "react";

// Tailwind's `sm` begins there.
const narrow = matchMedia("(width < 40rem)");

function subscribe(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}

export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => narrow.matches);
}
