/** What tables of every length are made of: declared columns, a head that may sort, and the cells of a row. */
import type { ReactNode } from "react";

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

export interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, place: number) => string | number;
  sorted?: undefined | { by: string; ascending: boolean };
  onSort?: undefined | ((by: string) => void);
  /** Whether its columns have room on a tablet: others scroll there. */
  fits?: boolean;
  /** What stands below a row. */
  below?: (row: Row) => ReactNode;
  testId?: string;
  frame?: string;
  head?: string;
  body?: string | ((row: Row) => string);
}

export const FITTING = "-mx-5 relative overflow-x-auto px-5";
export const WIDE = `${FITTING} sm:[&>table]:min-w-4xl`;
export const HEAD = "label";
export const BODY = "border-line hover:bg-raised border-t";

type HeadProps<Row> = Pick<TableProps<Row>, "columns" | "sorted" | "onSort">;

export function HeadRow<Row>({ columns, sorted, onSort, ...aria }: HeadProps<Row> & { "aria-rowindex"?: 1 }) {
  return (
    <tr {...aria}>
      {columns.map(({ name, sort, className }, place) => (
        <Head key={place} name={name} sort={sort} className={className} sorted={sorted} onSort={onSort} />
      ))}
    </tr>
  );
}

type OneHead = Pick<Column<never>, "name" | "sort" | "className"> &
  Pick<TableProps<never>, "sorted" | "onSort">;

function Head({ name, sort, className, sorted, onSort }: OneHead) {
  if (!sort) return <th className={className}>{name}</th>;
  const order = sort === sorted?.by ? (sorted.ascending ? "ascending" : "descending") : undefined;
  return (
    <th className={className} aria-sort={order}>
      <button
        type="button"
        className="hover:text-ink [text-align:inherit] tracking-[inherit] uppercase"
        onClick={() => onSort?.(sort)}
      >
        {name}
        <span aria-hidden="true">{order && (order === "ascending" ? " ↑" : " ↓")}</span>
      </button>
    </th>
  );
}

interface CellsProps<Row> {
  columns: readonly Column<Row>[];
  row: Row;
  place: number;
}

export function Cells<Row>({ columns, row, place }: CellsProps<Row>) {
  return columns.map(({ className, cell, rowHeader = false }, column) =>
    rowHeader ? (
      <th key={column} scope="row" className={`font-normal ${className}`}>
        {cell(row, place)}
      </th>
    ) : (
      <td key={column} className={className}>
        {cell(row, place)}
      </td>
    ),
  );
}
