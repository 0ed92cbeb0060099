/** One connection to /api/events, which keeps the cached answers up to date. */
import type { QueryClient } from "@tanstack/react-query";

import { type ConnectionState, type LiveEvent, openLive } from "../../client/src/live.ts";
import type { Schemas } from "../api/client.ts";
import { forgetFirst } from "../api/first.ts";
import { type Places, places } from "../api/place.ts";
import { foldersQuery, keys, modelsQuery } from "../api/queries.ts";
import { BASE } from "../lib/base.ts";
import { percent, plural } from "../lib/format.ts";
import { datasetNames, isUsable, modelHref } from "../lib/rows.ts";
import { withFolder, withIngested, withoutFailed, withoutModel, withProgress } from "./cache.ts";
import { invalidate } from "./invalidate.ts";
import { keepFailure } from "./kept.ts";
import { failureOf } from "./notices.ts";
import { change, noteEnd, tell, useLive } from "./store.ts";

// A folder of a thousand models must not cause a thousand reloads.
const RELOAD_EVERY_MS = 1_000;
// How long the stream alone may be gone before the server is asked.
const ASK_AFTER_MS = 5_000;

/** `joining`: at which place of the stream; what is heard of it, and what tells that answers are from before that. */
export function connect(client: QueryClient, joining: Omit<Places, "fetch"> = places): void {
  const reload = reloader(client);
  useLive.subscribe(({ paused }, before) => {
    if (before.paused !== paused) reschedule(client);
    if (before.paused && !paused) onReset(client);
  });
  openLive({
    baseUrl: BASE,
    // Notices of what happened while nobody looked would only be in the way.
    afterBreak: "reset",
    // What happened between the first answer and the connection is sent first.
    after: joining.first,
    onState: (state) => onState(client, state),
    onEvent: (event) => {
      if (event.id) joining.heard(event.id);
      onEvent(client, event, reload);
    },
  });
  joining.onOlder(() => {
    if (!useLive.getState().paused) onReset(client);
  });
}

/** Has each part of the page find out anew how often it asks (main.tsx): not all of them are drawn again at a pause. */
function reschedule(client: QueryClient): void {
  for (const { observers } of client.getQueryCache().getAll())
    for (const observer of observers) observer.setOptions(observer.options);
}

function onState(client: QueryClient, state: ConnectionState): void {
  if (state === "open") change({ connection: "open", lostAt: null });
  if (state !== "lost") return;
  // Tells whether it is the server that is gone, or only the stream.
  if (useLive.getState().connection !== "lost") setTimeout(() => askWhetherItIsThere(client), ASK_AFTER_MS);
  change(({ lostAt }) => ({ connection: "lost", lostAt: lostAt ?? Date.now() }));
}

function askWhetherItIsThere(client: QueryClient): void {
  const { connection, paused } = useLive.getState();
  if (connection === "lost" && !paused) invalidate(client, { queryKey: keys.models() });
}

// While they are paused these wait; what they bring is loaded at the end of the pause.
const WAITING: readonly LiveEvent["event"][] = ["ingested", "failed", "sync"];

/** Counts what waits; how much happened before a reset is not known. */
function miss(event: LiveEvent["event"]): void {
  if (event === "reset") change({ missedMore: true });
  else if (WAITING.includes(event)) change(({ missed }) => ({ missed: missed + 1 }));
}

function onEvent(client: QueryClient, { event, data }: LiveEvent, reload: Reload): void {
  if (event === "failed" && !data.dryRun) keepFailure(failureOf(data));
  if (useLive.getState().paused) {
    miss(event);
    return;
  }
  if (event === "ingested") onIngested(client, data, reload);
  else if (event === "failed") onFailed(data, reload);
  else if (event === "progress") onProgress(data, reload);
  else if (event === "sync") onSync(data, reload);
  else if (event === "reset") onReset(client);
  else onPing(data, reload);
}

type Events = Schemas["LiveEvents"];

