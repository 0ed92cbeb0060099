/** One task set at a time: a score on one says nothing of another. Pure. */
import type { ModelRow } from "../api/client.ts";

/** The order of the tabs, which no landing changes: what is looked at first comes first. */
const ORDER: readonly string[] = [
  "ARC2-Eval",
  "ARC1-Eval",
  "ARC2-Semi-Private",
  "ARC1-Semi-Private",
  "ARC2-Private",
  "ARC1-Private",
  "ARC2",
  "ARC1",
];

export interface TaskSet {
  source: string;
  /** How many submissions answer it. */
  submissions: number;
}

export function taskSetsOf(rows: readonly ModelRow[]): TaskSet[] {
  const place = (source: string) => (ORDER.includes(source) ? ORDER.indexOf(source) : ORDER.length);
  return [...Map.groupBy(rows, ({ source }) => source)]
    .map(([source, { length }]) => ({ source, submissions: length }))
    .sort((one, other) => place(one.source) - place(other.source) || one.source.localeCompare(other.source));
}

/** The task set that an address means: the one it names, its dataset's, or the first. */
export function taskSetIn(params: URLSearchParams, rows: readonly ModelRow[]): string | undefined {
  const named = params.get("set");
  if (named) return named;
  const dataset = params.get("dataset");
  const of = dataset ? rows.find((row) => row.dataset === dataset) : undefined;
  return of?.source ?? taskSetsOf(rows)[0]?.source;
}
