/** What the command palette offers: pages, models and actions. Pure: a pick is told by its value. */
import type { ModelRow } from "../api/client.ts";
import { percent } from "../lib/format.ts";
import { datasetNames, keyOf } from "../lib/rows.ts";
import type { Group, Option } from "../ui/options.ts";
import { PAGES } from "./pages.ts";

export const ACTIONS = {
  copy: "Copy a link to this view",
  light: "Theme: light",
  dark: "Theme: dark",
  system: "Theme: as the system",
  clock: "Times: UTC or my own clock",
  docs: "Open the API's documentation",
  feed: "Open the feed of new models",
} as const;

export type Action = keyof typeof ACTIONS;

/** What was picked. */
export type Pick = { page: string } | { model: string } | { action: Action };

const PAGE = "page:";
const MODEL = "model:";

/** The best first, as nobody has typed anything yet. */
export function groupsOf(rows: readonly ModelRow[]): Group[] {
  const names = datasetNames(rows);
  const models = rows
    .toSorted((one, other) => other.score - one.score)
    .map((row): Option => ({
      value: MODEL + keyOf(row),
      label: row.displayName,
      note: `${names.get(row.dataset) ?? ""} · ${percent(row.score)}`,
    }));
  const groups: Group[] = [
    {
      label: "Pages",
      options: PAGES.map(({ path, name, about }) => ({ value: PAGE + path, label: name, note: about })),
    },
    // Before the models: of these there may be more than a list shows.
    { label: "Actions", options: Object.entries(ACTIONS).map(([value, label]) => ({ value, label })) },
    { label: "Models", options: models },
  ];
  return groups.filter(({ options }) => options.length > 0);
}

export function pickOf(value: string): Pick {
  if (value.startsWith(PAGE)) return { page: value.slice(PAGE.length) };
  if (value.startsWith(MODEL)) return { model: value.slice(MODEL.length) };
  return { action: value as Action };
}
