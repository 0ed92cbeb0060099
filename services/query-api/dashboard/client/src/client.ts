/** A client of one query API. */
import createFetchClient, { type Client } from "openapi-fetch";

import { caughtUp, fetchInTime, unwrap } from "./http.ts";
import { LatestStore } from "./latest.ts";
import type { components, paths } from "./schema.ts";
import { type Listener, SharedLive } from "./shared.ts";

type Schemas = components["schemas"];
type Asked<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;

export type LatestQuery = Asked<"/api/metrics/latest-model">;
export type ModelsQuery = Asked<"/api/models">;
export type PageQuery = Asked<"/api/pages/model">;

export interface ClientOptions {
  /** Where the query API is, such as https://arcwatch.example.org; the page's own host by default. */
  baseUrl?: string;
}

export interface ArcwatchClient {
  readonly baseUrl: string;
  /** Every route, typed from the OpenAPI document: `api.GET("/api/status")`. */
  readonly api: Client<paths>;
  /** The live events, over one connection that all who listen share. */
  readonly live: SharedLive;
  latestModel: (query?: LatestQuery) => Promise<Schemas["LatestAnswer"]>;
  models: (query?: ModelsQuery) => Promise<Schemas["ModelsAnswer"]>;
  model: (dataset: string, model: string) => Promise<Schemas["ModelDetail"]>;
  /** All that a page about one model shows, in one request. */
  page: (query?: PageQuery) => Promise<Schemas["ModelPageAnswer"]>;
  task: (dataset: string, model: string, task: string) => Promise<Schemas["TaskDetail"]>;
  /** Calls `listener` with each event, until what is returned is called. */
  listen: (listener: Listener) => () => void;
  /** The latest model, kept up to date; the same one for the same question. */
  latest: (query?: LatestQuery) => LatestStore;
}

/** Makes a client. One per server is enough for an app. */
export function createClient(options: ClientOptions = {}): ArcwatchClient {
  const baseUrl = (options.baseUrl ?? "").replace(/\/+$/, "");
  const live = new SharedLive(baseUrl);
  const api = createFetchClient<paths>({ baseUrl, fetch: caughtUp(fetchInTime, live.place) });
  const stores = new Map<string, LatestStore>();
  const latestModel = (query: LatestQuery = {}) =>
    unwrap(api.GET("/api/metrics/latest-model", { params: { query } }));
  return {
    baseUrl,
    api,
    live,
    latestModel,
    models: (query = {}) => unwrap(api.GET("/api/models", { params: { query } })),
    model: async (dataset, model) => {
      const path = { ...owned(dataset), model };
      return (await unwrap(api.GET("/api/models/{owner}/{name}/{model}", { params: { path } }))).data;
    },
    page: (query = {}) => unwrap(api.GET("/api/pages/model", { params: { query } })),
    task: async (dataset, model, task) => {
      const path = { ...owned(dataset), model, task };
      const asked = api.GET("/api/models/{owner}/{name}/{model}/tasks/{task}", { params: { path } });
      return (await unwrap(asked)).data;
    },
    listen: (listener) => live.listen(listener),
    latest: (query = {}) => {
      const key = JSON.stringify([query.dataset, query.by]);
      const store = stores.get(key) ?? new LatestStore(() => latestModel(query), live);
      stores.set(key, store);
      return store;
    },
  };
}

function owned(dataset: string): { owner: string; name: string } {
  const [owner = "", name = ""] = dataset.split("/");
  return { owner, name };
}
