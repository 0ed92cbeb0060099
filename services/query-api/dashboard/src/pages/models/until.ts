/** Up to which day submissions count, by a date of theirs. Pure. */
import type { ModelRow } from "../../api/client.ts";
import { type Dated, dateOf } from "./records/records.ts";

const dayOf = (row: ModelRow, by: Dated): string | null => dateOf(row, by)?.slice(0, 10) ?? null;

/** The days on which something came, in order. */
export function daysOf(rows: readonly ModelRow[], by: Dated): string[] {
  return [...new Set(rows.flatMap((row) => dayOf(row, by) ?? []))].sort();
}

/** Which of the days an address means: the last one that is not after it; the last of all, where it names none. */
export function placeOf(days: readonly string[], until: string | null): number {
  if (until === null) return days.length - 1;
  return Math.max(
    0,
    days.findLastIndex((day) => day <= until),
  );
}

/** Those that were there on a day; who does not say since when is there on the last day only. */
export function thereOn(
  rows: readonly ModelRow[],
  by: Dated,
  days: readonly string[],
  place: number,
): readonly ModelRow[] {
  const last = days[place];
  if (last === undefined || place === days.length - 1) return rows;
  return rows.filter((row) => (dayOf(row, by) ?? "z") <= last);
}
