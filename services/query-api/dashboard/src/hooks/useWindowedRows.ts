/** Which rows of a long table are in view, and how much room the others take. */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useState } from "react";

/** A row in the page, after the room of those that are not. */
export interface Slot {
  key: string | number;
  place: number;
  gap: number;
}

interface Options<Row> {
  region: RefObject<HTMLDivElement | null>;
  rows: readonly Row[];
  keyOf: (row: Row, place: number) => string | number;
  /** Who sorts wants to see the first rows. */
  order: string | undefined;
  /** All rows are in view, so to speak. */
  whole: boolean;
}

// Two lines of text and their padding; each row is measured once it is there.
const ROW_PX = 57;
// The keyboard walks into rows that are just out of view.
const OVERSCAN = 12;

export function useWindowedRows<Row>({ region, rows, keyOf, order, whole }: Options<Row>) {
  const getItemKey = useCallback(
    (place: number) => {
      const row = rows[place];
      return row === undefined ? place : keyOf(row, place);
    },
    [rows, keyOf],
  );
  const kept = useFocusedRow(region);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used by this hook alone, at once
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLTableRowElement>({
    count: rows.length,
    getScrollElement: () => region.current,
    estimateSize: () => ROW_PX,
    getItemKey,
    overscan: OVERSCAN,
    rangeExtractor: (range) => withRow(range, kept),
    enabled: !whole,
  });
  useEffect(() => {
    region.current?.scrollTo({ top: 0 });
  }, [region, order]);
  if (whole)
    return { slots: rows.map((_, place): Slot => ({ key: getItemKey(place), place, gap: 0 })), after: 0 };
  const items = virtualizer.getVirtualItems();
  return {
    slots: items.map(({ key, index, start }, nth): Slot => ({
      key: key as string | number,
      place: index,
      gap: start - (items[nth - 1]?.end ?? 0),
    })),
    after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
    measure: virtualizer.measureElement,
  };
}

/** The row that has the focus: -1 where none has. It stays in the page, or the keyboard would lose its place. */
function useFocusedRow(region: RefObject<HTMLDivElement | null>): number {
  const [place, setPlace] = useState(-1);
  useEffect(() => {
    const around = region.current;
    if (!around) return;
    const leaving = new AbortController();
    const note = ({ target }: FocusEvent) => {
      const row = (target as HTMLElement).closest<HTMLElement>("tr[data-index]");
      setPlace(Number(row?.dataset.index ?? -1));
    };
    around.addEventListener("focusin", note, { signal: leaving.signal });
    around.addEventListener("focusout", () => setPlace(-1), { signal: leaving.signal });
    return () => leaving.abort();
  }, [region]);
  return place;
}

/** The rows in view, and the kept one between its neighbours: Tab goes on to them. */
function withRow(range: Range, kept: number): number[] {
  const shown = defaultRangeExtractor(range);
  if (kept < 0) return shown;
  const near = [kept - 1, kept, kept + 1].filter((each) => each >= 0 && each < range.count);
  return [...new Set([...shown, ...near])].sort((one, other) => one - other);
}
