/** The pages, and what their addresses may say. Pure. */
import type { ModelRow } from "../api/client.ts";
import { facetOf, FACETS, type Facet, OTHER } from "../lib/facets.ts";

/** Whether a value says something on a page, given the submissions, of which there are none before they are loaded. */
type Check = (value: string, rows: readonly ModelRow[]) => boolean;

export interface Page {
  path: string;
  name: string;
  /** What is there, for who looks for it. */
  about: string;
  says: Readonly<Record<string, Check>>;
}

const anything: Check = () => true;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value);
const numbered: Check = (value) => /^[1-9]\d{0,9}$/.test(value);
const facet =
  (name: Facet): Check =>
  (value, rows) =>
    !rows.length ||
    (name === "family" && value === OTHER) ||
    rows.some((row) => facetOf(row, name) === value);
const dataset: Check = (value, rows) => !rows.length || rows.some((row) => row.dataset === value);

export const PAGES: readonly Page[] = [
  {
    path: "/",
    name: "Overview",
    about: "The latest model, or any other",
    says: {
      dataset: anything,
      model: anything,
      compare: anything,
      task: anything,
      from: anything,
      of: numbered,
      order: oneOf("reversed"),
      show: oneOf("correct", "partial", "incorrect", "missing"),
      duel: oneOf("both", "first", "second", "neither"),
    },
  },
  {
    path: "/models",
    name: "Leaderboard",
    about: "Scores and costs",
    says: {
      q: anything,
      dataset,
      ...(Object.fromEntries(Object.keys(FACETS).map((name) => [name, facet(name as Facet)])) as Record<
        Facet,
        Check
      >),
      set: (value, rows) => !rows.length || rows.some(({ source }) => source === value),
      by: oneOf("released", "published"),
      until: (value) => /^\d{4}-\d\d-\d\d$/.test(value),
      sort: anything,
      order: oneOf("reversed"),
    },
  },
  {
    path: "/tasks",
    name: "Tasks",
    about: "Who solves what",
    says: {
      set: anything,
      q: anything,
      solved: oneOf("none", "one", "some", "all"),
      sort: anything,
      order: oneOf("reversed"),
      result: oneOf("solved", "partial", "unsolved", "not_attempted"),
      pair: numbered,
      page: numbered,
    },
  },
  {
    path: "/ingestion",
    name: "Ingestion",
    about: "Schedule and runs",
    says: {
      folders: anything,
      state: oneOf("new", "changed", "ingested", "empty"),
      find: anything,
      q: anything,
      status: oneOf("running", "completed", "partial", "failed", "skipped"),
      auto: oneOf("true", "false"),
      dataset: anything,
      sort: anything,
      order: oneOf("asc", "desc"),
      page: numbered,
      run: numbered,
    },
  },
  {
    path: "/operations",
    name: "Operations",
    about: "Pauses, dead letters, audit log",
    says: {
      q: anything,
      kind: anything,
      service: oneOf("ingester", "watcher"),
      dataset: anything,
      older: numbered,
      page: numbered,
    },
  },
];

/** The page of a path, also of what lies below it. */
export function pageAt(path: string): Page | undefined {
  const first = `/${path.split("/")[1] ?? ""}`;
  return PAGES.find((page) => page.path === first);
}

/** What an address says that nothing on its page reads: names that are unknown, and values that fit nothing. */
export function unknownIn(
  page: Page | undefined,
  params: URLSearchParams,
  rows: readonly ModelRow[],
): [name: string, value: string][] {
  if (!page) return [];
  return [...params].filter(([name, value]) => {
    const fits = Object.hasOwn(page.says, name) ? page.says[name] : undefined;
    return !fits || (value !== "" && !fits(value, rows));
  });
}
