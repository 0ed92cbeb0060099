/** What arrives at /api/events. Names are those of the bus. */

export interface Ingested {
  run_id: number;
  dataset: string;
  model: string;
  source: string;
  revision: string;
  tree_oid: string;
  attempts: string[];
  display_name: string;
  tasks_total: number;
  tasks_submitted: number;
  failed: number;
  score: number;
  score_submitted: number | null;
  cost: number | null;
  published_at: string | null;
  ingested_at: string;
}

export interface Progress {
  run_id: number;
  dataset: string;
  model: string;
  done: number;
  total: number;
  status: "running" | "completed" | "partial" | "failed" | "skipped";
}

export interface Failed {
  run_id: number | null;
  dataset: string | null;
  model: string | null;
  kind: string;
  reason: string;
  /** A dry run stores nothing: the model itself did not fail. */
  dry_run: boolean;
}

export interface Synced {
  sync_id: number;
  trigger: string;
  status: "completed" | "partial" | "failed";
  models_seen: number;
  new_models_found: number;
  changed: number;
  error: string | null;
}
