/** A table of declared columns: some may sort it, and a row may unfold. */
import { Fragment, type ReactNode } from "react";

import { Scroll } from "./Scroll.tsx";

export interface Column<Row> {
  name: ReactNode;
  /** What the table is sorted by once this column's name is picked. */
  sort?: string | undefined;
  /** Of the name and of the cells. */
  className: string;
  /** Whether its cells name their rows. */
  rowHeader?: boolean;
  cell: (row: Row, place: number) => ReactNode;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, place: number) => string | number;
  sorted?: undefined | { by: string; ascending: boolean };
  onSort?: undefined | ((by: string) => void);
  /** What stands below a row. */
  below?: (row: Row) => ReactNode;
  testId?: string;
  frame?: string;
  head?: string;
  body?: string | ((row: Row) => string);
}

const WIDE = "-mx-5 relative overflow-x-auto px-5 sm:[&>table]:min-w-4xl";

export function Table<Row>({
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
  const { frame = WIDE, head = "label", body = "border-line hover:bg-raised border-t" } = looks;
  return (
    <Scroll label={label} className={frame}>
      <table className="w-full text-sm">
        <thead className={head}>
          <tr>
            {columns.map((column, place) => (
              <Head key={place} {...column} sorted={sorted} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => {
            const unfolded = below?.(row);
            return (
              <Fragment key={keyOf(row, place)}>
                <tr data-testid={testId} className={typeof body === "string" ? body : body(row)}>
                  {columns.map(({ className, cell, rowHeader = false }, column) =>
                    rowHeader ? (
                      <th key={column} scope="row" className={`font-normal ${className}`}>
                        {cell(row, place)}
                      </th>
                    ) : (
                      <td key={column} className={className}>
                        {cell(row, place)}
                      </td>
                    ),
                  )}
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

type HeadProps = Pick<Column<never>, "name" | "sort" | "className"> &
  Pick<TableProps<never>, "sorted" | "onSort">;

function Head({ name, sort, className, sorted, onSort }: HeadProps) {
  if (!sort) return <th className={className}>{name}</th>;
  const order = sort === sorted?.by ? (sorted.ascending ? "ascending" : "descending") : undefined;
  return (
    <th className={className} aria-sort={order}>
      <button
        type="button"
        className="hover:text-ink tracking-[inherit] uppercase"
        onClick={() => onSort?.(sort)}
      >
        {name}
        <span aria-hidden="true">{order && (order === "ascending" ? " ↑" : " ↓")}</span>
      </button>
    </th>
  );
}
