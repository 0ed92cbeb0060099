/** Every read of the dashboard, with the key under which its answer is kept. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { latestKey } from "../hooks/useLatestHFModel.ts";
import { api, type ModelDetail, unwrap } from "./client.ts";
import { fromFirst } from "./first.ts";
import { useLive } from "../live/store.ts";
import type { paths } from "./schema.ts";

export type TaskAnswersFilter = NonNullable<paths["/api/tasks/{task}"]["get"]["parameters"]["query"]>;
export type HistoryFilter = NonNullable<paths["/api/admin/ingestion-history"]["get"]["parameters"]["query"]>;

const resource =
  <Place extends unknown[]>(name: string) =>
  (...place: Partial<Place>) => [name, ...place];

/** The key of each resource; with less than a whole place, the key that all answers of that place begin with. */
export const keys = {
  models: resource<[]>("models"),
  latest: () => latestKey().slice(0, 1),
  model: resource<[dataset: string, model: string]>("model"),
  comparison: resource<[set: string, key: string, other: string]>("comparison"),
  task: resource<[dataset: string, model: string, task: string]>("task"),
  tasks: resource<[task: string, filter: TaskAnswersFilter]>("tasks"),
  cron: resource<[]>("cron"),
  status: resource<[]>("status"),
  history: resource<[filter: HistoryFilter]>("history"),
  runErrors: resource<[run: number, page: { limit: number; offset: number }]>("run-errors"),
  folders: resource<[dataset: string]>("folders"),
  request: resource<[id: string]>("request"),
  datasets: resource<[]>("datasets"),
  audit: resource<[actor: string, page: number]>("audit"),
  notifications: resource<[]>("notifications"),
  deadLetters: resource<[wish: object, page: number | string]>("dead-letters"),
};

const ENDS: readonly string[] = ["done", "skipped", "failed"];

function owned(dataset: string): { owner: string; name: string } {
  const [owner = "", name = ""] = dataset.split("/");
  return { owner, name };
}

/** Every submission: one answer holds a thousand. */
async function allModels(signal: AbortSignal) {
  const first = await unwrap(api.GET("/api/models", { signal }));
  const data = [...first.data];
  for (let cursor = first.nextCursor; cursor;) {
    const more = await unwrap(api.GET("/api/models", { params: { query: { cursor } }, signal }));
    data.push(...more.data);
    cursor = more.nextCursor;
  }
  return { ...first, data };
}

export const modelsQuery = () =>
  queryOptions({
    queryKey: keys.models(),
    queryFn: ({ signal }) => allModels(signal),
  });

export const modelQuery = (dataset: string, model: string) =>
  queryOptions({
    queryKey: keys.model(dataset, model),
    queryFn: async ({ signal }) => {
      const path = { ...owned(dataset), model };
      const is = (detail: ModelDetail | null | undefined) =>
        detail?.dataset === dataset && detail.model === model;
      return fromFirst(
        ({ data }) => [data.model, data.latestDetail, data.compared?.model].find(is),
        async () =>
          (await unwrap(api.GET("/api/models/{owner}/{name}/{model}", { params: { path }, signal }))).data,
      );
    },
  });

/** Two submissions to one task set, each by its dataset and folder: names alone do not tell them apart. */
export const compareQuery = (set: string, model1: string, model2: string) =>
  queryOptions({
    queryKey: keys.comparison(set, model1, model2),
    queryFn: async ({ signal }) => {
      const query = { dataset: set, model1, model2 };
      return fromFirst(
        ({ data: { compared } }) => {
          const { model1Name, model2Name } = compared?.comparison?.summary ?? {};
          return model1Name === model1 && model2Name === model2 ? compared?.comparison : null;
        },
        async () => (await unwrap(api.GET("/api/metrics/compare", { params: { query }, signal }))).data,
      );
    },
  });

export const taskQuery = (dataset: string, model: string, task: string) =>
  queryOptions({
    queryKey: keys.task(dataset, model, task),
    queryFn: async ({ signal }) => {
      const path = { ...owned(dataset), model, task };
      return (
        await unwrap(api.GET("/api/models/{owner}/{name}/{model}/tasks/{task}", { params: { path }, signal }))
      ).data;
    },
  });

// Of these a reader is told that there is more: nothing moves until it is asked for.
const AS_THEY_ARE = {
  staleTime: Infinity,
  refetchInterval: false,
  refetchOnReconnect: false,
  refetchOnWindowFocus: false,
} as const;
const SOON_MS = 2_000;

/** Every task of every set; asked again while the server still reads, or has nothing to look at. */
export const tasksQuery = () =>
  queryOptions({
    ...AS_THEY_ARE,
    queryKey: keys.tasks(),
    queryFn: ({ signal }) => unwrap(api.GET("/api/tasks", { signal })),
    refetchInterval: ({ state: { data } }) =>
      data && !(data.complete && data.data.length) && !useLive.getState().paused ? SOON_MS : false,
  });

export const taskAnswersQuery = (task: string, query: TaskAnswersFilter) =>
  queryOptions({
    ...AS_THEY_ARE,
    queryKey: keys.tasks(task, query),
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/tasks/{task}", { params: { path: { task }, query }, signal }))).data,
    placeholderData: keepPreviousData,
  });

export const cronQuery = () =>
  queryOptions({
    queryKey: keys.cron(),
    queryFn: ({ signal }) => unwrap(api.GET("/api/admin/cron-status", { signal })),
  });

export const statusQuery = () =>
  queryOptions({
    queryKey: keys.status(),
    queryFn: async ({ signal }) => (await unwrap(api.GET("/api/status", { signal }))).data,
    // Nothing announces that a service fell silent.
    refetchInterval: () => (useLive.getState().paused ? false : 30_000),
  });

export const historyQuery = (query: HistoryFilter) =>
  queryOptions({
    queryKey: keys.history(query),
    queryFn: ({ signal }) => unwrap(api.GET("/api/admin/ingestion-history", { params: { query }, signal })),
  });

export const runErrorsQuery = (run: number, query: { limit: number; offset: number }) =>
  queryOptions({
    queryKey: keys.runErrors(run, query),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/admin/ingestion-history/{run}/errors", { params: { path: { run }, query }, signal }),
      ),
  });

export const requestQuery = (requestId: string) =>
  queryOptions({
    queryKey: keys.request(requestId),
    queryFn: async ({ signal, client }) => {
      const path = { requestId };
      const answer = await unwrap(
        api.GET("/api/admin/ingestion-requests/{requestId}", { params: { path }, signal }),
      );
      // No event tells of a run that was skipped because its content is ingested already.
      if (ENDS.includes(answer.state)) void client.invalidateQueries({ queryKey: keys.history() });
      return answer;
    },
    // Many states have no event; one that has ended stays so.
    refetchInterval: ({ state }) => (state.data && ENDS.includes(state.data.state) ? false : 2_000),
  });

export const foldersQuery = (dataset: string) =>
  queryOptions({
    queryKey: keys.folders(dataset),
    // The server itself has tried the Hub several times when it answers with an error.
    retry: false,
    queryFn: async ({ signal }) => {
      const query = { baseUrl: dataset };
      return (await unwrap(api.GET("/api/admin/hf-folders", { params: { query }, signal }))).folders;
    },
  });
