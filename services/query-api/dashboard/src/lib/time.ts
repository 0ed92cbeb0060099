/** Moments as a reader of any zone needs them: in UTC, in the reader's own time, and on an axis. Pure. */
import type { ScaleTime } from "d3-scale";

import { day, moment } from "./format.ts";

const DAY = 24 * 3_600_000;

function clockOf(timeZone?: string) {
  const zone = timeZone && { timeZone };
  return {
    moment: new Intl.DateTimeFormat("en", {
      dateStyle: "medium",
      timeStyle: "short",
      hourCycle: "h23",
      ...zone,
    }),
    // Sweden writes as ISO 8601 does.
    short: new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "short", ...zone }),
    zone: new Intl.DateTimeFormat("en", { timeZoneName: "short", ...zone }),
  };
}

// Making a format takes far longer than using it, and a table has one in each row.
const clocks = new Map<string | undefined, ReturnType<typeof clockOf>>();

function clockIn(timeZone?: string): ReturnType<typeof clockOf> {
  const clock = clocks.get(timeZone) ?? clockOf(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}

/** What the reader's zone is called at a moment; empty where its clock shows UTC. */
export function zoneAt(iso: string, timeZone?: string): string {
  const parts = clockIn(timeZone).zone.formatToParts(new Date(iso));
  const zone = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  return zone === "UTC" || zone === "GMT" ? "" : zone;
}

/** A moment by the reader's own clock, with its zone; empty where that clock shows UTC. */
export function here(iso: string, timeZone?: string): string {
  const zone = zoneAt(iso, timeZone);
  return zone && `${clockIn(timeZone).moment.format(new Date(iso))} ${zone}`;
}

/** The same as `moment` writes it, by the reader's own clock; empty where that shows UTC. */
export function own(iso: string, timeZone?: string): string {
  const zone = zoneAt(iso, timeZone);
  return zone && `${clockIn(timeZone).short.format(new Date(iso))} ${zone}`;
}

/** A moment by one clock: its day, and the time with its zone. */
export function clockAt(iso: string, isOwn: boolean, timeZone?: string): [day: string, time: string] {
  const text = (isOwn && own(iso, timeZone)) || moment(iso);
  return [text.slice(0, 10), text.slice(11)];
}

/** What the other clock shows, with the day where that is another one; empty where both show the same. */
export function beside(iso: string, isOwn: boolean, timeZone?: string): string {
  if (!zoneAt(iso, timeZone)) return "";
  const [today] = clockAt(iso, isOwn, timeZone);
  const [day, time] = clockAt(iso, !isOwn, timeZone);
  return day === today ? time : `${day} ${time}`;
}

/** A moment in UTC and by the reader's own clock. */
export function both(iso: string, timeZone?: string): string {
  return [moment(iso), here(iso, timeZone)].filter(Boolean).join(" · ");
}

/** A day in UTC with its year, as tables have it. */
export function date(iso: string): string {
  return new Date(iso).toISOString().slice(0, 10);
}

const inUtc = (at: Date, parts: Intl.DateTimeFormatOptions) =>
  at.toLocaleDateString("en", { ...parts, timeZone: "UTC" });
const wholeDay = (at: Date) => inUtc(at, { day: "numeric", month: "short", year: "numeric" });
const isMidnight = (at: Date) => at.getTime() % DAY === 0;

// Geist at 12 px, and some air.
const CHARACTER = 7;
const AIR = 8;

/** The marks of an axis with their labels: as many as have room. */
export function timeMarks(x: ScaleTime<number, number>): [mark: Date, label: string][] {
  const [first = new Date(0), last = first] = x.domain();
  const [from = 0, to = 0] = x.range();
  for (let many = Math.max(2, Math.floor((to - from) / 60)); many > 1; many -= 1) {
    const marks = x.ticks(many);
    const labels = axisLabels(marks, first, last);
    const room = Math.min(...marks.slice(1).map((mark, place) => x(mark) - x(marks[place] ?? mark)));
    if (marks.length > 1 && Math.max(...labels.map(({ length }) => length)) * CHARACTER + AIR <= room) {
      return marks.map((mark, place) => [mark, labels[place] ?? ""]);
    }
  }
  const both = ends(first, last);
  return Number(first) === Number(last)
    ? [[first, both[0]]]
    : [
        [first, both[0]],
        [last, both[1]],
      ];
}

/** What the marks of an axis are called; with the year, where it spans more than one. */
export function axisLabels(marks: readonly Date[], first: Date, last: Date): string[] {
  const years = first.getUTCFullYear() !== last.getUTCFullYear();
  const sayDay = years ? wholeDay : (at: Date) => day(at.toISOString());
  if (Number(last) - Number(first) < 2 * DAY) {
    return marks.map((at) => (isMidnight(at) ? sayDay(at) : at.toISOString().slice(11, 16)));
  }
  const areMonths = years && marks.every((at) => isMidnight(at) && at.getUTCDate() === 1);
  if (areMonths && marks.every((at) => at.getUTCMonth() === 0))
    return marks.map((at) => inUtc(at, { year: "numeric" }));
  return marks.map(areMonths ? (at) => inUtc(at, { month: "short", year: "numeric" }) : sayDay);
}

type Say = (at: Date) => string;

const LABELS: Say[] = [
  (at) => day(at.toISOString()),
  (at) => at.toISOString().slice(11, 16),
  (at) => at.toISOString().slice(11, 19),
  (at) => at.toISOString().slice(11, 23),
];

/** The shortest label by which the two ends of an axis differ: a day, a minute, a second. */
export function ends(first: Date, last: Date): [string, string] {
  if (first.getUTCFullYear() !== last.getUTCFullYear()) return [wholeDay(first), wholeDay(last)];
  const say = LABELS.find((each) => each(first) !== each(last)) ?? wholeDay;
  return [say(first), say(last)];
}
