/** Where the steps of records are drawn, and which of their names. Pure. */
import { type ScaleTime, scaleLinear, scaleUtc } from "d3-scale";

import { short } from "../../../lib/clip.ts";
import { percent } from "../../../lib/format.ts";
import { type Label, placeLabels } from "../../../lib/labels.ts";
import { widthOf } from "../../../lib/textWidth.ts";
import { boundName, type Holder, type Line } from "./records.ts";
import type { Frame } from "../scatter.ts";

const DAY = 24 * 3_600_000;
const DASHES = ["", "8 4", "4 4", "1 4"];

export interface RecordsPlot extends Frame {
  x: ScaleTime<number, number>;
}

const NARROW = 560;

export function plotOf(lines: readonly Line[], width: number): RecordsPlot {
  const narrow = width < NARROW;
  const frame = { left: 52, right: width - (narrow ? 66 : 120), top: 16, bottom: narrow ? 232 : 292 };
  const times = lines.flatMap(({ steps }) => steps.map(({ at }) => Number(at)));
  const last = Math.max(...times);
  const first = Math.min(...times, last - DAY);
  const best = Math.max(...lines.map(({ steps }) => steps.at(-1)?.row.score ?? 0));
  return {
    x: scaleUtc([new Date(first), new Date(last)], [frame.left + 8, frame.right - 8]),
    y: scaleLinear([0, best], [frame.bottom, frame.top]).nice(5),
    width,
    height: frame.bottom + 30,
    ...frame,
  };
}

export interface Ending {
  bound: number | null;
  dash: string;
  y: number;
  /** Where its words stand, so that none covers others. */
  text: number;
  score: number;
}

const LINE = 16;

/** Where the lines end, from the highest to the lowest. */
export function endingsOf(lines: readonly Line[], plot: RecordsPlot): Ending[] {
  let last = -Infinity;
  return lines.map(({ bound, steps }, place) => {
    const score = steps.at(-1)?.row.score ?? 0;
    const y = plot.y(score);
    last = Math.max(y, last + LINE);
    return { bound, dash: DASHES[place] ?? "", y, text: last, score };
  });
}

export function endingText({ bound, score }: Ending, width: number): string {
  return width < NARROW ? boundName(bound) : `${boundName(bound)} ${percent(score)}`;
}

/** Names of those who hold records, the highest first. */
export function namesOf(holders: readonly Holder[], plot: RecordsPlot): (Label & { text: string })[] {
  const points = holders
    .toSorted((one, other) => other.row.score - one.row.score)
    .map(({ key, row, at }) => {
      const text = short(row.displayName, plot.width < NARROW ? 18 : 32);
      return { key, text, x: plot.x(at), y: plot.y(row.score), width: widthOf(text) };
    });
  const texts = new Map(points.map(({ key, text }) => [key, text]));
  const frame = { left: plot.left, width: plot.right, height: plot.bottom };
  return placeLabels(points, frame).map((label) => ({ ...label, text: texts.get(label.key) ?? "" }));
}
