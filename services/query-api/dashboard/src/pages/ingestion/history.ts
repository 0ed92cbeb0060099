/** Reads the history's filter out of the address. Pure. */
import type { HistoryFilter } from "../../api/queries.ts";
import {
  pathsApiAdminIngestionHistoryGetParametersQuerySortValues as SORTS,
  pathsApiAdminIngestionHistoryGetParametersQueryStatusValues as STATUSES,
} from "../../api/schema.ts";

export { STATUSES };

export const PAGE = 25;

/** What is searched for, as far as the API takes it. */
function searchOf(params: URLSearchParams): string {
  return (params.get("q") ?? "")
    .replace(/\p{Cc}/gu, "")
    .slice(0, 200)
    .trim();
}

/** What is no filter of ours is left out: an address may be typed by hand. */
export function filterOf(params: URLSearchParams): HistoryFilter {
  const status = STATUSES.find((each) => each === params.get("status"));
  const auto = params.get("auto");
  const dataset = params.get("dataset") ?? "";
  const search = searchOf(params);
  const page = Math.max(1, Math.floor(Number(params.get("page") ?? 1)) || 1);
  return {
    sort: SORTS.find((each) => each === params.get("sort")) ?? "startedAt",
    order: params.get("order") === "asc" ? "asc" : "desc",
    limit: PAGE,
    offset: (page - 1) * PAGE,
    ...(/^[\w.-]+\/[\w.-]+$/.test(dataset) ? { dataset } : {}),
    ...(search ? { search } : {}),
    ...(status ? { status } : {}),
    ...(auto === "true" || auto === "false" ? { autoTriggered: auto === "true" } : {}),
  };
}

/** Whether a filter may hide runs; a page past the last one does so too. */
export function isFiltered({ dataset, search, status, autoTriggered, offset }: HistoryFilter): boolean {
  return [dataset, search, status, offset].some(Boolean) || autoTriggered !== undefined;
}
