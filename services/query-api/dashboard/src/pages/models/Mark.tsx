/** The marks of the charts, and what they mean: colours and shapes by task set, so that either tells the sets apart. */
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";

import type { ModelRow } from "../../api/client.ts";
import { plural } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";

const FIRST = { fill: "fill-accent", shape: symbolCircle };
const KINDS = [
  FIRST,
  { fill: "fill-bad", shape: symbolDiamond },
  { fill: "fill-good", shape: symbolSquare },
  { fill: "fill-part", shape: symbolTriangle },
];

export type MarkKind = typeof FIRST | undefined;

export function marksOf(rows: readonly ModelRow[]): Map<string, MarkKind> {
  const names = [...new Set(rows.map(({ source }) => source))].sort();
  return new Map(names.map((name, place) => [name, KINDS[place % KINDS.length]]));
}

export function Mark({ kind = FIRST, x, y, size }: { kind: MarkKind; x: number; y: number; size: number }) {
  const path = symbol(kind.shape, size)() ?? "";
  return (
    <path d={path} transform={`translate(${x} ${y})`} className={`${kind.fill} stroke-panel stroke-[1.5]`} />
  );
}

interface LegendProps {
  marks: ReadonlyMap<string, MarkKind>;
  withLatest: boolean;
  /** Submissions that do not tell what they cost. */
  untold: number;
}

export function Legend({ marks, withLatest, untold }: LegendProps) {
  return (
    <ul className="text-muted mb-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {[...marks].map(([source, mark]) => (
        <li key={source} className="flex items-center gap-2">
          <svg width={14} height={14} aria-hidden="true">
            <Mark kind={mark} x={7} y={7} size={70} />
          </svg>
          {setName(source)}
        </li>
      ))}
      {withLatest && (
        <li className="flex items-center gap-2">
          <svg width={18} height={18} aria-hidden="true">
            <circle cx={9} cy={9} r={7.5} className="stroke-ink fill-none stroke-[1.5]" />
          </svg>
          Latest ingested
        </li>
      )}
      {untold > 0 && <li>{plural(untold, "submission")} without a cost: see the table</li>}
    </ul>
  );
}
