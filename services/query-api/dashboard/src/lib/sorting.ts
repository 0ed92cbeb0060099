/** Orders rows by one of their values. Pure. */

type Value = string | number | null;

export interface Order<Row> {
  name: string;
  /** Whether the first order is ascending. */
  up: boolean;
  value: (row: Row) => Value;
}

// Made once: each comparison of texts by themselves would ask for the rules of the language again.
const { compare: compareTexts } = new Intl.Collator();

function compare(one: Value, other: Value): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return compareTexts(String(one), String(other));
}

/** Sorts rows; what is not known comes last either way, and rows that are alike are in the order of their names. */
export function sortedBy<Row>(
  rows: readonly Row[],
  { up, value }: Order<Row>,
  reversed: boolean,
  nameOf: (row: Row) => string,
): Row[] {
  const sign = up !== reversed ? 1 : -1;
  // A row is compared with a dozen others: its value is made once.
  const valued = rows.map((row) => ({ row, by: value(row) }));
  valued.sort((one, other) => {
    const [a, b] = [one.by, other.by];
    const order = a === null || b === null ? Number(a === null) - Number(b === null) : sign * compare(a, b);
    return order || compareTexts(nameOf(one.row), nameOf(other.row));
  });
  return valued.map(({ row }) => row);
}
