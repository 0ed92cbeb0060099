/** By what submissions are told apart: what the API knows of their models. What it does not know is unknown. */
import type { ModelRow } from "../api/client.ts";
import { short } from "./clip.ts";
import { kindOfModel } from "./names.ts";

// A list of choices is as wide as the longest of them.
const LABEL = 32;

export const FACETS = {
  provider: { name: "Provider", any: "All providers" },
  family: { name: "Family", any: "All families" },
  kind: { name: "Kind", any: "All kinds" },
} as const;

export type Facet = keyof typeof FACETS;

export const UNKNOWN = "unknown";
/** All families of which there is one submission only: by themselves they would fill a list, and filter nothing. */
export const OTHER = "other";

/** The word of one row, as the address has it. */
export function facetOf(row: ModelRow, facet: Facet): string {
  return row[facet] ?? UNKNOWN;
}

/** The families of one. */
function loners(rows: readonly ModelRow[]): Set<string> {
  const families = Map.groupBy(rows, (row) => facetOf(row, "family"));
  return new Set(
    [...families].filter(([word, { length }]) => length === 1 && word !== UNKNOWN).map(([word]) => word),
  );
}

/** Rows that have every word chosen; an empty one chooses nothing. */
export function chosen(rows: readonly ModelRow[], words: Readonly<Record<Facet, string>>): ModelRow[] {
  const alone = loners(rows);
  const fits = (word: string, facet: Facet, asked: string) =>
    word === asked || (facet === "family" && asked === OTHER && alone.has(word));
  return rows.filter((row) =>
    facets.every((facet) => !words[facet] || fits(facetOf(row, facet), facet, words[facet])),
  );
}

/** The words that occur, each with how often; families of one together, and what is unknown, come last. */
export function choices(rows: readonly ModelRow[], facet: Facet): [word: string, label: string][] {
  const last = (word: string) => [OTHER, UNKNOWN].indexOf(word);
  const alone = facet === "family" ? loners(rows) : new Set();
  const wordOf = (row: ModelRow) => (alone.has(facetOf(row, facet)) ? OTHER : facetOf(row, facet));
  return [...Map.groupBy(rows, wordOf)]
    .sort(([one], [other]) => last(one) - last(other) || one.localeCompare(other))
    .map(([word, { length }]) => [word, `${labelOf(word, facet)} (${length})`]);
}

function labelOf(word: string, facet: Facet): string {
  if (facet === "kind") return kindOfModel(word);
  return facet === "family" && word === OTHER ? "Other" : short(word, LABEL);
}

export const facets = Object.keys(FACETS) as Facet[];

/** What is known of a model, in a line; empty where nothing is. */
export function known({ provider, family, effort, releaseDate, kind }: ModelRow): string {
  const said = [
    kind && kind !== "model" ? kindOfModel(kind) : null,
    provider && short(provider, LABEL),
    family && short(family, LABEL),
    effort && `effort ${short(effort, LABEL)}`,
    releaseDate && `released ${releaseDate}`,
  ];
  return said.filter(Boolean).join(" · ");
}
