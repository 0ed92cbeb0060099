/** Where the scatter plot puts its points, and which of their names. Pure. */
import { type ScaleLinear, type ScaleLogarithmic, scaleLinear, scaleLog } from "d3-scale";

import type { ModelRow } from "../../api/client.ts";
import { short } from "../../lib/clip.ts";
import { laddersOf } from "../../lib/efforts.ts";
import { type Box, type Label, placeLabels } from "../../lib/labels.ts";
import { keyOf } from "../../lib/rows.ts";
import { costPerTask, isCovered, isReference } from "../../lib/standing.ts";
import { widthOf } from "../../lib/textWidth.ts";

export interface Spot {
  key: string;
  row: ModelRow;
  cost: number;
}

/** The submissions that tell what they cost; a logarithm has no place for zero. */
export function spotsOf(rows: readonly ModelRow[]): Spot[] {
  return rows.flatMap((row) => {
    const cost = costPerTask(row);
    return cost ? [{ key: keyOf(row), row, cost }] : [];
  });
}

/** Those that nothing as cheap beats, cheapest first, for each task set: scores of two sets are not compared.

What leaves tasks out did not pay for them, and a person's price is of another kind: neither makes a frontier.
*/
export function frontiers(spots: readonly Spot[]): Map<string, Spot[]> {
  const rivals = spots.filter(({ row }) => isCovered(row) && !isReference(row));
  const sets = Map.groupBy(rivals, (spot) => spot.row.source);
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

const NARROW = 560;

/** Scores from the bottom to the top, within the frame of the axes. */
export interface Frame {
  y: ScaleLinear<number, number>;
  left: number;
  right: number;
  top: number;
  bottom: number;
  width: number;
  height: number;
}

export interface Plot extends Frame {
  x: ScaleLogarithmic<number, number>;
  costs: [number, number];
}

export function plotOf(spots: readonly Spot[], references: readonly ModelRow[], width: number): Plot {
  const height = width < NARROW ? 340 : 460;
  const frame = { left: 52, right: width - 24, top: 16, bottom: height - 44 };
  const costs = extent(spots.map(({ cost }) => cost));
  const scores = [...spots.map(({ row }) => row), ...references].map(({ score }) => score);
  const best = Math.max(...scores, 0.005);
  return {
    x: scaleLog(costs, [frame.left, frame.right]),
    y: scaleLinear([0, best], [frame.bottom, frame.top]).nice(5),
    costs,
    width,
    height,
    ...frame,
  };
}

/** A point's name as it is written beside it. */
export function nameOf(spot: Spot, width: number): string {
  return short(spot.row.displayName, width < NARROW ? 20 : 40);
}

/** The latest and the best first: where there is no room for all names, theirs are shown. */
export function ranked(spots: readonly Spot[], best: ReadonlySet<Spot>, latest: string): Spot[] {
  const order = (spot: Spot) => (spot.key === latest ? 0 : best.has(spot) ? 1 : 2);
  return spots.toSorted((one, other) => order(one) - order(other) || other.row.score - one.row.score);
}

const LINE = 18;

/** Where the names of lines stand: at the left, above their lines. */
function namesOf(references: readonly ModelRow[], plot: Plot): Box[] {
  return references.map(({ displayName, score }) => {
    const [left, bottom] = [plot.left + 8, plot.y(score)];
    return { left, right: left + widthOf(`${displayName} 100.0%`), top: bottom - LINE, bottom };
  });
}

function labelsOf(
  spots: readonly Spot[],
  references: readonly ModelRow[],
  plot: Plot,
  latest: string,
): Label[] {
  const points = spots.map((spot) => ({
    key: spot.key,
    x: plot.x(spot.cost),
    y: plot.y(spot.row.score),
    width: widthOf(nameOf(spot, plot.width)),
    ...(spot.key === latest ? { gap: 14 } : {}),
  }));
  const frame = { left: plot.left, width: plot.width, height: plot.bottom };
  return placeLabels(points, frame, namesOf(references, plot));
}

/** All that is drawn of some submissions, in the frame of all; the latest is told by its key. */
export function chartOf(
  rows: readonly ModelRow[],
  width: number,
  latest: string,
  all: readonly ModelRow[] = rows,
) {
  const { references = [], rivals = [] } = Object.groupBy(rows, (row) =>
    isReference(row) ? "references" : "rivals",
  );
  const spots = spotsOf(rivals);
  const lines = frontiers(spots);
  const best = new Set([...lines.values()].flat());
  const plot = plotOf(spotsOf(all.filter((row) => !isReference(row))), all.filter(isReference), width);
  const order = ranked(spots, best, latest);
  const byCost = spots.toSorted((a, b) => a.cost - b.cost || a.key.localeCompare(b.key));
  return {
    references,
    byKey: new Map(spots.map((spot) => [spot.key, spot])),
    untold: rivals.length - spots.length,
    lines,
    best,
    ladders: laddersOf(spots),
    plot,
    /** Names go to the first while there is room. */
    order,
    labels: labelsOf(order, references, plot, latest),
    /** The way of the arrow keys. */
    keys: [...byCost.map(({ key }) => key), ...references.map(keyOf)],
  };
}
