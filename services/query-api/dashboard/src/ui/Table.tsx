/** A table of declared columns: some may sort it, and a row may unfold. */
import { Fragment } from "react";

import { LongTable } from "./LongTable.tsx";
import { Scroll } from "./Scroll.tsx";
import { BODY, Cells, FITTING, HEAD, HeadRow, type TableProps, WIDE } from "./tableParts.tsx";

export type { Column } from "./tableParts.tsx";

// Of more rows, those in view alone are in the page.
const MOST_ROWS = 60;

export function Table<Row>(props: TableProps<Row>) {
  // Rows that unfold come in pages.
  return props.rows.length > MOST_ROWS && !props.below ? <LongTable {...props} /> : <WholeTable {...props} />;
}

function WholeTable<Row>({
  label,
  columns,
  rows,
  keyOf,
  sorted,
  onSort,
  below,
  testId,
  ...looks
}: TableProps<Row>) {
  const { fits, frame = fits ? FITTING : WIDE, head = HEAD, body = BODY } = looks;
  return (
    <Scroll label={label} className={frame}>
      <table className="w-full text-sm">
        <thead className={head}>
          <HeadRow columns={columns} sorted={sorted} onSort={onSort} />
        </thead>
        <tbody>
          {rows.map((row, place) => {
            const unfolded = below?.(row);
            return (
              <Fragment key={keyOf(row, place)}>
                <tr data-testid={testId} className={typeof body === "string" ? body : body(row)}>
                  <Cells columns={columns} row={row} place={place} />
                </tr>
                {unfolded && (
                  <tr>
                    <td colSpan={columns.length} className="pb-4">
                      {unfolded}
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
