/** The orders of the table. Pure. */
import type { ModelRow } from "../../api/client.ts";
import { share } from "../../lib/format.ts";
import { costPerTask } from "../../lib/standing.ts";
import { type Order, sortedBy } from "../../lib/sorting.ts";

export const SORTS = {
  name: { name: "Model", up: true, value: (row) => row.displayName.toLowerCase() },
  score: { name: "Score", up: false, value: (row) => row.score },
  submitted: { name: "Of submitted", up: false, value: (row) => row.scoreSubmitted },
  coverage: { name: "Coverage", up: false, value: (row) => share(row.tasksSubmitted, row.tasksTotal) },
  cost: { name: "Cost per task", up: true, value: costPerTask },
  tokens: { name: "Tokens", up: true, value: (row) => row.totalTokens },
  released: { name: "Released", up: false, value: (row) => row.releaseDate },
  published: { name: "Published", up: false, value: (row) => row.publishedAt && Date.parse(row.publishedAt) },
  ingested: { name: "Ingested", up: false, value: (row) => row.ingestedAt },
} satisfies Record<string, Order<ModelRow>>;

export type SortKey = keyof typeof SORTS;

/** Sorts rows; what is not known comes last either way. */
export function sorted(rows: readonly ModelRow[], key: SortKey, reversed: boolean): ModelRow[] {
  return sortedBy(rows, SORTS[key], reversed, ({ displayName }) => displayName);
}
