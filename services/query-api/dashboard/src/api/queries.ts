/** Every read of the dashboard, with the key under which its answer is kept. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "./client.ts";
import type { paths } from "./schema.ts";

export function owned(dataset: string): { owner: string; name: string } {
  const [owner = "", name = ""] = dataset.split("/");
  return { owner, name };
}

export const modelsQuery = () =>
  queryOptions({ queryKey: ["models"], queryFn: ({ signal }) => unwrap(api.GET("/api/models", { signal })) });

export const modelQuery = (dataset: string, model: string) =>
  queryOptions({
    queryKey: ["model", dataset, model],
    queryFn: async ({ signal }) => {
      const path = { ...owned(dataset), model };
      return (await unwrap(api.GET("/api/models/{owner}/{name}/{model}", { params: { path }, signal }))).data;
    },
  });

// By the dataset, not by its task set: another dataset may answer the same set, with a model of the same name.
export const performanceQuery = (attempt: string, dataset: string) =>
  queryOptions({
    queryKey: ["performance", attempt, dataset],
    queryFn: async ({ signal }) => {
      const path = { ...owned(dataset), model: attempt };
      return (
        await unwrap(
          api.GET("/api/model-dataset/performance/{model}/{owner}/{name}", { params: { path }, signal }),
        )
      ).data;
    },
  });

export const metricsQuery = (attempt: string, dataset: string) =>
  queryOptions({
    queryKey: ["metrics", attempt, dataset],
    queryFn: async ({ signal }) => {
      const path = { ...owned(dataset), model: attempt };
      return (
        await unwrap(
          api.GET("/api/model-dataset/metrics/{model}/{owner}/{name}", { params: { path }, signal }),
        )
      ).data;
    },
  });

export const taskQuery = (dataset: string, model: string, task: string) =>
  queryOptions({
    queryKey: ["task", dataset, model, task],
    queryFn: async ({ signal }) => {
      const path = { ...owned(dataset), model, task };
      return (
        await unwrap(api.GET("/api/models/{owner}/{name}/{model}/tasks/{task}", { params: { path }, signal }))
      ).data;
    },
  });

export const cronQuery = () =>
  queryOptions({
    queryKey: ["cron"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/admin/cron-status", { signal })),
  });

export const statusQuery = () =>
  queryOptions({
    queryKey: ["status"],
    queryFn: async ({ signal }) => (await unwrap(api.GET("/api/status", { signal }))).data,
    // Nothing announces that somebody fell silent.
    refetchInterval: 30_000,
  });

export type HistoryFilter = NonNullable<paths["/api/admin/ingestion-history"]["get"]["parameters"]["query"]>;

export const historyQuery = (query: HistoryFilter) =>
  queryOptions({
    queryKey: ["history", query],
    queryFn: ({ signal }) => unwrap(api.GET("/api/admin/ingestion-history", { params: { query }, signal })),
  });

export const runErrorsQuery = (run: number, query: { limit: number; offset: number }) =>
  queryOptions({
    queryKey: ["run-errors", run, query],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/admin/ingestion-history/{run}/errors", { params: { path: { run }, query }, signal }),
      ),
  });

export const foldersQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["folders", dataset],
    // The server itself has tried the Hub several times when it gives up.
    retry: false,
    queryFn: async ({ signal }) => {
      const query = { baseUrl: dataset };
      return (await unwrap(api.GET("/api/admin/hf-folders", { params: { query }, signal }))).folders;
    },
  });
