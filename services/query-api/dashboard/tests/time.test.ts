/** Moments are told in UTC and by the reader's clock, and an axis never leaves a year open. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { scaleUtc } from "d3-scale";

import {
  axisLabels,
  beside,
  both,
  clockAt,
  date,
  ends,
  here,
  own,
  timeMarks,
  zoneAt,
} from "../src/lib/time.ts";

const at = (text: string) => new Date(text);

test("the ends of an axis never carry the same label", () => {
  const at = (text: string) => new Date(text);
  assert.deepEqual(ends(at("2026-11-20T10:00:00Z"), at("2026-11-24T10:00:00Z")), ["Nov 20", "Nov 24"]);
  assert.deepEqual(ends(at("2026-11-24T10:00:00Z"), at("2026-11-24T12:30:00Z")), ["10:00", "12:30"]);
  assert.deepEqual(ends(at("2025-11-24T10:00:00Z"), at("2026-11-24T10:00:00Z")), [
    "Nov 24, 2025",
    "Nov 24, 2026",
  ]);
  assert.deepEqual(ends(at("2026-11-24T10:00:01Z"), at("2026-11-24T10:00:18Z")), ["10:00:01", "10:00:18"]);
});

test("a moment is told by the reader's clock too, unless that shows UTC", () => {
  const winter = "2026-01-05T23:30:00Z";
  assert.equal(here(winter, "Europe/Berlin"), "Jan 6, 2026, 00:30 GMT+1");
  assert.equal(here("2026-07-05T23:30:00Z", "Europe/Berlin"), "Jul 6, 2026, 01:30 GMT+2");
  assert.equal(here(winter, "Asia/Kolkata"), "Jan 6, 2026, 05:00 GMT+5:30");
  assert.deepEqual([here(winter, "UTC"), here(winter, "Europe/London")], ["", ""]);
  assert.equal(own(winter, "Europe/Berlin"), "2026-01-06 00:30 GMT+1");
  assert.equal(own(winter, "UTC"), "");
  assert.deepEqual([zoneAt(winter, "Europe/London"), zoneAt(winter, "Asia/Kolkata")], ["", "GMT+5:30"]);
  assert.equal(both(winter, "Europe/Berlin"), "2026-01-05 23:30 UTC · Jan 6, 2026, 00:30 GMT+1");
  assert.equal(both(winter, "UTC"), "2026-01-05 23:30 UTC");
  assert.equal(date("2026-01-05T23:30:00-03:00"), "2026-01-06");
});

test("the day is by the same clock as the time, and the other clock says its day where it is another one", () => {
  const evening = "2026-01-05T23:30:00Z";
  assert.deepEqual(clockAt(evening, false, "Europe/Berlin"), ["2026-01-05", "23:30 UTC"]);
  assert.deepEqual(clockAt(evening, true, "Europe/Berlin"), ["2026-01-06", "00:30 GMT+1"]);
  assert.deepEqual(clockAt(evening, true, "UTC"), ["2026-01-05", "23:30 UTC"]);
  assert.equal(beside(evening, false, "Europe/Berlin"), "2026-01-06 00:30 GMT+1");
  assert.equal(beside(evening, true, "Europe/Berlin"), "2026-01-05 23:30 UTC");
  assert.equal(beside("2026-01-05T12:30:00Z", false, "Europe/Berlin"), "13:30 GMT+1");
  assert.equal(beside(evening, false, "UTC"), "");
});

const labels = (...days: string[]) => {
  const marks = days.map(at);
  return axisLabels(marks, marks[0] ?? at(""), marks.at(-1) ?? at(""));
};

test("an axis that spans more than one year says them, one within a year does not", () => {
  assert.deepEqual(labels("2026-01-01", "2026-12-31"), ["Jan 1", "Dec 31"]);
  assert.deepEqual(labels("2025-11-23", "2026-01-04"), ["Nov 23, 2025", "Jan 4, 2026"]);
  assert.deepEqual(labels("2025-10-01", "2026-01-01"), ["Oct 2025", "Jan 2026"]);
  assert.deepEqual(labels("2025-01-01", "2026-01-01"), ["2025", "2026"]);
  assert.deepEqual(labels("2026-11-24T18:00Z", "2026-11-25T00:00Z"), ["18:00", "Nov 25"]);
  assert.deepEqual(labels("2025-12-31T18:00Z", "2026-01-01"), ["18:00", "Jan 1, 2026"]);
});

test("an axis has as many marks as its labels leave room for, and never less than two", () => {
  const of = (from: string, to: string, width: number) =>
    timeMarks(scaleUtc([at(from), at(to)], [0, width])).map(([, label]) => label);
  assert.deepEqual(of("2025-03-24", "2026-06-05", 320), [
    "Apr 2025",
    "Jul 2025",
    "Oct 2025",
    "Jan 2026",
    "Apr 2026",
  ]);
  assert.deepEqual(of("2025-03-24", "2026-06-05", 200), ["Mar 24, 2025", "Jun 5, 2026"]);
  assert.deepEqual(of("2025-03-24", "2026-06-05", 160), ["Mar 24, 2025", "Jun 5, 2026"]);
  assert.equal(of("2025-03-24", "2026-06-05", 1300).length, 15);
  assert.deepEqual(of("2026-03-24T10:00Z", "2026-03-24T10:00Z", 300), ["Mar 24, 2026"]);
  const scale = scaleUtc([at("2025-03-24"), at("2026-06-05")], [0, 320]);
  const marks = timeMarks(scale).map(([mark]) => scale(mark));
  assert.ok(marks.every((x, place) => place === 0 || x - (marks[place - 1] ?? 0) >= 8 * 7));
});
