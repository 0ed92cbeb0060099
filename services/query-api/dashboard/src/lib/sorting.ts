/** Orders rows by one of their values. Pure. */

type Value = string | number | null;

export interface Order<Row> {
  name: string;
  /** Whether the first order is ascending. */
  up: boolean;
  value: (row: Row) => Value;
}

function compare(one: Value, other: Value): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other));
}

/** Sorts rows; what is not known comes last either way, and rows that are alike are in the order of their names. */
export function sortedBy<Row>(
  rows: readonly Row[],
  { up, value }: Order<Row>,
  reversed: boolean,
  nameOf: (row: Row) => string,
): Row[] {
  const sign = up !== reversed ? 1 : -1;
  return rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)];
    const order = a === null || b === null ? Number(a === null) - Number(b === null) : sign * compare(a, b);
    return order || nameOf(one).localeCompare(nameOf(other));
  });
}
