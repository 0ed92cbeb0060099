/** Lists wait for their reader, notices are one, and a failure is told until somebody has seen it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { ModelRow, Run, Schemas } from "../src/api/client.ts";
import { changesOf, NOTHING, said, waiting, withOwn } from "../src/live/held.ts";
import { failureOf, summed, unseen } from "../src/live/notices.ts";

interface Row {
  id: string;
  at: number;
}
const LIST = { keyOf: ({ id }: Row) => id, stampOf: ({ at }: Row) => at };
const rows = (...ids: string[]): Row[] => ids.map((id) => ({ id, at: 1 }));

test("what is new, changed or gone is counted and said", () => {
  const shown = rows("a", "b", "c");
  assert.equal(changesOf(shown, shown, LIST), NOTHING);
  assert.deepEqual(changesOf(shown, rows("c", "b", "a"), LIST), NOTHING);
  const live = [{ id: "a", at: 2 }, ...rows("b", "d", "e")];
  assert.deepEqual(changesOf(shown, live, LIST), { added: 2, changed: 1, gone: 1 });
  assert.equal(said(changesOf(shown, live, LIST)), "2 new, 1 changed, 1 gone");
  assert.equal(said(NOTHING), "");
});

test("what leaves a page of a longer list is not gone", () => {
  assert.equal(said(changesOf(rows("a", "b"), rows("c", "a"), { ...LIST, isPage: true })), "1 new");
});

test("what its reader asked for is shown at its place, and the rest waits", () => {
  const shown = rows("b", "c");
  const live = rows("mine", "a", "b");
  const own = { ...LIST, isPage: true, isOwn: ({ id }: Row) => id === "mine" };
  const now = withOwn(shown, live, own);
  assert.deepEqual(now, rows("mine", "b"));
  assert.equal(said(changesOf(now, live, own)), "1 new");
  assert.equal(withOwn(shown, live, LIST), shown);
  assert.equal(withOwn(shown, rows("a", "b"), own), shown);
});

test("a pause says what waits", () => {
  assert.deepEqual(
    [waiting(0, false), waiting(1, false), waiting(12, false)],
    ["Paused", "Paused, 1 update waiting", "Paused, 12 updates waiting"],
  );
  assert.deepEqual(
    [waiting(0, true), waiting(1, true)],
    ["Paused, updates may be waiting", "Paused, 1 update or more waiting"],
  );
});

test("one notice stands for all that came while it was shown", () => {
  const first = summed(null, { kind: "good", title: "A landed" }, 1);
  const third = summed(summed(first, { kind: "good", title: "B landed" }, 2), { kind: "bad", title: "C" }, 3);
  assert.deepEqual([first.more, third.title, third.more, third.id], [0, "C", 2, 3]);
});

const NOW = Date.parse("2026-11-28T12:00:00Z");
const run = (id: number, completedAt: string, more: Partial<Run> = {}) =>
  ({
    id,
    completedAt,
    startedAt: completedAt,
    datasetName: "m",
    dataset: "a/b",
    errorLog: "why",
    dryRun: false,
    ...more,
  }) as Run;
const told = (values: Partial<Schemas["FailedEvent"]>) =>
  failureOf({
    runId: null,
    dataset: "a/b",
    model: "n",
    kind: "folder_gone",
    reason: "gone",
    deliveryCount: 6,
    dryRun: false,
    failedAt: "2026-11-28T11:00:00Z",
    ...values,
  });
const keys = (known: Partial<Parameters<typeof unseen>[0]>) =>
  unseen({ runs: [], told: [], seen: [], models: [], ...known }, NOW).map(({ key }) => key);

test("failures of these days are told, the newest first, each once", () => {
  const runs = [
    run(1, "2026-11-28T10:00:00Z"),
    run(2, "2026-11-28T10:30:00Z"),
    run(3, "2026-11-20T10:00:00Z"),
  ];
  const both = [told({}), told({ runId: 2, failedAt: "2026-11-28T10:30:00Z" })];
  assert.deepEqual(keys({ runs, told: both }), ["2026-11-28T11:00:00Z n", "run-2", "run-1"]);
});

test("a failure that was seen, was a dry run, or was made good since is told no more", () => {
  const runs = [run(1, "2026-11-28T10:00:00Z")];
  assert.deepEqual(keys({ runs, seen: ["run-1"] }), []);
  assert.deepEqual(keys({ runs: [run(1, "2026-11-28T10:00:00Z", { dryRun: true })] }), []);
  const row = (ingestedAt: string) => [{ dataset: "a/b", model: "m", ingestedAt } as ModelRow];
  assert.deepEqual(keys({ runs, models: row("2026-11-28T11:00:00Z") }), []);
  assert.deepEqual(keys({ runs, models: row("2026-11-28T09:00:00Z") }), ["run-1"]);
});
