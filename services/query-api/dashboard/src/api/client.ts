/** The API as the generated types describe it; errors carry what the server says is wrong. */
import createClient from "openapi-fetch";

import { BASE } from "../lib/base.ts";
import { places } from "./place.ts";
import type { components, paths } from "./schema.ts";

export { ApiError, unwrap } from "../../client/src/http.ts";

export type Schemas = components["schemas"];
export type ModelRow = Schemas["ModelRow"];
export type ModelDetail = Schemas["ModelDetail"];
export type Run = Schemas["Run"];
export type TaskDetail = Schemas["TaskDetail"];

// The address is looked up per request: tests and other hosts may have another one.
export const api = createClient<paths>({ baseUrl: BASE, fetch: places.fetch });
