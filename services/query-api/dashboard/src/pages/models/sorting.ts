/** The orders of the table. Pure. */
import type { ModelRow } from "../../api/client.ts";
import { share } from "../../lib/format.ts";

type Value = string | number | null;

interface Sort {
  name: string;
  /** Whether the first order is ascending. */
  up: boolean;
  value: (row: ModelRow) => Value;
}

export const SORTS = {
  name: { name: "Model", up: true, value: (row) => row.displayName.toLowerCase() },
  score: { name: "Score", up: false, value: (row) => row.score },
  submitted: { name: "Of submitted", up: false, value: (row) => row.scoreSubmitted },
  coverage: { name: "Coverage", up: false, value: (row) => share(row.tasksSubmitted, row.tasksTotal) },
  set: { name: "Task set", up: true, value: (row) => row.source },
  cost: { name: "Cost per task", up: true, value: (row) => share(row.totalCost, row.tasksSubmitted) },
  tokens: { name: "Tokens", up: true, value: (row) => row.totalTokens },
  ingested: { name: "Ingested", up: false, value: (row) => row.ingestedAt },
} satisfies Record<string, Sort>;

export type SortKey = keyof typeof SORTS;

function compare(one: Value, other: Value): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other));
}

/** Sorts rows; what is not known comes last either way. */
export function sorted(rows: readonly ModelRow[], key: SortKey, reversed: boolean): ModelRow[] {
  const { up, value } = SORTS[key] as Sort;
  const sign = up !== reversed ? 1 : -1;
  return rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * compare(a, b) || one.displayName.localeCompare(other.displayName);
  });
}
