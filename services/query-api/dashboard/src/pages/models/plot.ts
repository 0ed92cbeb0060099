/** The scatter plot's scales, and which names it shows where. Pure. */
import { type ScaleLinear, type ScaleLogarithmic, scaleLinear, scaleLog } from "d3-scale";

import { type Label, placeLabels } from "../../lib/labels.ts";
import { extent, short, type Spot } from "./scatter.ts";

// Geist at 12 px is 6.4 px wide on average; a little more keeps names apart.
export const CHARACTER = 6.7;
const NARROW = 560;

export interface Plot {
  x: ScaleLogarithmic<number, number>;
  y: ScaleLinear<number, number>;
  costs: [number, number];
  left: number;
  right: number;
  top: number;
  bottom: number;
  width: number;
  height: number;
}

export function plotOf(spots: readonly Spot[], width: number): Plot {
  const height = width < NARROW ? 340 : 460;
  const frame = { left: 52, right: width - 24, top: 16, bottom: height - 44 };
  const costs = extent(spots.map(({ cost }) => cost));
  const best = Math.max(...spots.map(({ row }) => row.score), 0.005);
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

export function labelsOf(spots: readonly Spot[], plot: Plot, latest: string): Label[] {
  const points = spots.map((spot) => ({
    key: spot.key,
    x: plot.x(spot.cost),
    y: plot.y(spot.row.score),
    width: nameOf(spot, plot.width).length * CHARACTER,
    ...(spot.key === latest ? { gap: 14 } : {}),
  }));
  return placeLabels(points, { width: plot.width, height: plot.bottom });
}
