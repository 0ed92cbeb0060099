/** Keeps a table's columns as wide as its first rows make them: rows that come into view later move none of them. */
import { type RefCallback, useCallback, useEffect, useState } from "react";

export function useSteadyColumns(
  columns: number,
): [RefCallback<HTMLTableElement>, readonly number[] | undefined] {
  const [table, setTable] = useState<HTMLTableElement | null>(null);
  const [widths, setWidths] = useState<readonly number[]>();
  const ref = useCallback((element: HTMLTableElement | null) => setTable(element), []);
  useEffect(() => {
    const around = table?.parentElement;
    if (!table || !around) return;
    let last = 0;
    const observer = new ResizeObserver(() => {
      if (around.clientWidth === last) return;
      last = around.clientWidth;
      setWidths(natural(table));
    });
    observer.observe(around);
    return () => observer.disconnect();
  }, [table, columns]);
  return [ref, widths];
}

/** The widths that the columns take by themselves. A column that is not shown has none. */
function natural(table: HTMLTableElement): number[] {
  const set = Array.from(table.querySelectorAll("col"), (column) => column.style);
  const before = set.map(({ width }) => width);
  for (const style of set) style.width = "";
  const heads = Array.from(table.tHead?.rows[0]?.cells ?? [], (head) => head.getBoundingClientRect().width);
  for (const [place, style] of set.entries()) style.width = before[place] ?? "";
  return heads.filter((width) => width > 0);
}
