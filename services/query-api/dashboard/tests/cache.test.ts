/** Events change cached answers once, in any order, and never back to what is older. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type Running,
  SILENCE_MS,
  withFolder,
  withIngested,
  withoutFailed,
  withoutModel,
  withProgress,
} from "../src/live/cache.ts";
import type { Schemas } from "../src/api/client.ts";

const event: Schemas["IngestedEvent"] = {
  runId: 7,
  trigger: "schedule",
  autoTriggered: true,
  landed: true,
  dataset: "arcprize/arc_agi_v2_public_eval",
  model: "gpt-5",
  displayName: "GPT-5",
  provider: "OpenAI",
  family: "GPT",
  effort: null,
  baseName: "m",
  releaseDate: null,
  kind: "model",
  nameSources: { displayName: "rules", provider: "rules", family: "rules", kind: "rules" },
  source: "ARC2-Eval",
  status: "completed",
  score: 0.4,
  scoreSubmitted: 0.41,
  tasksTotal: 120,
  tasksSubmitted: 118,
  tasksSolved: 40,
  pairsTotal: 167,
  pairsSolved: 60,
  attempts: [{ modelName: "gpt-5-attempt1", accuracyPercent: 30 }],
  totalCost: 12,
  totalTokens: 5_000,
  publishedAt: null,
  ingestedAt: "2026-11-24T12:00:00Z",
  landedAt: "2026-11-24T12:00:00Z",
  revision: "a".repeat(40),
  treeOid: "b".repeat(40),
  errors: 0,
  scoreInterval: { low: 0.32, high: 0.49 },
  scoreSubmittedInterval: { low: 0.32, high: 0.5 },
  rank: 3,
  rankRange: { best: 2, worst: 7 },
  notDistinguishable: 5,
};
const empty = { success: true as const, stale: false, asOf: null, total: 0, data: [] };

test("a model that landed is in the list at once", () => {
  const models = withIngested(empty, event);
  assert.equal(models?.total, 1);
  assert.deepEqual(models.data[0], event);
});

test("the same event twice, or one that is older, changes nothing", () => {
  const models = withIngested(empty, event);
  assert.equal(withIngested(models, event), models);
  assert.equal(withIngested(models, { ...event, score: 0, ingestedAt: "2026-11-23T12:00:00Z" }), models);
});

test("a new version takes its predecessor's place", () => {
  const models = withIngested(withIngested(empty, event), {
    ...event,
    score: 0.5,
    ingestedAt: "2026-11-25T12:00:00Z",
  });
  assert.equal(models?.total, 1);
  assert.equal(models.data[0]?.score, 0.5);
});

test("what was never asked for is not made up", () => {
  assert.equal(withIngested(undefined, event), undefined);
});

test("a folder is ingested once its model landed, and others stay as they are", () => {
  const folders = ["gpt-5", "gpt-6"].map((name) => ({
    name,
    ingested: false,
    attemptsFound: 0,
    withoutTasks: false,
  }));
  assert.deepEqual(withFolder(folders, event), [
    { name: "gpt-5", ingested: true, attemptsFound: 1, withoutTasks: false },
    { name: "gpt-6", ingested: false, attemptsFound: 0, withoutTasks: false },
  ]);
  assert.equal(withFolder(undefined, event), undefined);
});

const progress: Schemas["ProgressEvent"] = {
  runId: 1,
  dataset: "a/b",
  model: "m",
  done: 5,
  total: 10,
  status: "running",
};

test("progress never goes back, and ends with the run", () => {
  let running: Running[] = withProgress([], progress, 0);
  running = withProgress(running, { ...progress, done: 3 }, 10);
  assert.deepEqual(
    running.map(({ done, startedAt }) => [done, startedAt]),
    [[5, 0]],
  );
  assert.deepEqual(withProgress(running, { ...progress, status: "completed" }, 20), []);
});

test("a run that fell silent leaves when another one speaks", () => {
  const running = withProgress([], progress, 0);
  const after = withProgress(running, { ...progress, runId: 2 }, SILENCE_MS);
  assert.deepEqual(
    after.map(({ runId }) => runId),
    [2],
  );
});

test("a model that was ingested or given up runs no more", () => {
  const running = withProgress([], progress, 0);
  assert.deepEqual(withoutModel(running, { dataset: "a/b", model: "m" }), []);
  assert.equal(withoutModel(running, { dataset: "a/b", model: "n" }).length, 1);
});

test("a dry run that failed ends itself alone", () => {
  const running = withProgress(withProgress([], progress, 0), { ...progress, runId: 2 }, 0);
  const { dataset, model } = progress;
  const failed = {
    runId: 2,
    dataset,
    model,
    kind: "folder_gone",
    reason: "gone",
    deliveryCount: 6,
    failedAt: "2026-11-24T12:00:00Z",
  };
  assert.deepEqual(
    withoutFailed(running, { ...failed, dryRun: true }).map(({ runId }) => runId),
    [progress.runId],
  );
  assert.deepEqual(withoutFailed(running, { ...failed, dryRun: false }), []);
});