type Reload = (...names: (keyof typeof keys)[]) => void;

/** Has answers loaded again: at once, and what is named in the second after that, at its end. */
function reloader(client: QueryClient): Reload {
  const wanted = new Set<keyof typeof keys>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  function load(): void {
    for (const name of wanted) invalidate(client, { queryKey: keys[name]() });
    timer = wanted.size ? setTimeout(load, RELOAD_EVERY_MS) : undefined;
    wanted.clear();
  }
  return (...names) => {
    for (const name of names) wanted.add(name);
    if (timer === undefined) load();
  };
}

/** What happened is not known: nothing that is shown can be relied on, nor that a run still works. */
function onReset(client: QueryClient): void {
  forgetFirst();
  change({ running: [] });
  invalidate(client);
}

function onIngested(client: QueryClient, event: Events["ingested"], reload: Reload): void {
  forgetFirst();
  client.setQueryData(modelsQuery().queryKey, (old) => withIngested(old, event));
  // Their pages say that there is more, and show it when they are asked to.
  void client.invalidateQueries({ queryKey: keys.tasks(), refetchType: "none" });
  client.setQueryData(foldersQuery(event.dataset).queryKey, (old) => withFolder(old, event));
  noteEnd(event.runId);
  change(({ running }) => ({ running: withoutModel(running, event) }));
  invalidate(client, { queryKey: keys.model(event.dataset, event.model) });
  invalidate(client, { queryKey: keys.task(event.dataset, event.model) });
  reload("models", "latest", "comparison", "history", "runErrors", "status");
  // Only costs or texts, or the folder's name: what is shown is up to date, and nothing landed.
  if (!event.landed) return;
  const href = modelHref(event.dataset, event.model);
  if (!isUsable(event)) {
    tell({ kind: "bad", title: `Nothing usable in ${event.displayName}`, text: "Its page says why.", href });
    return;
  }
  const tasks = `${event.tasksSubmitted} of ${event.tasksTotal} tasks`;
  const rows = client.getQueryData(modelsQuery().queryKey)?.data ?? [event];
  tell({
    kind: "good",
    title: `${event.displayName} landed`,
    text: `${percent(event.score)} · ${tasks} · ${datasetNames(rows).get(event.dataset) ?? ""}`,
    href,
  });
}

/** An answer says itself how old it is: it is asked for again when that changes. */
function onPing({ stale }: Events["ping"], reload: Reload): void {
  if (stale === useLive.getState().stale) return;
  change({ stale });
  reload("latest", "status", "history");
}

function onProgress(event: Events["progress"], reload: Reload): void {
  if (event.status !== "running") noteEnd(event.runId);
  change(({ running }) => ({ running: withProgress(running, event, Date.now()) }));
  if (event.done === 0 || event.status !== "running") reload("history");
}

function onFailed(event: Events["failed"], reload: Reload): void {
  noteEnd(event.runId);
  change(({ running }) => ({ running: withoutFailed(running, event) }));
  reload("history", "status");
  tell({
    kind: event.dryRun ? "plain" : "bad",
    title: event.dryRun ? `Dry run of ${event.model} failed` : `${event.model ?? "An ingestion"} failed`,
    text: event.dataset ? `${event.dataset}: ${event.reason}` : event.reason,
    href: event.runId === null ? "/ingestion" : `/ingestion?run=${event.runId}`,
    ...(event.dryRun ? {} : { failure: failureOf(event).key }),
  });
}

function onSync(event: Events["sync"], reload: Reload): void {
  reload("cron", "status", "folders");
  if (event.status === "failed") tell({ kind: "bad", title: "The sync failed", text: event.error ?? "" });
  // Models that land announce themselves; only who asked for a sync waits for its end.
  else if (event.trigger === "manual") {
    const found = `${plural(event.newModelsFound, "new model")}, ${event.changed} changed`;
    tell({ kind: "plain", title: "Sync completed", text: found });
  }
}
