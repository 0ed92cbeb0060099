/** How an answer's grid differs from the expected one. Pure. */

export type Cells = readonly (readonly number[])[];

/** For each colour the outline of its cells, as an SVG path; neighbours in a row are one box. */
export function outlines(cells: Cells): Map<number, string> {
  const paths = new Map<number, string>();
  cells.forEach((row, y) => {
    for (let x = 0, end = 0; x < row.length; x = end) {
      const colour = row[x] ?? 0;
      while (end < row.length && row[end] === colour) end += 1;
      paths.set(colour, `${paths.get(colour) ?? ""}M${x} ${y}h${end - x}v1h${x - end}z`);
    }
  });
  return paths;
}

export interface Difference {
  sameSize: boolean;
  /** Of the cells that both grids have, how many differ. */
  wrong: number;
  /** How many cells both grids have. */
  shared: number;
}

export function columnsOf(cells: Cells): number {
  return Math.max(0, ...cells.map((row) => row.length));
}

export function sizeOf(cells: Cells): string {
  return `${cells.length} × ${columnsOf(cells)}`;
}

/** Where two grids can be compared, from the top left corner, and differ. */
export function differing(cells: Cells, expected: Cells): [x: number, y: number][] {
  return cells.flatMap((row, y) =>
    row.flatMap((cell, x): [number, number][] => {
      const wanted = expected[y]?.[x];
      return wanted === undefined || wanted === cell ? [] : [[x, y]];
    }),
  );
}

export function difference(cells: Cells, expected: Cells): Difference {
  return {
    sameSize: cells.length === expected.length && columnsOf(cells) === columnsOf(expected),
    wrong: differing(cells, expected).length,
    shared: Math.min(cells.length, expected.length) * Math.min(columnsOf(cells), columnsOf(expected)),
  };
}

/** What is to be said of an answer beside its grid. */
export function verdict(cells: Cells, expected: Cells): string {
  const { sameSize, wrong, shared } = difference(cells, expected);
  if (!sameSize) return `wrong size, ${wrong} of ${shared} shared cells differ`;
  if (wrong === 0) return "correct";
  return wrong === 1 ? "1 cell differs" : `${wrong} cells differ`;
}
