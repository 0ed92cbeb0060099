/** One connection to /api/events, which keeps the cached answers up to date. */
import type { QueryClient } from "@tanstack/react-query";

import type { Schemas } from "../api/client.ts";
import { latestKey } from "../hooks/useLatestHFModel.ts";
import { percent, plural } from "../lib/format.ts";
import { withFolder, withIngested, withLatest, withoutModel, withProgress } from "./cache.ts";
import type { Failed, Ingested, Progress, Synced } from "./events.ts";
import { change, noteEnd, toast } from "./store.ts";

// A folder of a thousand models must not cause a thousand reloads.
const RELOAD_AFTER_MS = 1_000;
const RETRY_MS = 5_000;

export function modelHref(dataset: string, model: string): string {
  return `/?${new URLSearchParams({ dataset, model })}`;
}

/** Listens until the returned function is called. */
export function connect(client: QueryClient): () => void {
  const reload = reloader(client);
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let lostBefore = false;

  function open(): void {
    source = new EventSource("/api/events");
    source.onopen = () => {
      change(() => ({ connection: "open", lostAt: null }));
      // What happened meanwhile is not told again for certain.
      if (lostBefore) void client.invalidateQueries();
      lostBefore = false;
    };
    source.onerror = () => {
      // Tells whether it is the server that is gone, or only the stream.
      if (!lostBefore) setTimeout(() => void client.invalidateQueries({ queryKey: ["models"] }), RETRY_MS);
      lostBefore = true;
      change((state) => ({ connection: "lost", lostAt: state.lostAt ?? Date.now() }));
      // A browser gives up for good on an answer that is no stream.
      if (source?.readyState === EventSource.CLOSED) {
        clearTimeout(retry);
        retry = setTimeout(open, RETRY_MS);
      }
    };
    hear<Ingested>(source, "ingested", (event) => onIngested(client, event, reload));
    hear<Failed>(source, "failed", (event) => onFailed(event, reload));
    hear<Progress>(source, "progress", (event) => {
      if (event.status !== "running") noteEnd(event.run_id);
      change(({ running }) => ({ running: withProgress(running, event, Date.now()) }));
      if (event.done === 0 || event.status !== "running") reload("history");
    });
    hear<Synced>(source, "sync", (event) => onSync(event, reload));
  }

  open();
  return () => {
    clearTimeout(retry);
    source?.close();
  };
}

function hear<T>(source: EventSource, name: string, then: (event: T) => void): void {
  source.addEventListener(name, (message) => then(JSON.parse((message as MessageEvent<string>).data) as T));
}

type Reload = (...keys: string[]) => void;

function reloader(client: QueryClient): Reload {
  const wanted = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...keys) => {
    for (const key of keys) wanted.add(key);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const key of wanted) void client.invalidateQueries({ queryKey: [key] });
      wanted.clear();
    }, RELOAD_AFTER_MS);
  };
}

function onIngested(client: QueryClient, event: Ingested, reload: Reload): void {
  client.setQueryData<Schemas["ModelsAnswer"]>(["models"], (old) => withIngested(old, event));
  client.setQueryData<Schemas["LatestAnswer"]>(latestKey(), (old) => withLatest(old, event));
  client.setQueryData<Schemas["FolderRow"][]>(["folders", event.dataset], (old) => withFolder(old, event));
  noteEnd(event.run_id);
  change(({ running }) => ({ running: withoutModel(running, event) }));
  void client.invalidateQueries({ queryKey: ["model", event.dataset, event.model] });
  void client.invalidateQueries({ queryKey: ["task", event.dataset, event.model] });
  reload("models", "latest-model", "history", "run-errors", "status", "performance", "metrics");
  toast({
    kind: "good",
    title: `${event.display_name} landed`,
    text: `${percent(event.score)} · ${event.tasks_submitted} of ${event.tasks_total} tasks`,
    href: modelHref(event.dataset, event.model),
  });
}

function onFailed(event: Failed, reload: Reload): void {
  noteEnd(event.run_id);
  change(({ running }) => ({ running: withoutModel(running, event) }));
  reload("history", "status");
  toast({
    kind: "bad",
    title: `${event.model ?? "An ingestion"} failed`,
    text: event.reason,
    href: "/ingestion",
  });
}

function onSync(event: Synced, reload: Reload): void {
  reload("cron", "status", "folders");
  if (event.status === "failed") toast({ kind: "bad", title: "The sync failed", text: event.error ?? "" });
  // Models that land announce themselves; only who asked for a sync waits for its end.
  else if (event.trigger === "manual") {
    const found = `${plural(event.new_models_found, "new model")}, ${event.changed} changed`;
    toast({ kind: "plain", title: "Sync completed", text: found });
  }
}
