/** Where the scatter plot puts its points. Pure. */
import type { ModelRow } from "../../api/client.ts";
import { share } from "../../lib/format.ts";

export interface Spot {
  key: string;
  row: ModelRow;
  cost: number;
}

/** The submissions that tell what they cost; a logarithm has no place for zero. */
export function spotsOf(rows: readonly ModelRow[]): Spot[] {
  return rows.flatMap((row) => {
    const cost = share(row.totalCost, row.tasksSubmitted);
    return cost ? [{ key: `${row.dataset}/${row.model}`, row, cost }] : [];
  });
}

/** Those that nothing as cheap beats, cheapest first. */
export function frontier(spots: readonly Spot[]): Spot[] {
  const best: Spot[] = [];
  for (const spot of spots.toSorted((one, other) => one.cost - other.cost || other.row.score - one.row.score)) {
    if (spot.row.score > (best.at(-1)?.row.score ?? -1)) best.push(spot);
  }
  return best;
}

/** The powers of ten around some costs, one decade at least. */
export function decades(costs: readonly number[]): [number, number] {
  const low = Math.floor(Math.log10(Math.min(...costs)));
  const high = Math.ceil(Math.log10(Math.max(...costs)));
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}
