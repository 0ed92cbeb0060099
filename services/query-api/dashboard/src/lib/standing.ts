/** What a submission is in its task set: a rival with a rank, or a line that rivals are read against. Pure. */
import type { ModelRow } from "../api/client.ts";
import { share } from "./format.ts";
import { isUsable } from "./rows.ts";

/** Its rank by score, which no order of a table changes, and the ranks that it may have as well. */
export function rankOf({ rank, rankRange }: Pick<ModelRow, "rank" | "rankRange">): {
  rank: string;
  range: string | null;
} {
  const tied = rankRange && rankRange.best !== rankRange.worst;
  return {
    rank: rank === null ? "–" : String(rank),
    range: tied ? `${rankRange.best}–${rankRange.worst}` : null,
  };
}

/** What is said in the place of a rank that is not there: none is, or it is not known yet. */
export function unranked(row: ModelRow): string {
  const hasNone = isReference(row) || row.status === "removed" || !isUsable(row);
  return hasNone ? "no rank" : "being compared";
}

const ENOUGH = 0.95;

/** People and baselines: they have no rank, and tables and charts show them as lines. */
export const isReference = ({ kind }: Pick<ModelRow, "kind">): boolean =>
  kind === "human_panel" || kind === "baseline";

/** Whether it answers so much of its set that its cost is that of the whole set: only such ones make a frontier. */
export const isCovered = ({ tasksSubmitted, tasksTotal }: ModelRow): boolean =>
  tasksTotal > 0 && tasksSubmitted >= ENOUGH * tasksTotal;

/** US dollars of all attempts together, over all tasks of the set: what the score is over, too. */
export const costPerTask = ({ totalCost, tasksTotal }: ModelRow): number | null =>
  share(totalCost, tasksTotal);
