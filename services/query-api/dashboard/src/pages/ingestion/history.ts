/** Reads the history's filter out of the address. Pure. */
import type { HistoryFilter } from "../../api/queries.ts";

export const PAGE = 25;
const SORTS = ["startedAt", "durationMs", "accuracyPercent", "failed"] as const;
const STATUSES = ["running", "completed", "partial", "failed", "skipped"] as const;

/** What is no filter of ours is left out: an address may be typed by hand. */
export function filterOf(params: URLSearchParams): HistoryFilter {
  const status = STATUSES.find((each) => each === params.get("status"));
  const auto = params.get("auto");
  const page = Math.max(1, Math.floor(Number(params.get("page") ?? 1)) || 1);
  return {
    sort: SORTS.find((each) => each === params.get("sort")) ?? "startedAt",
    order: params.get("order") === "asc" ? "asc" : "desc",
    limit: PAGE,
    offset: (page - 1) * PAGE,
    ...(status ? { status } : {}),
    ...(auto === "true" || auto === "false" ? { autoTriggered: auto === "true" } : {}),
  };
}
