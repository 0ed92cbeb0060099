/** The present, renewed so often that "3 min ago" stays true. */
import { useSyncExternalStore } from "react";

const EVERY_MS = 15_000;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, EVERY_MS);
  return () => clearInterval(timer);
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
