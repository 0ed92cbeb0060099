/** By what submissions are told apart: what the API knows of their models. What it does not know is unknown. */
import type { ModelRow } from "../api/client.ts";
import { kindOfModel } from "./names.ts";

export const FACETS = {
  provider: { name: "Provider", any: "All providers" },
  family: { name: "Family", any: "All families" },
  kind: { name: "Kind", any: "All kinds" },
} as const;

export type Facet = keyof typeof FACETS;

export const UNKNOWN = "unknown";

/** The word of one row, as the address has it. */
export function facetOf(row: ModelRow, facet: Facet): string {
  return row[facet] ?? UNKNOWN;
}

/** Rows that have every word chosen; an empty one chooses nothing. */
export function chosen(rows: readonly ModelRow[], words: Readonly<Record<Facet, string>>): ModelRow[] {
  return rows.filter((row) => facets.every((facet) => !words[facet] || facetOf(row, facet) === words[facet]));
}

/** The words that occur, each with how often; what is unknown comes last. */
export function choices(rows: readonly ModelRow[], facet: Facet): [word: string, label: string][] {
  const last = (word: string) => (word === UNKNOWN ? 1 : 0);
  return [...Map.groupBy(rows, (row) => facetOf(row, facet))]
    .sort(([one], [other]) => last(one) - last(other) || one.localeCompare(other))
    .map(([word, members]) => [word, `${facet === "kind" ? kindOfModel(word) : word} (${members.length})`]);
}

export const facets = Object.keys(FACETS) as Facet[];

/** What is known of a model, in a line; empty where nothing is. */
export function known({ provider, family, effort, releaseDate, kind }: ModelRow): string {
  const said = [
    kind && kind !== "model" ? kindOfModel(kind) : null,
    provider,
    family,
    effort && `effort ${effort}`,
    releaseDate && `released ${releaseDate}`,
  ];
  return said.filter(Boolean).join(" · ");
}
