/** What an event changes in the cached answers. Pure: old answer in, new answer out. */
import type { LatestModel, ModelRow, Schemas } from "../api/client.ts";
import type { Failed, Ingested, Progress } from "./events.ts";

export interface Running extends Progress {
  startedAt: number;
  seenAt: number;
}

type Models = Schemas["ModelsAnswer"];
type Latest = Schemas["LatestAnswer"];

/** An ingestion that said nothing for this long has ended without our hearing of it. */
export const SILENCE_MS = 60_000;

function sameModel(
  row: { dataset: string; model: string },
  event: { dataset: string; model: string },
): boolean {
  return row.dataset === event.dataset && row.model === event.model;
}

/** The row that an event tells of; what it does not tell is unknown until the next answer. */
function rowOf(event: Ingested): ModelRow {
  return {
    dataset: event.dataset,
    model: event.model,
    displayName: event.display_name,
    source: event.source,
    status: event.failed ? "partial" : "completed",
    score: event.score,
    scoreSubmitted: event.score_submitted,
    tasksTotal: event.tasks_total,
    tasksSubmitted: event.tasks_submitted,
    tasksSolved: null,
    pairsTotal: null,
    pairsSolved: null,
    attempts: event.attempts.map((modelName) => ({ modelName, accuracyPercent: null })),
    totalCost: event.cost,
    totalTokens: null,
    publishedAt: event.published_at,
    ingestedAt: event.ingested_at,
    revision: event.revision,
    treeOid: event.tree_oid,
    errors: event.failed,
  };
}

/** Puts an ingested model into the list; an event that came late changes nothing. */
export function withIngested(models: Models | undefined, event: Ingested): Models | undefined {
  if (!models) return models;
  const known = models.data.find((row) => sameModel(row, event));
  if (known && known.ingestedAt >= event.ingested_at) return models;
  const others = models.data.filter((row) => !sameModel(row, event));
  return { ...models, total: others.length + 1, data: [rowOf(event), ...others] };
}

/** Makes an ingested model the latest one, unless a later one is known. */
export function withLatest(latest: Latest | undefined, event: Ingested): Latest | undefined {
  if (!latest || (latest.data && latest.data.ingestedAt >= event.ingested_at)) return latest;
  const data: LatestModel = {
    modelName: event.attempts[0] ?? `${event.model}-attempt1`,
    model: event.model,
    dataset: event.dataset,
    source: event.source,
    displayName: event.display_name,
    displayLabel: `Latest: ${event.display_name} (today)`,
    ingestedAt: event.ingested_at,
    publishedAt: event.published_at,
    daysAgo: 0,
    score: event.score,
    scoreSubmitted: event.score_submitted,
    tasksTotal: event.tasks_total,
    tasksSubmitted: event.tasks_submitted,
    tasksSolved: null,
    status: event.failed ? "partial" : "completed",
  };
  return { ...latest, data };
}

/** Marks a folder as ingested: the Hub need not be asked for that. */
export function withFolder(
  folders: Schemas["FolderRow"][] | undefined,
  event: Ingested,
): Schemas["FolderRow"][] | undefined {
  return folders?.map((row) =>
    row.name === event.model ? { ...row, ingested: true, attemptsFound: event.attempts.length } : row,
  );
}

/** Notes how far a run is; a run that ended leaves, and one that fell silent. */
export function withProgress(running: readonly Running[], event: Progress, now: number): Running[] {
  const known = running.find((each) => each.run_id === event.run_id);
  const others = running.filter((each) => each.run_id !== event.run_id && now - each.seenAt < SILENCE_MS);
  if (event.status !== "running") return others;
  const done = Math.max(event.done, known?.done ?? 0);
  return [...others, { ...event, done, startedAt: known?.startedAt ?? now, seenAt: now }].sort(
    (one, other) => one.run_id - other.run_id,
  );
}

/** Takes a model's runs out: it was ingested, or given up. */
export function withoutModel(
  running: readonly Running[],
  event: { dataset: string | null; model: string | null },
): Running[] {
  return running.filter((each) => each.dataset !== event.dataset || each.model !== event.model);
}

/** Takes out what a failure ended: of a dry run itself alone, for the model's real one may go on. */
export function withoutFailed(running: readonly Running[], event: Failed): Running[] {
  return event.dry_run
    ? running.filter((each) => each.run_id !== event.run_id)
    : withoutModel(running, event);
}
