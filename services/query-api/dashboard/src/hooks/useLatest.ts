/** The latest model as this page knows it: asked for now and then, never older than what was seen, unless paused. */
import { places } from "../api/place.ts";
import { BASE } from "../lib/base.ts";
import { useLatestHFModel } from "./useLatestHFModel.ts";
import { useUnlessPaused } from "./useUnlessPaused.ts";

export function useLatest(everyMs: number) {
  return useLatestHFModel({ baseUrl: BASE, fetch: places.fetch, everyMs: useUnlessPaused(everyMs) });
}
