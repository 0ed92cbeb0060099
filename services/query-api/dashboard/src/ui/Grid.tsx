/** An ARC grid as SVG; cells that differ from what was expected are marked with a cross, so that colour is not needed. */
import { type Cells, columnsOf, difference, differing, outlines } from "../lib/grids.ts";

interface GridProps {
  cells: Cells;
  label: string;
  /** What is compared with: drawn as a dashed frame where the sizes differ. */
  expected?: Cells | undefined;
}

// One row of one cell must not fill the frame.
const LEAST = 6;

export function Grid({ cells, label, expected }: GridProps) {
  const [rows, columns] = [cells.length, columnsOf(cells)];
  const framed = expected && !difference(cells, expected).sameSize ? expected : null;
  const height = Math.max(rows, framed?.length ?? 0);
  const width = Math.max(columns, framed ? columnsOf(framed) : 0);
  const side = Math.max(height, width, LEAST) + (framed ? 0.3 : 0.06);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`${(width - side) / 2} ${(height - side) / 2} ${side} ${side}`}
      className="block aspect-square w-full"
    >
      {/* A path for each colour: a page of answers would have tens of thousands of squares. */}
      {[...outlines(cells)].map(([colour, path]) => (
        <path key={colour} d={path} className={`fill-arc-${colour}`} shapeRendering="crispEdges" />
      ))}
      <Lines rows={rows} columns={columns} />
      {framed && <Frame cells={framed} unit={side / 100} />}
      {expected && <Crosses places={differing(cells, expected)} />}
    </svg>
  );
}

function Lines({ rows, columns }: { rows: number; columns: number }) {
  const across = Array.from({ length: rows + 1 }, (_, y) => `M0 ${y}H${columns}`);
  const down = Array.from({ length: columns + 1 }, (_, x) => `M${x} 0V${rows}`);
  return (
    <path d={[...across, ...down].join("")} className="fill-none stroke-[#555d6b]" strokeWidth={0.045} />
  );
}

/** Dark dashes on a light line: it shows on every colour of the grid, and beside it. */
function Frame({ cells, unit }: { cells: Cells; unit: number }) {
  const size = { width: columnsOf(cells), height: cells.length };
  return (
    <g className="fill-none">
      <rect {...size} className="stroke-white" strokeWidth={1.3 * unit} />
      <rect
        {...size}
        className="stroke-black"
        strokeWidth={1.3 * unit}
        strokeDasharray={`${3 * unit} ${2.5 * unit}`}
      />
    </g>
  );
}

function Crosses({ places }: { places: [x: number, y: number][] }) {
  const path = places.map(([x, y]) => `M${x + 0.24} ${y + 0.24}l.52 .52m0 -.52l-.52 .52`).join("");
  return (
    <g className="fill-none" strokeLinecap="round">
      <path d={path} className="stroke-black" strokeWidth={0.22} />
      <path d={path} className="stroke-white" strokeWidth={0.11} />
    </g>
  );
}
