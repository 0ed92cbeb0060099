/** Events change cached answers once, in any order, and never back to what is older. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type Running,
  SILENCE_MS,
  withFolder,
  withIngested,
  withLatest,
  withoutFailed,
  withoutModel,
  withProgress,
} from "../src/live/cache.ts";
import type { Ingested, Progress } from "../src/live/events.ts";

const event: Ingested = {
  run_id: 7,
  dataset: "arcprize/arc_agi_v2_public_eval",
  model: "gpt-5",
  source: "ARC2-Eval",
  revision: "a".repeat(40),
  tree_oid: "b".repeat(40),
  attempts: ["gpt-5-attempt1"],
  display_name: "GPT 5",
  tasks_total: 120,
  tasks_submitted: 118,
  failed: 0,
  score: 0.4,
  score_submitted: 0.41,
  cost: 12,
  published_at: null,
  ingested_at: "2026-11-24T12:00:00Z",
};
const empty = { success: true as const, stale: false, asOf: null, total: 0, data: [] };

test("a model that landed is in the list at once", () => {
  const models = withIngested(empty, event);
  assert.equal(models?.total, 1);
  assert.equal(models.data[0]?.displayName, "GPT 5");
  assert.equal(models.data[0].tasksSolved, null);
});

test("the same event twice, or one that is older, changes nothing", () => {
  const models = withIngested(empty, event);
  assert.equal(withIngested(models, event), models);
  assert.equal(withIngested(models, { ...event, score: 0, ingested_at: "2026-11-23T12:00:00Z" }), models);
});

test("a new version takes its predecessor's place", () => {
  const models = withIngested(withIngested(empty, event), {
    ...event,
    score: 0.5,
    ingested_at: "2026-11-25T12:00:00Z",
  });
  assert.equal(models?.total, 1);
  assert.equal(models.data[0]?.score, 0.5);
});

test("what was never asked for is not made up", () => {
  assert.equal(withIngested(undefined, event), undefined);
  assert.equal(withLatest(undefined, event), undefined);
});

test("the latest model is the one ingested last, in whatever order the events come", () => {
  const none = { ...empty, data: null };
  const later = { ...event, model: "gpt-6", ingested_at: "2026-11-25T12:00:00Z" };
  const one = withLatest(withLatest(none, event), later);
  const other = withLatest(withLatest(none, later), event);
  assert.equal(one?.data?.model, "gpt-6");
  assert.deepEqual(other, one);
  assert.equal(one.data.modelName, "gpt-5-attempt1");
});

test("a folder is ingested once its model landed, and others stay as they are", () => {
  const folders = ["gpt-5", "gpt-6"].map((name) => ({ name, ingested: false, attemptsFound: 0 }));
  assert.deepEqual(withFolder(folders, event), [
    { name: "gpt-5", ingested: true, attemptsFound: 1 },
    { name: "gpt-6", ingested: false, attemptsFound: 0 },
  ]);
  assert.equal(withFolder(undefined, event), undefined);
});

const progress: Progress = { run_id: 1, dataset: "a/b", model: "m", done: 5, total: 10, status: "running" };

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
  const after = withProgress(running, { ...progress, run_id: 2 }, SILENCE_MS);
  assert.deepEqual(
    after.map(({ run_id }) => run_id),
    [2],
  );
});

test("a model that was ingested or given up runs no more", () => {
  const running = withProgress([], progress, 0);
  assert.deepEqual(withoutModel(running, { dataset: "a/b", model: "m" }), []);
  assert.equal(withoutModel(running, { dataset: "a/b", model: "n" }).length, 1);
});

test("a dry run that failed ends itself alone", () => {
  const running = withProgress(withProgress([], progress, 0), { ...progress, run_id: 2 }, 0);
  const failed = { ...progress, run_id: 2, kind: "folder_gone", reason: "gone" };
  assert.deepEqual(
    withoutFailed(running, { ...failed, dry_run: true }).map(({ run_id }) => run_id),
    [progress.run_id],
  );
  assert.deepEqual(withoutFailed(running, { ...failed, dry_run: false }), []);
});
