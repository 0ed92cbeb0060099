/** Figures and moments read the way people say them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ago,
  ahead,
  bounds,
  compact,
  duration,
  money,
  moment,
  percent,
  plural,
  share,
  tick,
} from "../src/lib/format.ts";
import { occasion, setName } from "../src/lib/names.ts";
import { inWords, lastSync } from "../src/lib/schedule.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const before = (ms: number) => new Date(NOW - ms).toISOString();

test("a small score keeps digits that tell it from zero", () => {
  assert.deepEqual([0, 0.0025, 0.0525, 0.5375, 1].map(percent), ["0%", "0.25%", "5.25%", "53.8%", "100%"]);
  assert.equal(percent(null), "–");
  assert.equal(tick(0.06), "6%");
});

test("an interval is from its lowest to its highest score, lopsided as it is", () => {
  assert.equal(bounds({ low: 0.4119, high: 0.5881 }), "41.2–58.8%");
  assert.equal(bounds({ low: 0.0086, high: 0.0712 }), "0.86–7.12%");
  assert.equal(bounds(null), "–");
});

test("money keeps two digits below a cent, and cents above a dollar", () => {
  assert.deepEqual([0, 0.00048, 0.114, 3.5, 1234.5].map(money), [
    "$0",
    "$0.00048",
    "$0.114",
    "$3.50",
    "$1,234.50",
  ]);
  assert.equal(money(null), "–");
});

test("durations go from milliseconds to hours", () => {
  assert.deepEqual([57, 1_500, 61_000, 7_260_000].map(duration), [
    "57 ms",
    "1.5 s",
    "1 min 1 s",
    "2 h 1 min",
  ]);
  assert.deepEqual([59_980, 119_700, 3_599_800, 7_199_000].map(duration), [
    "1 min 0 s",
    "2 min 0 s",
    "1 h 0 min",
    "2 h 0 min",
  ]);
});

test("moments are told from the present, and a clock that is ahead reads as now", () => {
  assert.deepEqual(
    [-5_000, 30_000, 300_000, 5 * 3_600_000, 9 * 86_400_000].map((ms) => ago(before(ms), NOW)),
    ["just now", "just now", "5 min ago", "5 h ago", "9 days ago"],
  );
  assert.equal(ahead(before(-5 * 3_600_000), NOW), "in 5 h");
  assert.equal(ahead(before(1), NOW), "due now");
});

test("moments are in UTC, whatever the zone of the reader", () => {
  assert.equal(moment("2026-11-24T02:00:00+02:00"), "2026-11-24 00:00 UTC");
});

test("a share of nothing is not known", () => {
  assert.equal(share(1, 0), null);
  assert.equal(share(null, 4), null);
  assert.equal(share(1, 4), 0.25);
});

test("names and numbers", () => {
  assert.equal(setName("ARC2-Eval"), "ARC-AGI-2 eval");
  assert.equal(setName("ConceptARC"), "ConceptARC");
  assert.equal(plural(1, "model"), "1 model");
  assert.equal(plural(1_200, "entry", "entries"), "1,200 entries");
  assert.equal(compact(1_532_804), "1.5M");
});

test("usual schedules are said in words, others are quoted", () => {
  const said: [string, string][] = [
    ["0 2 * * *", "nightly at 2 AM UTC"],
    ["30 14 * * *", "daily at 2:30 PM UTC"],
    ["0 0 * * *", "nightly at 12 AM UTC"],
    ["*/15 * * * *", "every 15 minutes"],
    ["0 */6 * * *", "every 6 hours"],
    ["5 * * * *", "hourly, 5 minutes past"],
    ["0 3 * * 1", "every Monday at 3 AM UTC"],
    ["0 3 1 * *", "on the schedule “0 3 1 * *” (UTC)"],
    ["0 3 * * 1-5", "on the schedule “0 3 * * 1-5” (UTC)"],
  ];
  for (const [expression, words] of said) assert.equal(inWords(expression), words);
});

test("why a sync ran is said in words, also where a newer watcher has another reason", () => {
  assert.equal(occasion("manual"), "asked for by hand");
  assert.equal(occasion("startup"), "at the start");
  assert.equal(occasion("full_moon"), "full moon");
});

test("a sync that failed does not say that it found nothing", () => {
  const last = { lastStatus: "completed", lastNewModelsFound: 1, lastTrigger: "schedule" } as const;
  assert.equal(lastSync(last), "found 1 new model, on schedule");
  assert.equal(lastSync({ ...last, lastStatus: "failed", lastNewModelsFound: 0 }), "on schedule");
  assert.equal(lastSync({ ...last, lastTrigger: null }), "found 1 new model");
});
