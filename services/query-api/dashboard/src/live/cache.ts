/** What an event changes in the cached answers. Pure: old answer in, new answer out. */
import type { ModelRow, Schemas } from "../api/client.ts";
import { find, keyOf } from "../lib/rows.ts";

type Models = Schemas["ModelsAnswer"];
type Progress = Schemas["ProgressEvent"];

export interface Running extends Progress {
  startedAt: number;
  seenAt: number;
}

/** An ingestion that said nothing for this long has ended without our hearing of it. */
export const SILENCE_MS = 60_000;

/** Puts the row of an ingested model into the list; an event that came late changes nothing. */
export function withIngested(models: Models | undefined, row: ModelRow): Models | undefined {
  if (!models) return models;
  const known = find(models.data, keyOf(row));
  if (known && known.ingestedAt >= row.ingestedAt) return models;
  const others = models.data.filter((each) => each !== known);
  return { ...models, total: others.length + 1, data: [row, ...others] };
}

/** Marks a folder as ingested: the Hub need not be asked for that. */
export function withFolder(
  folders: Schemas["FolderRow"][] | undefined,
  event: ModelRow,
): Schemas["FolderRow"][] | undefined {
  return folders?.map((row) =>
    row.name === event.model ? { ...row, ingested: true, attemptsFound: event.attempts.length } : row,
  );
}

/** Notes how far a run is; a run that ended leaves, and one that fell silent. */
export function withProgress(running: readonly Running[], event: Progress, now: number): Running[] {
  const known = running.find((each) => each.runId === event.runId);
  const others = running.filter((each) => each.runId !== event.runId && now - each.seenAt < SILENCE_MS);
  if (event.status !== "running") return others;
  const done = Math.max(event.done, known?.done ?? 0);
  return [...others, { ...event, done, startedAt: known?.startedAt ?? now, seenAt: now }].sort(
    (one, other) => one.runId - other.runId,
  );
}

/** Takes a model's runs out: it was ingested, or failed for good. */
export function withoutModel(
  running: readonly Running[],
  event: { dataset: string | null; model: string | null },
): Running[] {
  return running.filter((each) => each.dataset !== event.dataset || each.model !== event.model);
}

/** Takes out what a failure ended: of a dry run itself alone, for the model's real one may go on. */
export function withoutFailed(running: readonly Running[], event: Schemas["FailedEvent"]): Running[] {
  return event.dryRun ? running.filter((each) => each.runId !== event.runId) : withoutModel(running, event);
}
