/** Records over time: which score was first reached when, whatever it cost and below some costs. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { ModelRow } from "../src/api/client.ts";
import {
  boundName,
  firstAt,
  holdersOf,
  milestonesOf,
  recordsOf,
  usualDate,
} from "../src/pages/models/records/records.ts";
import { endingsOf, plotOf } from "../src/pages/models/records/steps.ts";

/** One submission: its cost is per task. */
function row(
  model: string,
  releaseDate: string | null,
  score: number,
  cost: number | null,
  more: object = {},
) {
  const rest = { dataset: "a/b", kind: "model", tasksTotal: 100, tasksSubmitted: 100, publishedAt: null };
  const totalCost = cost === null ? null : cost * 100;
  return { ...rest, model, displayName: model, releaseDate, score, totalCost, ...more } as ModelRow;
}

const ROWS = [
  row("second", "2025-03-01", 0.3, 5),
  row("first", "2024-12-01", 0.1, 0.5),
  row("worse", "2025-04-01", 0.2, 2),
  row("cheaper", "2025-06-01", 0.25, 0.8),
  row("of unknown cost", "2025-08-01", 0.5, null),
  row("tiny", "2025-09-01", 0.05, 0.02),
  row("half", "2025-10-01", 0.9, 0.01, { tasksSubmitted: 94 }),
  row("people", "2025-10-02", 1, 0.01, { kind: "human_panel" }),
  row("chance", "2025-10-03", 0.95, 0.01, { kind: "baseline" }),
  row("undated", null, 0.99, 0.01, { publishedAt: "2025-11-01T12:00:00Z" }),
];
const said = (rows: readonly ModelRow[], by: "released" | "published") =>
  recordsOf(rows, by).map(({ bound, steps }) => [bound, steps.map(({ row: { model } }) => model)]);

test("a record is a score that nothing before it reached, whatever it cost and below each bound", () => {
  assert.deepEqual(said(ROWS, "released"), [
    [null, ["first", "second", "of unknown cost"]],
    [1, ["first", "cheaper"]],
    [0.1, ["tiny"]],
  ]);
  assert.deepEqual(said(ROWS, "published"), [[null, ["undated"]]]);
  assert.deepEqual(recordsOf([], "released"), []);
  assert.deepEqual(said([row("nothing", "2025-01-01", 0, 1)], "released"), []);
});

test("a bound that changes nothing has no line, and three at most have one", () => {
  const dear = [row("first", "2025-01-01", 0.5, 0.5), row("dear and worse", "2025-02-01", 0.4, 50)];
  assert.deepEqual(said(dear, "released"), [[null, ["first"]]]);
  const costs = [1000, 100, 10, 1, 0.1, 0.01];
  const steps = costs.map((cost, place) => row(`${cost}`, `2025-0${place + 1}-01`, 0.9 - place / 10, cost));
  assert.deepEqual(
    recordsOf(steps, "released").map(({ bound }) => bound),
    [null, 100, 10, 1],
  );
});

test("of one day only the best is a record", () => {
  const day = [row("low", "2025-01-01", 0.1, 1), row("high", "2025-01-01", 0.2, 1)];
  assert.deepEqual(said(day, "released"), [[null, ["high"]]]);
});

test("who reached a score first is told for each bound, and not where nothing did", () => {
  const [any, dollar, cents] = recordsOf(ROWS, "released");
  assert.ok(any && dollar && cents);
  assert.deepEqual(
    [any, dollar, cents].map((line) => firstAt(line, 0.25)?.row.model),
    ["second", "cheaper", undefined],
  );
  assert.equal(firstAt(any, 0.3)?.row.model, "second");
  assert.equal(firstAt(any, 0.51), undefined);
  assert.deepEqual(
    milestonesOf([any, dollar, cents]),
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5],
  );
  const holders = holdersOf([any, dollar, cents]).map(({ row: { model }, bounds }) => [model, bounds]);
  assert.deepEqual(holders, [
    ["first", [null, 1]],
    ["second", [null]],
    ["cheaper", [1]],
    ["of unknown cost", [null]],
    ["tiny", [0.1]],
  ]);
});

test("the date is that which most submissions tell, and a release where both do", () => {
  assert.equal(usualDate(ROWS), "released");
  const both = row("both", "2025-01-01", 0.1, 1, { publishedAt: "2025-02-01T00:00:00Z" });
  const uploads = ["a", "b"].map((model) => ({ ...both, model, releaseDate: null }));
  assert.equal(usualDate([both]), "released");
  assert.equal(usualDate([both, ...uploads.slice(1)]), "released");
  assert.equal(usualDate([both, ...uploads]), "published");
});

test("bounds read like prices", () => {
  assert.deepEqual([null, 1000, 1, 0.1, 0.01, 0.001].map(boundName), [
    "any cost",
    "≤ $1,000",
    "≤ $1",
    "≤ $0.10",
    "≤ $0.01",
    "≤ $0.001",
  ]);
});

test("a step stands at its date, and the words at the ends of lines keep apart", () => {
  const lines = recordsOf(ROWS, "released");
  const plot = plotOf(lines, 900);
  const x = (text: string) => plot.x(new Date(text));
  const year = (x("2025-09-01") - x("2024-12-01")) / 274;
  assert.ok(Math.abs(x("2025-03-01") - x("2024-12-01") - 90 * year) < 0.01);
  assert.deepEqual(
    endingsOf(lines, plot).map(({ y }) => y),
    [0.5, 0.25, 0.05].map((score) => plot.y(score)),
  );
  const flat = lines.map((line) => ({ ...line, steps: (lines[0]?.steps ?? []).slice(0, 1) }));
  const texts = endingsOf(flat, plotOf(flat, 900)).map(({ text }) => text);
  assert.ok(texts.every((text, place) => place === 0 || text - (texts[place - 1] ?? 0) >= 14));
});
