/** The heat map's places are those of its families, a key leads to the next cell, and tasks are listed as asked. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cellWidth,
  curve,
  families,
  HEAD_PX,
  heightOf,
  type Model,
  modelAt,
  pixels,
  placeAt,
  ROW_PX,
  solvedBy,
  step,
  type Task,
  topOf,
} from "../src/pages/tasks/heatmap.ts";
import { shown, type TaskSort } from "../src/pages/tasks/listing.ts";

const model = (name: string, score: number, family: string | null, more: Partial<Model> = {}): Model => ({
  dataset: "a/b",
  model: name,
  displayName: name,
  provider: null,
  family,
  effort: null,
  kind: "model",
  score,
  results: "SPU-",
  ...more,
});

const MODELS = [
  model("lone", 0.95, "Rare"),
  model("b1", 0.5, "B"),
  model("a1", 0.4, "A"),
  model("a2", 0.9, "A"),
  model("b2", 0.6, "B"),
  model("unknown", 0.99, null),
  model("people", 1, "A", { kind: "human_panel" }),
];
const FOUND = families(MODELS);

const task = (puzzleId: string, solved: number, answered: number, more: Partial<Task> = {}): Task => ({
  puzzleId,
  pairs: 1,
  solvedBy: solved,
  answeredBy: answered,
  difficulty: answered ? 1 - solved / answered : null,
  firstSolved: null,
  cheapestSolve: null,
  ...more,
});

test("families come by their best score, those of one together after them, and people last", () => {
  const names = FOUND.map(({ name, models }) => [name, models.map((each) => each.model)]);
  assert.deepEqual(names, [
    ["A", ["a2", "a1"]],
    ["B", ["b2", "b1"]],
    ["Other", ["unknown", "lone"]],
    ["People and baselines", ["people"]],
  ]);
  assert.equal(heightOf(FOUND), 4 * HEAD_PX + 7 * ROW_PX);
  assert.equal(heightOf([]), 0);
});

test("each row is where the pointer finds it, and a family's name is no row", () => {
  for (const row of MODELS.keys()) {
    const y = topOf(FOUND, row);
    assert.deepEqual(placeAt(FOUND, 4, 10, 35, y), { row, column: 3 });
    assert.deepEqual(placeAt(FOUND, 4, 10, 0, y + ROW_PX - 1), { row, column: 0 });
  }
  assert.equal(placeAt(FOUND, 4, 10, 5, HEAD_PX - 1), null);
  assert.equal(placeAt(FOUND, 4, 10, 40, topOf(FOUND, 0)), null);
  assert.equal(placeAt(FOUND, 4, 10, 5, heightOf(FOUND)), null);
  assert.deepEqual(
    [0, 2, 6].map((row) => modelAt(FOUND, row)?.model),
    ["a2", "b2", "people"],
  );
});

test("keys lead to the next cell, to the ends and to the next family, and never off the map", () => {
  const go = (key: string, row: number, column: number) => step(key, { row, column }, FOUND, 4);
  assert.deepEqual(go("ArrowRight", 0, 3), { row: 0, column: 3 });
  assert.deepEqual(go("ArrowLeft", 1, 1), { row: 1, column: 0 });
  assert.deepEqual(go("ArrowDown", 6, 0), { row: 6, column: 0 });
  assert.deepEqual(go("ArrowUp", 2, 0), { row: 1, column: 0 });
  assert.deepEqual(go("PageDown", 1, 2), { row: 2, column: 2 });
  assert.deepEqual(go("PageUp", 3, 2), { row: 0, column: 2 });
  assert.deepEqual(go("PageDown", 6, 2), { row: 6, column: 2 });
  assert.deepEqual(go("End", 0, 0), { row: 0, column: 3 });
  assert.equal(go("a", 0, 0), undefined);
});

test("every result is one pixel of its letter's colour", () => {
  const palette = { S: [1, 2, 3, 255], P: [4, 5, 6, 255], U: [7, 8, 9, 255], "-": [0, 0, 0, 0] } as const;
  const found = pixels([model("a", 1, null), model("b", 1, null, { results: "--SS" })], 4, palette);
  assert.deepEqual([...found.slice(0, 8)], [1, 2, 3, 255, 4, 5, 6, 255]);
  assert.deepEqual([...found.slice(24, 32)], [1, 2, 3, 255, 1, 2, 3, 255]);
  assert.equal(found.length, 32);
});

test("cells fill the width, but stay wide enough to tell apart", () => {
  assert.deepEqual([cellWidth(1000, 120), cellWidth(1000, 400), cellWidth(1000, 10)], [8, 3, 14]);
});

test("the curve falls from what all solve to what none does", () => {
  const tasks = [task("a", 4, 4), task("b", 1, 4), task("c", 0, 0)];
  assert.equal(curve(tasks, 10, 40), "M0 40L0 0.0H10L10 30.0H20L20 40.0H30V40Z");
  assert.deepEqual(tasks.map(solvedBy), ["solved by 4 of 4", "solved by 1 of 4", "answered by none"]);
});

test("tasks are listed by what they are sorted by, those without a value last, whichever way round", () => {
  const at = (day: string, name: string) => ({ dataset: "a/b", model: name, displayName: name, at: day });
  const tasks = [
    task("t3", 4, 4, { firstSolved: at("2026-03-02T00:00:00Z", "Grok") }),
    task("t1", 1, 4, { firstSolved: at("2026-03-01T00:00:00Z", "Claude") }),
    task("t2", 0, 4),
    task("t0", 0, 0),
  ];
  const ids = (sort: TaskSort, reversed = false, text = "", part: Parameters<typeof shown>[1]["part"] = "") =>
    shown(tasks, { text, part, sort, reversed }).map(({ puzzleId }) => puzzleId);
  assert.deepEqual(ids("difficulty"), ["t3", "t1", "t2", "t0"]);
  assert.deepEqual(ids("difficulty", true), ["t2", "t1", "t3", "t0"]);
  assert.deepEqual(ids("first"), ["t1", "t3", "t2", "t0"]);
  assert.deepEqual(ids("first", true), ["t3", "t1", "t2", "t0"]);
  const unsolvedFirst = shown(tasks.toReversed(), { text: "", part: "", sort: "first", reversed: false });
  assert.deepEqual(
    unsolvedFirst.map(({ puzzleId }) => puzzleId),
    ["t1", "t3", "t0", "t2"],
  );
  assert.deepEqual(ids("id"), ["t0", "t1", "t2", "t3"]);
  assert.deepEqual(ids("difficulty", false, "CLAU"), ["t1"]);
  assert.deepEqual(ids("difficulty", false, "t", "none"), ["t2"]);
  assert.deepEqual(ids("difficulty", false, "", "some"), ["t1"]);
  assert.deepEqual(ids("difficulty", false, "", "one"), ["t1"]);
  assert.deepEqual(ids("difficulty", false, "", "all"), ["t3"]);
});
