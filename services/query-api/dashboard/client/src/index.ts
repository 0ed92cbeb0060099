/** What apps import: the client, its errors, the live connection by itself, and the types of all answers. */
export {
  type ArcwatchClient,
  type ClientOptions,
  createClient,
  type LatestQuery,
  type ModelsQuery,
  type PageQuery,
} from "./client.ts";
export { ApiError } from "./http.ts";
export type { LatestModel, LatestState, LatestStore } from "./latest.ts";
export {
  type ConnectionState,
  type EventName,
  type LiveConnection,
  type LiveEvent,
  type LiveOptions,
  openLive,
} from "./live.ts";
export type { components, paths } from "./schema.ts";
export type { Listener, LiveStatus, SharedLive } from "./shared.ts";
