/** What changes something: each needs the admin token. */
import { guarded, headers } from "../../api/admin.ts";
import { api, unwrap } from "../../api/client.ts";

export interface Wish {
  dataset: string;
  model: string;
  force: boolean;
  dryRun: boolean;
}

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

export function cancelRun(run: number) {
  const params = { path: { run } };
  return guarded(() =>
    unwrap(api.POST("/api/admin/ingestion-history/{run}/cancel", { params, headers: headers() })),
  );
}

export function cancelRequest(requestId: string) {
  const params = { path: { requestId } };
  return guarded(() =>
    unwrap(api.POST("/api/admin/ingestion-requests/{requestId}/cancel", { params, headers: headers() })),
  );
}
