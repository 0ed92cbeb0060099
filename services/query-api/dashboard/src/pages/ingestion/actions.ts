/** What changes something: each needs the admin token. */
import { api, ApiError, unwrap } from "../../api/client.ts";
import { authorization, setAdminToken } from "../../hooks/useAdmin.ts";

export interface Wish {
  dataset: string;
  model: string;
  force: boolean;
  dryRun: boolean;
}

/** Forgets a token that the server refuses, so that it is asked for again. */
async function guarded<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) setAdminToken(null);
    throw error;
  }
}

export function validate({ dataset, model }: Wish) {
  const body = { datasetName: model, baseUrl: dataset };
  return guarded(unwrap(api.POST("/api/admin/validate-ingestion", { body, headers: authorization() })));
}

export function start({ dataset, model, force, dryRun }: Wish) {
  const body = { datasetName: model, baseUrl: dataset, source: "auto", dryRun, forceOverwrite: force };
  return guarded(unwrap(api.POST("/api/admin/start-ingestion", { body, headers: authorization() })));
}

export function syncNow(dataset: string | null) {
  return guarded(
    unwrap(api.POST("/api/admin/sync", { body: { dataset, autoIngest: null }, headers: authorization() })),
  );
}
