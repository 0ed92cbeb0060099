// The plain page: reads the API, and reads it again whenever /api/events says that something happened.
"use strict";

const byId = (id) => document.getElementById(id);
const percent = (fraction) => (fraction === null ? "–" : `${(fraction * 100).toFixed(1)} %`);
const dollars = (value) => (value === null ? "–" : `$${value.toFixed(2)}`);
const time = (iso) => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
let seen = null;

async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function row(cells, isNew) {
  const line = document.createElement("tr");
  if (isNew) line.className = "new";
  for (const [text, kind] of cells) {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (kind) cell.className = kind;
    line.append(cell);
  }
  return line;
}

function modelRow(model) {
  const key = `${model.dataset}/${model.model}@${model.treeOid}`;
  const isNew = seen !== null && !seen.has(key);
  const cells = [
    [model.displayName],
    [model.source],
    [percent(model.score), "number"],
    [percent(model.scoreSubmitted), "number"],
    [`${model.tasksSubmitted} / ${model.tasksTotal}`, "number"],
    [dollars(model.totalCost), "number"],
    [time(model.ingestedAt)],
    [model.status],
  ];
  return [key, row(cells, isNew)];
}

function runRow(run) {
  return row([
    [time(run.startedAt)],
    [run.datasetName],
    [run.status],
    [run.totalPuzzles, "number"],
    [run.failed, "number"],
    [run.completedAt ? seconds(run.durationMs) : "…", "number"],
  ]);
}

async function showModels() {
  const [latest, models] = await Promise.all([read("/api/metrics/latest-model"), read("/api/models")]);
  byId("latest").textContent = latest.data ? latest.data.displayLabel : "No model yet";
  byId("none").hidden = models.total > 0;
  byId("stale").hidden = !models.stale;
  byId("stale").textContent = models.stale ? `This may be behind: it is as of ${time(models.asOf)}.` : "";
  const rows = models.data.map(modelRow);
  byId("models").replaceChildren(...rows.map(([, line]) => line));
  seen = new Set(rows.map(([key]) => key));
}

async function showRuns() {
  const history = await read("/api/admin/ingestion-history?limit=15");
  byId("runs").replaceChildren(...history.runs.map(runRow));
}

let waiting = false;
async function refresh() {
  if (waiting) return;
  waiting = true;
  await new Promise((done) => setTimeout(done, 200));
  waiting = false;
  const results = await Promise.allSettled([showModels(), showRuns()]);
  for (const { reason } of results.filter(({ status }) => status === "rejected")) {
    byId("stale").hidden = false;
    byId("stale").textContent = `The server does not answer (${reason.message}).`;
  }
}

const events = new EventSource("/api/events");
for (const name of ["ingested", "failed", "sync", "open"]) events.addEventListener(name, refresh);
// Staleness and "2 days ago" change without an event.
setInterval(refresh, 30_000);
refresh();
