/** The marks of the charts: colours and shapes by task set, so that either tells the sets apart. */
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";

import type { ModelRow } from "../../api/client.ts";

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
