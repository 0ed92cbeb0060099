/** An ARC grid as SVG; cells that differ from what was expected are marked with a cross, so that colour is not needed. */

export type Cells = readonly (readonly number[])[];

interface GridProps {
  cells: Cells;
  label: string;
  expected?: Cells | undefined;
  className?: string;
}

/** How many cells differ, or null where the sizes do. */
export function differences(cells: Cells, expected: Cells): number | null {
  if (cells.length !== expected.length || cells[0]?.length !== expected[0]?.length) return null;
  return cells.reduce((sum, row, y) => sum + row.filter((cell, x) => cell !== expected[y]?.[x]).length, 0);
}

export function Grid({ cells, label, expected, className = "" }: GridProps) {
  const rows = cells.length;
  const columns = cells[0]?.length ?? 0;
  const marked = expected && differences(cells, expected) !== null ? expected : undefined;
  // One row of one cell must not fill the frame.
  const side = Math.max(rows, columns, 6) + 0.06;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`${(columns - side) / 2} ${(rows - side) / 2} ${side} ${side}`}
      className={`block aspect-square w-full ${className}`}
    >
      {cells.map((row, y) =>
        row.map((cell, x) => (
          <rect key={`${x}-${y}`} x={x} y={y} width={1} height={1} className={`arc-${cell}`} />
        )),
      )}
      <path
        d={[
          ...Array.from({ length: rows + 1 }, (_, y) => `M0 ${y}H${columns}`),
          ...Array.from({ length: columns + 1 }, (_, x) => `M${x} 0V${rows}`),
        ].join("")}
        className="fill-none stroke-[#555d6b]"
        strokeWidth={0.045}
      />
      {marked &&
        cells.map((row, y) =>
          row.map(
            (cell, x) =>
              cell !== marked[y]?.[x] && (
                <g key={`${x}-${y}`}>
                  <path
                    d={`M${x + 0.24} ${y + 0.24}l.52 .52m0 -.52l-.52 .52`}
                    className="stroke-black"
                    strokeWidth={0.22}
                    strokeLinecap="round"
                  />
                  <path
                    d={`M${x + 0.24} ${y + 0.24}l.52 .52m0 -.52l-.52 .52`}
                    className="stroke-white"
                    strokeWidth={0.11}
                    strokeLinecap="round"
                  />
                </g>
              ),
          ),
        )}
    </svg>
  );
}
