/** What changes something: each needs the admin token. */
import { api, ApiError, unwrap } from "../../api/client.ts";
import { useAdmin } from "../../hooks/useAdmin.ts";

export interface Wish {
  dataset: string;
  model: string;
  force: boolean;
  dryRun: boolean;
}

// Many folders at once meet the server's rate limit of a minute; waiting it out twice is enough for any of them.
const PATIENCE = 2;

/** Waits where the server asks us to; forgets a token that it refuses, so that it is asked for again. */
async function guarded<T>(request: () => Promise<T>, patience = PATIENCE): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) useAdmin.setState({ token: "" });
    if (error.status !== 429 || patience === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfterSeconds ?? 1) * 1_000));
    return guarded(request, patience - 1);
  }
}

const headers = () => ({ Authorization: `Bearer ${useAdmin.getState().token}` });

export function validate({ dataset, model }: Wish) {
  const body = { datasetName: model, baseUrl: dataset };
  return guarded(() => unwrap(api.POST("/api/admin/validate-ingestion", { body, headers: headers() })));
}

export function start({ dataset, model, force, dryRun }: Wish) {
  const body = { datasetName: model, baseUrl: dataset, source: "auto", dryRun, forceOverwrite: force };
  return guarded(() => unwrap(api.POST("/api/admin/start-ingestion", { body, headers: headers() })));
}

export function syncNow() {
  const body = { dataset: null, autoIngest: null };
  return guarded(() => unwrap(api.POST("/api/admin/sync", { body, headers: headers() })));
}
