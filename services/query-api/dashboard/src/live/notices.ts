/** What the bar at the page's foot says, and which failures nobody has seen yet. Pure. */
import type { ModelRow, Run, Schemas } from "../api/client.ts";
import { find } from "../lib/rows.ts";

export interface Notice {
  id: number;
  kind: "good" | "bad" | "plain";
  title: string;
  text?: string;
  href?: string;
  /** How many others it stands for: they came while one was shown. */
  more: number;
  /** The failure that it tells of: who dismisses it has seen that. */
  failure?: string;
}

export type News = Omit<Notice, "id" | "more">;

/** One notice at a time: a new one takes the place of the last, and counts it. */
export function summed(shown: Notice | null, news: News, id: number): Notice {
  return { ...news, id, more: shown ? shown.more + 1 : 0 };
}

/** An ingestion that failed for good. */
export interface Failure {
  key: string;
  model: string;
  dataset: string;
  reason: string;
  at: string;
  run: number | null;
}

const keyOfRun = (run: number) => `run-${run}`;

export function failureOf(event: Schemas["FailedEvent"]): Failure {
  return {
    key: event.runId === null ? `${event.failedAt} ${event.model}` : keyOfRun(event.runId),
    model: event.model ?? "An ingestion",
    dataset: event.dataset ?? "",
    reason: event.reason,
    at: event.failedAt,
    run: event.runId,
  };
}

function failureOfRun(run: Run): Failure {
  return {
    key: keyOfRun(run.id),
    model: run.datasetName,
    dataset: run.dataset ?? "",
    reason: run.errorLog ?? "",
    at: run.completedAt ?? run.startedAt,
    run: run.id,
  };
}

/** Older ones are history: who comes here for the first time is not told of them. */
const FRESH_MS = 7 * 86_400_000;

interface Known {
  /** Failed runs, of the history. */
  runs: readonly Run[];
  /** Failures that were told live: the history has none for an event that no run was made of. */
  told: readonly Failure[];
  seen: readonly string[];
  models: readonly ModelRow[];
}

/** The failures of these days that nobody dismissed in this browser, and that no later ingestion made good. */
export function unseen({ runs, told, seen, models }: Known, now: number): Failure[] {
  const all = [...runs.filter(({ dryRun }) => !dryRun).map(failureOfRun), ...told];
  const apart = new Map(all.toReversed().map((each) => [each.key, each]));
  return [...apart.values()]
    .filter(({ key, at, dataset, model }) => {
      if (seen.includes(key) || now - Date.parse(at) > FRESH_MS) return false;
      const row = find(models, `${dataset}/${model}`);
      return !row || Date.parse(row.ingestedAt) < Date.parse(at);
    })
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}
