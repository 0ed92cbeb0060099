/** How often to ask again: never, while the reader wants nothing to change. */
import { useLive } from "../live/store.ts";

export function useUnlessPaused(everyMs: number): number {
  return useLive((state) => state.paused) ? Infinity : everyMs;
}
