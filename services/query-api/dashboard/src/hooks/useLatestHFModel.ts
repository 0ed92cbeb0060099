/**
 * The latest model, for any React app that has TanStack Query: this file needs nothing else of ours.
 *
 * const { latest, isPending, error } = useLatestHFModel({ baseUrl: "https://arcwatch.example.org" });
 */
import { useQuery } from "@tanstack/react-query";

export interface LatestHFModel {
  modelName: string;
  model: string;
  dataset: string;
  source: string;
  displayName: string;
  displayLabel: string;
  ingestedAt: string;
  /** When its answers came; it may have been ingested again since, for costs or texts. */
  landedAt: string;
  publishedAt: string | null;
  daysAgo: number;
  score: number;
  scoreSubmitted: number | null;
  /** The 95% intervals of both. */
  scoreInterval: { low: number; high: number } | null;
  scoreSubmittedInterval: { low: number; high: number } | null;
  rank: number | null;
  /** Null also while it is being computed. */
  rankRange: { best: number; worst: number } | null;
  tasksTotal: number;
  tasksSubmitted: number;
  tasksSolved: number | null;
  status: string;
}

export interface LatestHFModelOptions {
  /** Where the query API is; the page's own host by default. */
  baseUrl?: string;
  dataset?: string;
  by?: "ingested" | "published";
  /** How often the server is asked, in milliseconds; events may tell in between. */
  everyMs?: number;
  /** What asks the server; the browser's own fetch by default. */
  fetch?: typeof fetch;
}

interface Answer {
  success: boolean;
  data: LatestHFModel | null;
  stale: boolean;
  asOf: string | null;
}

const FIVE_MINUTES = 300_000;
// A server that hangs must not look like one that has nothing new.
const DEADLINE_MS = 20_000;

export function latestKey({
  baseUrl = "",
  dataset = "",
  by = "ingested",
}: LatestHFModelOptions = {}): string[] {
  return ["latest-model", baseUrl, dataset, by];
}

/** Asks the server once. */
export async function fetchLatest(options: LatestHFModelOptions, signal?: AbortSignal): Promise<Answer> {
  const query = new URLSearchParams();
  if (options.dataset) query.set("dataset", options.dataset);
  if (options.by) query.set("by", options.by);
  const text = query.size ? `?${query}` : "";
  const late = AbortSignal.timeout(DEADLINE_MS);
  const inTime = signal ? AbortSignal.any([signal, late]) : late;
  const { fetch: ask = fetch, baseUrl = "" } = options;
  const response = await ask(`${baseUrl}/api/metrics/latest-model${text}`, { signal: inTime });
  if (!response.ok) throw new Error(await reason(response));
  return (await response.json()) as Answer;
}

/** What the server says is wrong, such as which datasets there are. */
async function reason(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => null)) as { detail?: string } | null;
  return problem?.detail ?? `The server answers ${response.status}.`;
}

/** `latest` is undefined until the first answer, and null while nothing has been ingested. */
export function useLatestHFModel(options: LatestHFModelOptions = {}) {
  const { data, ...rest } = useQuery({
    queryKey: latestKey(options),
    queryFn: ({ signal }) => fetchLatest(options, signal),
    refetchInterval: options.everyMs ?? FIVE_MINUTES,
  });
  return { ...rest, latest: data?.data, stale: data?.stale ?? false, asOf: data?.asOf ?? null };
}
