/** Labels for moments that must be told apart. Pure. */
import { moment } from "./format.ts";

type Say = (at: Date) => string;

const toTheMillisecond: Say = (at) => at.toISOString().slice(11, 23);

const LABELS: Say[] = [
  (at) => at.toLocaleDateString("en", { day: "numeric", month: "short", timeZone: "UTC" }),
  (at) => at.toISOString().slice(11, 16),
  (at) => at.toISOString().slice(11, 19),
];

/** The shortest label by which the two ends of an axis differ: a day, a minute, a second. */
export function ends(first: Date, last: Date): [string, string] {
  const say = LABELS.find((each) => each(first) !== each(last)) ?? toTheMillisecond;
  return [say(first), say(last)];
}

/** Moments in UTC to the minute; with seconds where two of them share a minute. */
export function moments(isos: readonly string[]): string[] {
  const short = isos.map(moment);
  return isos.map((iso, place) => {
    const text = short[place] ?? "";
    const shared = short.indexOf(text) !== short.lastIndexOf(text);
    return shared ? `${iso.slice(0, 10)} ${new Date(iso).toISOString().slice(11, 19)} UTC` : text;
  });
}
