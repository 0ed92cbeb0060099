/** When which score was first reached, and at which cost: records over time, for each bound of the cost. Pure. */
import { scaleLinear } from "d3-scale";

import type { ModelRow } from "../../../api/client.ts";
import { keyOf } from "../../../lib/rows.ts";
import { costPerTask, isCovered, isReference } from "../../../lib/standing.ts";

/** By which date a submission counts: its model's release, or its commit on the Hub. */
export type Dated = "released" | "published";

export function dateOf(row: ModelRow, by: Dated): string | null {
  return by === "released" ? row.releaseDate : row.publishedAt;
}

export interface Step {
  key: string;
  row: ModelRow;
  at: Date;
}

export interface Line {
  /** US dollars a task at most; null: whatever it cost. */
  bound: number | null;
  steps: Step[];
}

/** Those that may set a record: whole submissions of models and systems. */
export const rivalsOf = (rows: readonly ModelRow[]): ModelRow[] =>
  rows.filter((row) => isCovered(row) && !isReference(row));

/** The date that most of them tell. */
export function usualDate(rows: readonly ModelRow[]): Dated {
  const rivals = rivalsOf(rows);
  const told = (by: Dated) => rivals.filter((row) => dateOf(row, by) !== null).length;
  return told("released") * 2 >= told("published") ? "released" : "published";
}

/** The date that an address means, or else the usual one. */
export function datedIn(params: URLSearchParams, rows: readonly ModelRow[]): Dated {
  const by = params.get("by");
  return by === "released" || by === "published" ? by : usualDate(rows);
}

const MOST_BOUNDS = 3;

/** Records whatever they cost, then for at most three powers of ten; a bound that changes nothing has no line. */
export function recordsOf(rows: readonly ModelRow[], by: Dated): Line[] {
  const steps = rivalsOf(rows)
    .flatMap((row): Step[] => {
      const date = dateOf(row, by);
      return date === null ? [] : [{ key: keyOf(row), row, at: new Date(date) }];
    })
    .toSorted((one, other) => Number(one.at) - Number(other.at) || other.row.score - one.row.score);
  const lines: Line[] = [{ bound: null, steps: rising(steps) }];
  for (const bound of boundsOf(steps)) {
    const found = rising(steps.filter(({ row }) => (costPerTask(row) ?? Infinity) <= bound));
    const above = lines.at(-1)?.steps ?? [];
    const differs =
      found.length !== above.length || found.some(({ key }, place) => key !== above[place]?.key);
    if (differs && found.length > 0 && lines.length <= MOST_BOUNDS) lines.push({ bound, steps: found });
  }
  return lines.filter((line) => line.steps.length > 0);
}

function rising(steps: readonly Step[]): Step[] {
  const records: Step[] = [];
  for (const step of steps) {
    if (step.row.score > (records.at(-1)?.row.score ?? 0)) records.push(step);
  }
  return records;
}

/** The powers of ten between the costs, the dearest first. */
function boundsOf(steps: readonly Step[]): number[] {
  const costs = steps.map(({ row }) => costPerTask(row) ?? 0).filter((cost) => cost > 0);
  if (!costs.length) return [];
  const first = Math.ceil(Math.log10(Math.max(...costs))) - 1;
  const last = Math.floor(Math.log10(Math.min(...costs)));
  return Array.from({ length: Math.max(0, first - last + 1) }, (_, place) => 10 ** (first - place));
}

/** The first that reached a score on a line. */
export function firstAt({ steps }: Line, score: number): Step | undefined {
  return steps.find(({ row }) => row.score >= score);
}

/** A submission that set a record, with the bounds below which it did. */
export type Holder = Step & { bounds: (number | null)[] };

/** Those that set a record, in the order of their dates. */
export function holdersOf(lines: readonly Line[]): Holder[] {
  const holders = Map.groupBy(
    lines.flatMap(({ bound, steps }) => steps.map((step) => ({ bound, step }))),
    ({ step }) => step.key,
  );
  return [...holders.values()]
    .flatMap((each) => (each[0] ? [{ ...each[0].step, bounds: each.map(({ bound }) => bound) }] : []))
    .toSorted((one, other) => Number(one.at) - Number(other.at) || one.row.score - other.row.score);
}

/** Round scores up to the best one, from the lowest. */
export function milestonesOf(lines: readonly Line[]): number[] {
  const best = Math.max(0, ...lines.map(({ steps }) => steps.at(-1)?.row.score ?? 0));
  return scaleLinear([0, best], [0, 1])
    .ticks(8)
    .filter((score) => score > 0);
}

/** What a line is called. */
export function boundName(bound: number | null): string {
  if (bound === null) return "any cost";
  const digits = bound < 1 ? Math.max(2, Math.ceil(-Math.log10(bound))) : 0;
  return `≤ $${bound.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
