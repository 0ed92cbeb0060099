/** Charts and lists place what they show where it can be read. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { ModelRow } from "../src/api/client.ts";
import { choices, chosen, known } from "../src/lib/facets.ts";
import { laddersOf } from "../src/lib/efforts.ts";
import { short } from "../src/lib/clip.ts";
import { placeLabels } from "../src/lib/labels.ts";
import { widthOf } from "../src/lib/textWidth.ts";
import { cells, duel, tally } from "../src/lib/tasks.ts";
import { filterOf } from "../src/pages/ingestion/history.ts";
import { listed } from "../src/pages/ingestion/folders.ts";
import { piled } from "../src/pages/models/piles.ts";
import { apart, chartOf, extent, frontiers, spotsOf, ticks } from "../src/pages/models/scatter.ts";
import { sorted } from "../src/pages/models/sorting.ts";
import { daysOf, placeOf, thereOn } from "../src/pages/models/until.ts";
import { matching, step } from "../src/ui/options.ts";

function row(values: Partial<ModelRow>): ModelRow {
  const model = values.model ?? "m";
  return {
    dataset: "a/b",
    model,
    displayName: model,
    provider: null,
    family: null,
    effort: null,
    baseName: model,
    releaseDate: null,
    kind: null,
    nameSources: { displayName: "rules" },
    source: "ARC1-Eval",
    status: "completed",
    score: 0,
    scoreSubmitted: 0,
    tasksTotal: 100,
    tasksSubmitted: 100,
    tasksSolved: 0,
    pairsTotal: 100,
    pairsSolved: 0,
    attempts: [],
    totalCost: null,
    totalTokens: null,
    publishedAt: null,
    ingestedAt: "2026-11-24T12:00:00Z",
    landedAt: "2026-11-24T12:00:00Z",
    revision: "",
    treeOid: "",
    errors: 0,
    scoreInterval: null,
    scoreSubmittedInterval: null,
    rank: null,
    rankRange: null,
    notDistinguishable: null,
    ...values,
  };
}

test("no label covers another label or a point, and none leaves the frame", () => {
  const points = Array.from({ length: 60 }, (_, place) => ({
    key: String(place),
    x: 20 + ((place * 37) % 560),
    y: 20 + ((place * 53) % 300),
    width: 90,
  }));
  const labels = placeLabels(points, { width: 600, height: 340 });
  const boxes = labels.map(({ x, y, anchor }) => {
    const left = anchor === "start" ? x : anchor === "end" ? x - 90 : x - 45;
    return { left, right: left + 90, top: y - 7, bottom: y + 7 };
  });
  assert.ok(labels.length > 5);
  for (const [place, one] of boxes.entries()) {
    assert.ok(one.left >= 0 && one.right <= 600 && one.top >= 0 && one.bottom <= 340);
    for (const other of boxes.slice(place + 1)) {
      assert.ok(
        one.left >= other.right ||
          other.left >= one.right ||
          one.top >= other.bottom ||
          other.top >= one.bottom,
      );
    }
    for (const { x, y } of points) {
      assert.ok(x <= one.left || x >= one.right || y <= one.top || y >= one.bottom);
    }
  }
});

test("a task set's frontier holds what nothing cheaper beats, of what is whole and has a rank", () => {
  const spots = spotsOf([
    row({ model: "cheap", score: 0.1, totalCost: 1 }),
    row({ model: "worse", score: 0.05, totalCost: 2 }),
    row({ model: "dear", score: 0.5, totalCost: 100 }),
    row({ model: "other", score: 0.2, totalCost: 1, source: "ARC2-Eval" }),
    row({ model: "untold", score: 0.9 }),
    row({ model: "partial", score: 0.8, totalCost: 1, tasksSubmitted: 94 }),
    row({ model: "nearly whole", score: 0.6, totalCost: 200, tasksSubmitted: 95 }),
    row({ model: "people", score: 1, totalCost: 3, kind: "human_panel" }),
    row({ model: "chance", score: 0.9, totalCost: 0.1, kind: "baseline" }),
  ]);
  const found = [...frontiers(spots)].map(([source, members]) => [
    source,
    members.map((each) => each.row.model),
  ]);
  assert.deepEqual(found, [
    ["ARC1-Eval", ["cheap", "dear", "nearly whole"]],
    ["ARC2-Eval", ["other"]],
  ]);
});

test("a day shows what was there by then, in the frame of all, and the last day everything", () => {
  const models = [
    row({ model: "old", releaseDate: "2025-01-02", totalCost: 1, score: 0.1 }),
    row({ model: "new", releaseDate: "2025-03-04", totalCost: 1_000, score: 0.9 }),
    row({ model: "same", releaseDate: "2025-01-02", totalCost: 2, score: 0.2 }),
    row({ model: "undated", totalCost: 3, score: 0.3 }),
    row({ model: "person", kind: "human_panel", releaseDate: "2025-03-04", totalCost: 5_000, score: 0.95 }),
  ];
  const days = daysOf(models, "released");
  assert.deepEqual(days, ["2025-01-02", "2025-03-04"]);
  const named = (place: number) => thereOn(models, "released", days, place).map(({ model }) => model);
  assert.deepEqual(named(0), ["old", "same"]);
  assert.equal(named(1).length, 5);
  assert.deepEqual(
    [null, "2024-12-31", "2025-01-02", "2025-02-02", "2026-01-01"].map((until) => placeOf(days, until)),
    [1, 0, 0, 0, 1],
  );
  const [then, now] = [thereOn(models, "released", days, 0), models].map((shown) =>
    chartOf(shown, 900, "", models),
  );
  assert.deepEqual(then?.plot.costs, now?.plot.costs);
  assert.deepEqual(then?.plot.y.domain(), now?.plot.y.domain());
  assert.equal(then?.byKey.size, 2);
  assert.deepEqual(chartOf(models, 900, "").plot.y.domain(), now?.plot.y.domain());
});

test("the cost axis holds every cost and a power of ten", () => {
  for (const costs of [[0.3], [2, 3], [0.0000037, 0.0011], [5, 5_000]]) {
    const [low, high] = extent(costs);
    assert.ok(low < Math.min(...costs) && high > Math.max(...costs));
    assert.ok(ticks([low, high]).length >= 2);
    assert.ok(ticks([low, high]).some((tick) => Number.isInteger(Math.log10(tick))));
    for (const tick of ticks([low, high])) assert.ok(tick >= low * 0.999 && tick <= high * 1.001);
  }
});

test("a name keeps off the words of the axis at its left", () => {
  const points = [
    { key: "o3", x: 80, y: 50, width: 40 },
    { key: "beside", x: 100, y: 50, width: 400 },
  ];
  const [first] = placeLabels(points, { width: 120, height: 340 });
  assert.equal(first?.anchor, "end");
  const [kept] = placeLabels(points, { left: 52, width: 120, height: 340 });
  assert.equal(kept?.anchor, "middle");
});

test("axis labels stand apart, and a long name keeps both of its ends", () => {
  assert.deepEqual(
    apart([1, 2, 5, 10, 20], (mark) => 100 * Math.log10(mark), 60),
    [1, 5, 20],
  );
  assert.equal(short("GPT 5", 20), "GPT 5");
  assert.equal(short("Baseline Ensemble (thinking high)", 20), "Baseline E…ing high)");
  assert.ok(short("Baseline Ensemble (thinking high)", 20).length <= 20);
});

test("marks that would cover each other are piled up, each above its own moment", () => {
  const places = piled([0, 5, 30, 31, 44, 46], 15);
  assert.deepEqual(
    places.map(({ x, level }) => [x, level]),
    [
      [0, 0],
      [5, 1],
      [30, 0],
      [31, 1],
      [44, 2],
      [46, 0],
    ],
  );
  const [first, second, third] = places.map(({ pile }) => pile);
  assert.equal(first, second);
  assert.deepEqual(first, { levels: 2, marks: 2, from: 0, to: 5 });
  assert.deepEqual(third, { levels: 3, marks: 4, from: 30, to: 46 });
  assert.deepEqual(
    piled([0, 5, 15], 15).map(({ level }) => level),
    [0, 1, 0],
  );
  assert.deepEqual(piled([], 15), []);
});

const rungs = (...efforts: (string | null)[]) =>
  efforts.map((effort, place) => ({
    key: String(place),
    cost: 100 - place,
    row: row({ model: `m-${effort}`, baseName: "M", effort }),
  }));

test("one model's submissions are joined from the least effort to the most, whatever they cost", () => {
  const [levels] = laddersOf(rungs("xhigh", "high", null, "none", "max", "low", "minimal", "medium"));
  assert.deepEqual(
    levels?.rungs.map(({ row: { effort } }) => effort),
    ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
  );
  const [budgets] = laddersOf(rungs("16k", "1k", "turbo", "8K", "none"));
  assert.deepEqual(
    budgets?.rungs.map(({ row: { effort } }) => effort),
    ["none", "1k", "8K", "16k", "turbo"],
  );
  const [alike] = laddersOf(rungs("high", "low", "high"));
  assert.deepEqual(
    alike?.rungs.map(({ cost }) => cost),
    [99, 98, 100],
  );
});

test("models that differ in more than effort are not joined, nor is one alone", () => {
  assert.deepEqual(laddersOf(rungs("high", null)), []);
  assert.deepEqual(laddersOf(rungs("high", "high")), []);
  const [low, high] = rungs("low", "high");
  for (const other of [
    { baseName: "M Pro" },
    { dataset: "c/d" },
    { kind: "system" },
    { provider: "P" },
  ] as const) {
    const both = [low, high && { ...high, row: { ...high.row, ...other } }].filter(
      (each) => each !== undefined,
    );
    assert.deepEqual(laddersOf(both), []);
  }
});

test("unknown figures come last in either order", () => {
  const rows = [row({ model: "a" }), row({ model: "b", totalCost: 1 }), row({ model: "c", totalCost: 2 })];
  assert.deepEqual(
    sorted(rows, "cost", false).map(({ model }) => model),
    ["b", "c", "a"],
  );
  assert.deepEqual(
    sorted(rows, "cost", true).map(({ model }) => model),
    ["c", "b", "a"],
  );
});

const result = (puzzleId: string, pairsSolved: number, pairsTotal = 2) => ({
  puzzleId,
  pairsSolved,
  pairsTotal,
});

test("every task of the set has one cell, answered or not", () => {
  const found = cells({ tasks: [result("b", 2), result("a", 1), result("c", 0)], notAttempted: ["d"] });
  assert.deepEqual(
    found.map(({ id, state }) => `${id} ${state}`),
    ["a partial", "b correct", "c incorrect", "d missing"],
  );
  assert.deepEqual(tally(found), { correct: 1, partial: 1, incorrect: 1, missing: 1 });
});

test("a duel tells who solved what", () => {
  const one = cells({ tasks: [result("a", 2), result("b", 2), result("c", 0)], notAttempted: ["d"] });
  const other = cells({ tasks: [result("a", 2), result("b", 1), result("c", 2)], notAttempted: ["d"] });
  assert.deepEqual(
    duel(one, other).map((each) => each.result),
    ["both", "first", "second", "neither"],
  );
});

test("models are told apart by what the API knows of them, and by nothing that is guessed here", () => {
  const rows = [
    row({ model: "claude-1", provider: "Anthropic", family: "Claude", kind: "model" }),
    row({ model: "gpt-1", provider: "OpenAI", family: "GPT", kind: "model" }),
    row({ model: "gpt-agent", provider: "OpenAI", family: "GPT", kind: "system" }),
    row({ model: "claude-of-someone" }),
  ];
  assert.deepEqual(choices(rows, "provider"), [
    ["Anthropic", "Anthropic (1)"],
    ["OpenAI", "OpenAI (2)"],
    ["unknown", "unknown (1)"],
  ]);
  assert.deepEqual(
    choices([...rows, row({ kind: "human_panel" })], "kind").map(([, label]) => label),
    ["human panel (1)", "model (2)", "system (1)", "unknown (1)"],
  );
  const models = (words: object) =>
    chosen(rows, { provider: "", family: "", kind: "", ...words }).map(({ model }) => model);
  assert.deepEqual(models({}).length, 4);
  assert.deepEqual(models({ family: "GPT", kind: "system" }), ["gpt-agent"]);
  assert.deepEqual(models({ provider: "unknown" }), ["claude-of-someone"]);
  assert.deepEqual(choices([...rows, row({ family: "Kimi" })], "family"), [
    ["GPT", "GPT (2)"],
    ["other", "Other (2)"],
    ["unknown", "unknown (1)"],
  ]);
  assert.deepEqual(models({ family: "other" }), ["claude-1"]);
});

test("what is known of a model is said in a line, and nothing where nothing is", () => {
  assert.equal(known(row({})), "");
  const all = {
    provider: "P",
    family: "F",
    effort: "32k",
    releaseDate: "2026-01-02",
    kind: "system",
  } as const;
  assert.equal(known(row(all)), "system · P · F · effort 32k · released 2026-01-02");
  assert.equal(known(row({ ...all, kind: "model", effort: null })), "P · F · released 2026-01-02");
});

test("a combobox finds every word typed, and its keys go round", () => {
  const options = [
    { value: "a/x", label: "GPT 5 (high)" },
    { value: "a/y", label: "GPT 5 (low)" },
  ];
  const groups = [{ label: "ARC-AGI-2", options }];
  assert.deepEqual(
    matching(groups, "low gpt")[0]?.options.map(({ value }) => value),
    ["a/y"],
  );
  assert.equal(matching(groups, "arc-agi-2")[0]?.options.length, 2);
  assert.deepEqual(matching(groups, "claude"), []);
  assert.equal(step(options, options[1], "ArrowDown"), options[0]);
  assert.equal(step(options, options[0], "ArrowUp"), options[1]);
  assert.equal(step(options, options[0], "x"), undefined);
});

test("folders with something to do come first", () => {
  const folders = [
    { name: "done", ingested: true, attemptsFound: 2, withoutTasks: false },
    { name: "newer", ingested: false, attemptsFound: 2, withoutTasks: false },
    { name: "pictures", ingested: false, attemptsFound: 0, withoutTasks: true },
    { name: "new", ingested: false, attemptsFound: 0, withoutTasks: false },
  ];
  assert.deepEqual(
    listed(folders, "", "").map(({ name, state }) => [name, state]),
    [
      ["new", "new"],
      ["newer", "changed"],
      ["done", "ingested"],
      ["pictures", "empty"],
    ],
  );
  assert.deepEqual(
    listed(folders, "changed", "NEW").map(({ name }) => name),
    ["newer"],
  );
});

test("an address typed by hand never makes a filter that the API refuses", () => {
  const wild = new URLSearchParams("status=odd&auto=maybe&page=-3&sort=drop&order=up");
  assert.deepEqual(filterOf(wild), { sort: "startedAt", order: "desc", limit: 25, offset: 0 });
  const good = new URLSearchParams("status=failed&auto=true&page=3&sort=failed&order=asc");
  assert.deepEqual(filterOf(good), {
    status: "failed",
    autoTriggered: true,
    sort: "failed",
    order: "asc",
    limit: 25,
    offset: 50,
  });
  const odd = new URLSearchParams("dataset=no-slash&q=%00");
  assert.deepEqual(Object.keys(filterOf(odd)).sort(), ["limit", "offset", "order", "sort"]);
  const found = filterOf(new URLSearchParams("dataset=a/b&q=%20gpt%205%20"));
  assert.deepEqual([found.dataset, found.search], ["a/b", "gpt 5"]);
});

test("the room that is kept for a name is as wide as it is drawn, or a little wider", () => {
  // As Chromium draws them in Geist's semibold of 12 px.
  const drawn: [string, number][] = [
    ["Claude Opus 4.5 (Thinking, 32K)", 182.8],
    ["GPT-5.2 (xhigh)", 88.5],
    ["QWEN3 MAX", 71],
    ["0123456789", 72.4],
    ["WWWW MMMM", 92.4],
  ];
  for (const [text, width] of drawn) {
    assert.ok(widthOf(text) >= width, text);
    assert.ok(widthOf(text) < 1.2 * width, text);
  }
  assert.equal(widthOf("模型"), 25);
});
