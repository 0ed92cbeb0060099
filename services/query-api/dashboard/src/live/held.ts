/** Lists that stay as they are while somebody reads them, and what is new meanwhile. Pure. */
import { plural } from "../lib/format.ts";

export interface Changes {
  added: number;
  changed: number;
  gone: number;
}

export const NOTHING: Changes = { added: 0, changed: 0, gone: 0 };

export interface Identity<Row> {
  keyOf: (row: Row) => string | number;
  /** What a row's content goes by: a row with another one is another row to look at. */
  stampOf: (row: Row) => string | number;
  /** Whether it is a page of a longer list: what leaves it is on the next one. */
  isPage?: boolean;
  /** Whether the reader has asked for this row: what they just did does not surprise them. */
  isOwn?: ((row: Row) => boolean) | undefined;
}

/** The list that is shown, and what of the new one its reader asked for, at its place. */
export function withOwn<Row>(
  shown: readonly Row[],
  live: readonly Row[],
  { keyOf, isOwn }: Identity<Row>,
): readonly Row[] {
  if (!isOwn || shown === live) return shown;
  const known = new Set(shown.map(keyOf));
  const isNew = (row: Row) => !known.has(keyOf(row));
  if (!live.some((row) => isNew(row) && isOwn(row))) return shown;
  return live.filter((row) => !isNew(row) || isOwn(row));
}

/** How a list differs from the one that is shown. */
export function changesOf<Row>(
  shown: readonly Row[],
  live: readonly Row[],
  { keyOf, stampOf, isPage = false }: Identity<Row>,
): Changes {
  if (shown === live) return NOTHING;
  const stamps = new Map(shown.map((row) => [keyOf(row), stampOf(row)]));
  let [added, changed] = [0, 0];
  for (const row of live) {
    const stamp = stamps.get(keyOf(row));
    if (stamp === undefined) added++;
    else if (stamp !== stampOf(row)) changed++;
  }
  return { added, changed, gone: isPage ? 0 : shown.length + added - live.length };
}

/** "3 new, 1 changed"; empty where the lists are alike. */
export function said({ added, changed, gone }: Changes): string {
  const parts = [added && `${added} new`, changed && `${changed} changed`, gone > 0 && `${gone} gone`];
  return parts.filter(Boolean).join(", ");
}

/** What waits while live updates are paused; after a reset nobody knows how much more it is. */
export function waiting(missed: number, more: boolean): string {
  if (!missed) return more ? "Paused, updates may be waiting" : "Paused";
  return `Paused, ${plural(missed, "update")}${more ? " or more" : ""} waiting`;
}
