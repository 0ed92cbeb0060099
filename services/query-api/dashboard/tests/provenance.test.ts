/** Each figure is shown as the sum of its tasks, of all attempts together or of one. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { ModelDetail } from "../src/api/client.ts";
import { sortedBy } from "../src/lib/sorting.ts";
import { linesOf, ORDERS, sumOf } from "../src/pages/overview/provenance/lines.ts";

const at = (pairsSolved: number, cost: number | null) => ({ pairsSolved, cost, tokens: 100, timeMs: 1_000 });
const file = (path: string | null) => ({
  path,
  blobOid: "0".repeat(40),
  hubUrl: path && `https://hub/${path}`,
});

const detail = {
  tasksTotal: 4,
  tasksSubmitted: 3,
  pairsTotal: 6,
  tasks: [
    { puzzleId: "b", pairsTotal: 2, pairsSolved: 2, attempts: [at(1, 0.5), at(1, 0.25)], ...file("b.json") },
    { puzzleId: "a", pairsTotal: 2, pairsSolved: 1, attempts: [at(1, null), null], ...file("v2/a.json") },
    { puzzleId: "c", pairsTotal: 1, pairsSolved: 0, attempts: [], ...file(null) },
  ],
  notAttempted: ["d"],
} as unknown as ModelDetail;

test("each task of the set has a line, with what all attempts came to and took together", () => {
  const lines = linesOf(detail, null);
  assert.deepEqual(
    lines.map(({ id, state, share, solved, cost, tokens }) => [id, state, share, solved, cost, tokens]),
    [
      ["a", "partial", 0.5, 1, null, 100],
      ["b", "correct", 1, 2, 0.75, 200],
      ["c", "incorrect", 0, 0, null, null],
      ["d", "missing", 0, null, null, null],
    ],
  );
  assert.deepEqual(
    lines.map(({ path, hubUrl }) => [path, hubUrl]),
    [
      ["v2/a.json", "https://hub/v2/a.json"],
      ["b.json", "https://hub/b.json"],
      [null, null],
      [null, null],
    ],
  );
});

test("of one attempt only its own answers count", () => {
  const second = linesOf(detail, 1);
  assert.deepEqual(
    second.map(({ id, state, share, cost }) => [id, state, share, cost]),
    [
      ["a", "missing", 0, null],
      ["b", "partial", 0.5, 0.25],
      ["c", "missing", 0, null],
      ["d", "missing", 0, null],
    ],
  );
});

test("the lines add up to the figure that was asked for", () => {
  const lines = linesOf(detail, null);
  const said = (origin: keyof typeof ORDERS) => sumOf(lines, origin, detail, "All attempts");
  assert.match(
    said("share"),
    /1 are solved whole.*1\.5, is 37\.5% of the 4 tasks.*50\.0% of the 3 submitted/,
  );
  assert.match(said("pairs"), /3 of the set's 6 test pairs right, 50\.0%/);
  assert.match(said("cost"), /\$0\.75/);
  assert.match(said("tokens"), /add up to 300/);
  assert.match(said("time"), /3\.0 s/);
});

test("lines are sorted by each column, what is not known last either way", () => {
  const ids = (origin: keyof typeof ORDERS, reversed = false) =>
    sortedBy(linesOf(detail, null), ORDERS[origin], reversed, ({ id }) => id).map(({ id }) => id);
  assert.deepEqual(ids("share"), ["b", "a", "c", "d"]);
  assert.deepEqual(ids("cost"), ["b", "a", "c", "d"]);
  assert.deepEqual(ids("tokens", true), ["a", "b", "c", "d"]);
  assert.deepEqual(ids("task", true), ["d", "c", "b", "a"]);
  assert.deepEqual(ids("file"), ["b", "a", "c", "d"]);
});
