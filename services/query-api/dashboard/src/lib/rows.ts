/** Finds one's way among submissions. Pure. */
import type { ModelRow } from "../api/client.ts";
import { NAME, short } from "./clip.ts";
import { setName } from "./names.ts";

export const keyOf = (row: { dataset: string; model: string }): string => `${row.dataset}/${row.model}`;

/** When the version was ingested that is known of a submission, by the list or by its own answer. */
export const versionOf = (row: { ingestedAt: string }, detail: { ingestedAt: string } | undefined): string =>
  detail && detail.ingestedAt > row.ingestedAt ? detail.ingestedAt : row.ingestedAt;

/** Where a model is looked at closely. */
export function modelHref(dataset: string, model: string): string {
  return `/?${new URLSearchParams({ dataset, model })}`;
}

export function find(rows: readonly ModelRow[], key: string | null): ModelRow | undefined {
  return key === null ? undefined : rows.find((row) => keyOf(row) === key);
}

/** For each dataset the submission of a model, or where there is none, the best one. */
export function onDataset(rows: readonly ModelRow[], model: string | null): Map<string, ModelRow> {
  const found = new Map<string, ModelRow>();
  for (const row of rows.toSorted((one, other) => other.score - one.score)) {
    if (!found.has(row.dataset) || row.model === model) found.set(row.dataset, row);
  }
  return new Map([...found].sort(([one], [other]) => one.localeCompare(other)));
}

/** The ranks that a model may have within its task set; its rank by score where they are not known, or no other is. */
export function ranks({ rank, rankRange }: ModelRow): string {
  if (!rankRange || rankRange.best === rankRange.worst) return rank === null ? "–" : String(rank);
  return `${rankRange.best}–${rankRange.worst}`;
}

/** How many models of a task set have a rank. */
export function ranked(rows: readonly ModelRow[], source: string): number {
  return rows.filter((each) => each.source === source && each.rank !== null).length;
}

/** Whether anything in a submission could be used: an answer to a task, right or wrong. */
export const isUsable = (row: ModelRow): boolean => row.tasksSubmitted > 0 && row.attempts.length > 0;

/** The submission that landed last, of those in which something could be used. */
export function newestOf(rows: readonly ModelRow[]): ModelRow | undefined {
  return rows
    .filter(isUsable)
    .reduce<ModelRow | undefined>((a, b) => (a && a.landedAt >= b.landedAt ? a : b), undefined);
}

/** Those whose name or folder holds every word. */
export function named(rows: readonly ModelRow[], text: string): ModelRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ displayName, model }) => {
    const name = `${displayName} ${model}`.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

/** The submission that an address means; where it names no dataset, the one of that name that landed last. */
export function asked(
  rows: readonly ModelRow[],
  dataset: string | null,
  model: string,
): ModelRow | undefined {
  const holders = rows.filter((row) => row.model === model);
  if (dataset === null) return newestOf(holders) ?? holders[0];
  // Letter case tells no datasets apart on the Hub.
  const alike = dataset.toLowerCase();
  return (
    holders.find((row) => row.dataset === dataset) ??
    holders.find((row) => row.dataset.toLowerCase() === alike)
  );
}

/** Two submissions under names that tell them apart: with their datasets or folders, where they are called alike. */
export function apart(one: ModelRow, other: ModelRow): [ModelRow, ModelRow] {
  if (one.displayName !== other.displayName) return [one, other];
  const by = one.dataset === other.dataset ? "model" : "dataset";
  const called = (row: ModelRow) => ({ ...row, displayName: `${row.displayName} (${row[by]})` });
  return [called(one), called(other)];
}

/** The datasets whose task set another one answers, too. */
export function sharing(rows: readonly ModelRow[]): Set<string> {
  const sources = [...new Map(rows.map(({ dataset, source }) => [dataset, source]))];
  const alike = Map.groupBy(sources, ([, source]) => source);
  return new Set(
    [...alike.values()]
      .filter(({ length }) => length > 1)
      .flatMap((each) => each.map(([dataset]) => dataset)),
  );
}

/** Each dataset's name for people: its task set's, and its own too where several answer the same set. */
export function datasetNames(rows: readonly ModelRow[]): Map<string, string> {
  const shared = sharing(rows);
  const sources = new Map(rows.map(({ dataset, source }) => [dataset, source]));
  return new Map(
    [...sources].sort().map(([dataset, source]) => {
      const own = shared.has(dataset) ? ` · ${short(dataset, NAME)}` : "";
      return [dataset, setName(source) + own];
    }),
  );
}
