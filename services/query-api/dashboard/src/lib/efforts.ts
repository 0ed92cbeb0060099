/** Finds the submissions that are one model at several efforts. Pure. */
import type { ModelRow } from "../api/client.ts";

/** As APIs name them, from the least to the most; a budget of tokens, such as 16k, stands below every level. */
const LEVELS = ["minimal", "low", "medium", "high", "xhigh", "max"];

/** Where an effort stands among those of its model; words that nobody ordered come last. */
export function orderOf(effort: string): number {
  if (effort === "none") return 0;
  const budget = /^(\d+)k$/i.exec(effort)?.[1];
  if (budget) return Number(budget);
  const place = LEVELS.indexOf(effort.toLowerCase());
  return place < 0 ? Infinity : 1e6 + place;
}

export interface Ladder<Rung> {
  key: string;
  /** What the model is called without its effort. */
  name: string;
  /** From the least effort to the most. */
  rungs: Rung[];
}

/** The models of which two efforts at least are there, on one task set. What does not tell its effort is in none. */
export function laddersOf<Rung extends { row: ModelRow; cost: number }>(
  rungs: readonly Rung[],
): Ladder<Rung>[] {
  const told = rungs.filter(({ row }) => row.effort !== null);
  const models = Map.groupBy(told, ({ row }) =>
    JSON.stringify([row.dataset, row.provider, row.kind, row.baseName]),
  );
  return [...models]
    .filter(([, members]) => new Set(members.map(({ row }) => row.effort)).size > 1)
    .map(([key, members]) => ({
      key,
      name: members[0]?.row.baseName ?? "",
      rungs: members.toSorted((one, other) => difference(one.row, other.row) || one.cost - other.cost),
    }));
}

function difference(one: ModelRow, other: ModelRow): number {
  const [a, b] = [orderOf(one.effort ?? ""), orderOf(other.effort ?? "")];
  return a === b ? 0 : a - b;
}
