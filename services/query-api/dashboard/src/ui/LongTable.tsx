/** A table of many rows: it scrolls by itself below its head, and the page holds the rows in view. */
import { Fragment, useRef } from "react";

import { useSteadyColumns } from "../hooks/useSteadyColumns.ts";
import { useWholeTable } from "../hooks/useWholeTable.ts";
import { useWindowedRows } from "../hooks/useWindowedRows.ts";
import { count } from "../lib/format.ts";
import { Scroll } from "./Scroll.tsx";
import { BODY, Cells, FITTING, HEAD, HeadRow, type TableProps, WIDE } from "./tableParts.tsx";

// Tall enough to read in, and so low that the page around it can still be reached by a finger.
const FRAME = "max-h-[min(80dvh,60rem)] overflow-y-auto print:max-h-none print:overflow-visible";
const STUCK = "bg-panel sticky top-0 z-10 shadow-[0_1px_0_var(--color-line)] print:static";

export function LongTable<Row>({ columns, rows, keyOf, sorted, onSort, ...looks }: TableProps<Row>) {
  const {
    label,
    testId,
    fits,
    frame = `${fits ? FITTING : WIDE} ${FRAME}`,
    head = `${HEAD} ${STUCK}`,
    body = BODY,
  } = looks;
  const region = useRef<HTMLDivElement>(null);
  const { whole, setWhole } = useWholeTable();
  const [table, widths] = useSteadyColumns(columns.length);
  const order = sorted && `${sorted.by} ${sorted.ascending}`;
  const { slots, after, measure } = useWindowedRows({ region, rows, keyOf, order, whole });
  return (
    <>
      <Scroll label={label} className={frame} ref={region}>
        <table ref={table} aria-rowcount={rows.length + 1} className="w-full text-sm">
          <colgroup>
            {widths?.map((width, column) => (
              <col key={column} style={{ width }} />
            ))}
          </colgroup>
          <thead className={head}>
            <HeadRow columns={columns} sorted={sorted} onSort={onSort} aria-rowindex={1} />
          </thead>
          <tbody>
            {slots.map(({ key, place, gap }) => {
              const row = rows[place];
              if (row === undefined) return null;
              return (
                <Fragment key={key}>
                  <Gap height={gap} columns={columns.length} />
                  <tr
                    ref={measure}
                    data-index={place}
                    data-testid={testId}
                    aria-rowindex={place + 2}
                    className={typeof body === "string" ? body : body(row)}
                  >
                    <Cells columns={columns} row={row} place={place} />
                  </tr>
                </Fragment>
              );
            })}
            <Gap height={after} columns={columns.length} />
          </tbody>
        </table>
      </Scroll>
      <Extent rows={rows.length} whole={whole} onWhole={setWhole} />
    </>
  );
}

/** How many rows there are, and what of them the page holds. */
function Extent({ rows, whole, onWhole }: { rows: number; whole: boolean; onWhole: (is: boolean) => void }) {
  return (
    <p className="text-muted mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 text-sm print:hidden">
      <span>
        {whole ? `All ${count(rows)} rows are in the page.` : `${count(rows)} rows. `}
        {!whole && (
          <span className="hidden sm:inline">
            The browser's own search finds those in view; Ctrl+F puts all of them here.
          </span>
        )}
      </span>
      <button type="button" className="button" onClick={() => onWhole(!whole)}>
        {whole ? "Keep only rows in view" : `Show all ${count(rows)} rows`}
      </button>
    </p>
  );
}

/** The place of rows that are not in the page. */
function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} className="p-0" style={{ height }} />
    </tr>
  );
}
