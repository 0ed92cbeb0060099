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

/** Those that nothing as cheap beats, cheapest first, for each task set: scores of two sets are not compared. */
export function frontiers(spots: readonly Spot[]): Map<string, Spot[]> {
  const sets = Map.groupBy(spots, (spot) => spot.row.source);
  return new Map([...sets].map(([source, members]) => [source, frontier(members)]));
}

function frontier(spots: readonly Spot[]): Spot[] {
  const best: Spot[] = [];
  for (const spot of spots.toSorted(
    (one, other) => one.cost - other.cost || other.row.score - one.row.score,
  )) {
    if (spot.row.score > (best.at(-1)?.row.score ?? -1)) best.push(spot);
  }
  return best;
}

/** The axis around some costs: with air on both sides, and a power of ten at least once in it. */
export function extent(costs: readonly number[]): [number, number] {
  const low = Math.min(...costs) / 1.8;
  const high = Math.max(...costs) * 2.5;
  const power = 10 ** Math.ceil(Math.log10(low));
  return power <= high ? [low, high] : [low, power];
}

const FEW = 3;

/** Leaves out marks that would stand closer than their labels are wide. */
export function apart(marks: readonly number[], x: (mark: number) => number, width: number): number[] {
  const kept: number[] = [];
  for (const mark of marks) {
    const last = kept.at(-1);
    if (last === undefined || x(mark) - x(last) >= width) kept.push(mark);
  }
  return kept;
}

/** A name of so many characters at most: its end tells as much as its beginning ("thinking high"). */
export function short(name: string, most: number): string {
  if (name.length <= most) return name;
  const head = Math.ceil((most - 1) / 2);
  return `${name.slice(0, head).trimEnd()}…${name.slice(head + 1 - most).trimStart()}`;
}

/** Where an axis is marked: at the powers of ten, and at their double and fivefold where these are few. */
export function ticks([low, high]: [number, number]): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const powers = Array.from({ length: last - first + 1 }, (_, place) => 10 ** (first + place));
  const within = (values: number[]) =>
    values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  return within(powers).length >= FEW
    ? within(powers)
    : within(powers.flatMap((each) => [each, 2 * each, 5 * each]));
}
