/** Grids, moments and names are told apart; submissions are found. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { ModelRow } from "../src/api/client.ts";
import { difference as gridDifference, differing, verdict } from "../src/lib/grids.ts";
import { kindName, setName } from "../src/lib/names.ts";
import {
  apart,
  asked,
  datasetNames,
  named,
  newestOf,
  onDataset,
  ranked,
  ranks,
  sharing,
} from "../src/lib/rows.ts";
import { short } from "../src/lib/clip.ts";
import { rankOf, unranked } from "../src/lib/standing.ts";
import { taskSetIn, taskSetsOf } from "../src/lib/taskSets.ts";
import { difference } from "../src/lib/tasks.ts";
import { moments } from "../src/lib/format.ts";
import { walk } from "../src/hooks/useRoving.ts";

const expected = [
  [1, 2, 3],
  [4, 5, 6],
];

test("cells of grids of one size are compared one by one", () => {
  assert.equal(verdict(expected, expected), "correct");
  assert.equal(
    verdict(
      [
        [1, 2, 0],
        [4, 5, 6],
      ],
      expected,
    ),
    "1 cell differs",
  );
  assert.deepEqual(
    differing(
      [
        [1, 2, 0],
        [0, 5, 6],
      ],
      expected,
    ),
    [
      [2, 0],
      [0, 1],
    ],
  );
});

test("of grids of two sizes only the shared cells are compared, and the size is called wrong", () => {
  const tall = [
    [1, 0],
    [4, 5],
    [7, 8],
  ];
  assert.deepEqual(gridDifference(tall, expected), { sameSize: false, wrong: 1, shared: 4 });
  assert.deepEqual(differing(tall, expected), [[1, 0]]);
  assert.equal(verdict(tall, expected), "wrong size, 1 of 4 shared cells differ");
  assert.equal(verdict([[1, 2]], expected), "wrong size, 0 of 2 shared cells differ");
});

test("moments of one minute show their seconds, others do not", () => {
  const isos = ["2026-11-24T10:00:18.5Z", "2026-11-24T10:00:01Z", "2026-11-23T10:00:00Z"];
  assert.deepEqual(moments(isos), [
    "2026-11-24 10:00:18 UTC",
    "2026-11-24 10:00:01 UTC",
    "2026-11-23 10:00 UTC",
  ]);
});

test("words of the API are called by names, and new ones by themselves", () => {
  assert.equal(kindName("not_json"), "not JSON");
  assert.equal(kindName("kind_of_tomorrow"), "kind of tomorrow");
  assert.equal(setName("ARC2-Eval"), "ARC-AGI-2 eval");
  assert.equal(setName("ARC3"), "ARC3");
});

const usable = { tasksSubmitted: 1, attempts: [{}] };
const row = (dataset: string, model: string, score: number, landedAt = "2026-11-24T12:00:00Z") =>
  ({
    ...usable,
    dataset,
    model,
    displayName: model.toUpperCase(),
    source: dataset,
    score,
    ingestedAt: "2026-11-28T12:00:00Z",
    landedAt,
  }) as ModelRow;

test("a dataset leads to the same model, or to the best where the model is not", () => {
  const rows = [row("a/1", "m", 0.1), row("a/2", "m", 0.2), row("a/2", "n", 0.9), row("a/3", "n", 0.5)];
  const found = [...onDataset(rows, "m")].map(([dataset, { model }]) => [dataset, model]);
  assert.deepEqual(found, [
    ["a/1", "m"],
    ["a/2", "m"],
    ["a/3", "n"],
  ]);
});

test("an address means the model of its dataset, and without one the one that landed last", () => {
  const [here, there] = [row("a/1", "m", 0.1, "2026-11-25T12:00:00Z"), row("b/1", "m", 0.2)];
  const [empty, other] = [row("c/1", "m", 0, "2026-11-26T12:00:00Z"), row("c/1", "n", 0.9)];
  const rows = [there, here, { ...empty, tasksSubmitted: 0 }, other];
  assert.equal(asked(rows, "a/1", "m"), here);
  assert.equal(asked(rows, "B/1", "m"), there);
  assert.equal(asked(rows, null, "m"), here);
  assert.equal(asked(rows, "d/1", "m"), undefined);
  assert.equal(asked(rows, null, "o"), undefined);
  const capital = row("A/1", "m", 0.3);
  assert.equal(asked([here, capital], "A/1", "m"), capital);
});

test("a dataset is named beside its task set where another one answers that, too", () => {
  const of = (dataset: string, source: string) => ({ ...row(dataset, "m", 0.5), source });
  const rows = [of("a/eval", "ARC2-Eval"), of("b/eval", "ARC2-Eval"), of("c/one", "ARC1-Eval")];
  assert.deepEqual(
    [...datasetNames(rows).values()],
    ["ARC-AGI-2 eval · a/eval", "ARC-AGI-2 eval · b/eval", "ARC-AGI-1 eval"],
  );
  assert.deepEqual(sharing(rows), new Set(["a/eval", "b/eval"]));
  assert.deepEqual(sharing(rows.slice(1)), new Set());
});

test("two that are called alike are told apart by their datasets, or in one dataset by their folders", () => {
  const names = (one: ModelRow, other: ModelRow) => apart(one, other).map(({ displayName }) => displayName);
  assert.deepEqual(names(row("a/1", "m", 0.1), row("b/1", "m", 0.2)), ["M (a/1)", "M (b/1)"]);
  assert.deepEqual(names(row("a/1", "m", 0.1), row("b/1", "n", 0.2)), ["M", "N"]);
  const other = { ...row("a/1", "n", 0.2), displayName: "M" };
  assert.deepEqual(names(row("a/1", "m", 0.1), other), ["M (m)", "M (n)"]);
});

test("ranks are a range where several fit, and how many there are is counted within the task set", () => {
  const of = (rank: number | null, best?: number, worst?: number) => ({
    ...row("a", "m", 0.5),
    rank,
    rankRange: best && worst ? { best, worst } : null,
  });
  assert.deepEqual([of(4, 3, 7), of(1, 1, 1), of(2), of(null)].map(ranks), ["3–7", "1", "2", "–"]);
  assert.equal(ranked([of(1), of(null), { ...of(1), source: "b" }], "a"), 1);
});

test("two models are called better only where they can be told apart", () => {
  const test = { sharedTasks: 118, difference: -0.031, pValue: 0.3415, distinguishable: false };
  assert.equal(
    difference(test, "A", "B"),
    "A is not distinguishable from B: 3.1 points apart on the 118 tasks that both answer (p = 0.342).",
  );
  assert.equal(
    difference({ ...test, pValue: 0.00001, distinguishable: true }, "A", "B"),
    "B is better than A by 3.1 points on the 118 tasks that both answer (p < 0.001).",
  );
  assert.equal(difference({ ...test, difference: null }, "A", "B"), "A and B share no answered task.");
});

test("names are found by any of their words, and the newest by its landing", () => {
  const rows = [row("a", "gpt-5-high", 0.5), row("a", "gpt-5-low", 0.4, "2026-11-25T12:00:00Z")];
  assert.deepEqual(
    named(rows, "LOW gpt").map(({ model }) => model),
    ["gpt-5-low"],
  );
  assert.equal(named(rows, "").length, 2);
  assert.equal(newestOf(rows)?.model, "gpt-5-low");
  assert.equal(newestOf([]), undefined);
  const later = row("a", "useless", 0, "2026-11-26T12:00:00Z");
  assert.equal(newestOf([...rows, { ...later, tasksSubmitted: 0 }])?.model, "gpt-5-low");
  assert.equal(newestOf([...rows, { ...later, attempts: [] }])?.model, "gpt-5-low");
});

test("arrow keys walk to the ends and stay there", () => {
  assert.deepEqual(
    ["ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown", "Home", "End", "x"].map((key) => walk(key, 1, 3)),
    [2, 2, 0, 0, 0, 2, undefined],
  );
  assert.equal(walk("ArrowRight", 2, 3), 2);
  assert.equal(walk("ArrowLeft", 0, 3), 0);
});

test("the hook for other apps needs nothing of this one", () => {
  const source = readFileSync(new URL("../src/hooks/useLatestHFModel.ts", import.meta.url), "utf-8");
  const imports = [...source.matchAll(/^import .* from "(.*)";$/gm)].map(([, name]) => name);
  assert.deepEqual(imports, ["@tanstack/react-query"]);
});

test("a long name keeps its beginning and its end, and no half of a character", () => {
  assert.equal(short("gpt-5 (high)", 12), "gpt-5 (high)");
  assert.equal(short(`${"a".repeat(300)}-high`, 9), "aaaa…high");
  assert.equal(short("👩‍🚀".repeat(300), 3), "👩‍🚀…👩‍🚀");
});

test("a rank is the submission's own, with the ranks that it may have as well", () => {
  assert.deepEqual(rankOf({ rank: 2, rankRange: { best: 1, worst: 5 } }), { rank: "2", range: "1–5" });
  assert.deepEqual(rankOf({ rank: 2, rankRange: { best: 2, worst: 2 } }), { rank: "2", range: null });
  assert.deepEqual(rankOf({ rank: 2, rankRange: null }), { rank: "2", range: null });
  assert.deepEqual(rankOf({ rank: null, rankRange: null }), { rank: "–", range: null });
});

test("a rank that is not there is said in words: none is, or it is not known yet", () => {
  const pending = {
    rank: null,
    kind: "model",
    status: "completed",
    tasksSubmitted: 3,
    attempts: [{ modelName: "m-attempt1", accuracyPercent: 1 }],
  } as ModelRow;
  assert.equal(unranked(pending), "being compared");
  const none: Partial<ModelRow>[] = [
    { kind: "baseline" },
    { status: "removed" },
    { tasksSubmitted: 0 },
    { attempts: [] },
  ];
  for (const each of none) assert.equal(unranked({ ...pending, ...each }), "no rank");
});

test("an address means the task set it names, its dataset's, or the first one", () => {
  const rows = ["ARC1", "ConceptARC", "ARC1-Eval", "ARC2-Eval", "ARC1"].map(
    (source, place) => ({ source, dataset: `a/${place}` }) as ModelRow,
  );
  assert.deepEqual(
    taskSetsOf(rows).map(({ source, submissions }) => [source, submissions]),
    [
      ["ARC2-Eval", 1],
      ["ARC1-Eval", 1],
      ["ARC1", 2],
      ["ConceptARC", 1],
    ],
  );
  const meant = (address: string) => taskSetIn(new URLSearchParams(address), rows);
  assert.deepEqual(
    ["", "set=ARC1", "dataset=a/1", "dataset=a/nothing", "set=ARC1&dataset=a/1", "set=Nothing"].map(meant),
    ["ARC2-Eval", "ARC1", "ConceptARC", "ARC2-Eval", "ARC1", "Nothing"],
  );
  assert.equal(taskSetIn(new URLSearchParams(), []), undefined);
});
