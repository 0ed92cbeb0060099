/** The marks of the charts and their legend. lib/look.ts says what colours and shapes mean; hollow is not whole. */
import {
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  type SymbolType,
} from "d3-shape";
import type { ReactNode } from "react";

import type { ModelRow } from "../../api/client.ts";
import { useParams } from "../../hooks/useParams.ts";
import { type Look, lookOf, OTHERS, providersOf, type Shape } from "../../lib/look.ts";
import { kindOfModel } from "../../lib/names.ts";
import { isCovered } from "../../lib/standing.ts";

const SHAPES: Record<Shape, SymbolType> = {
  circle: symbolCircle,
  diamond: symbolDiamond,
  square: symbolSquare,
  star: symbolStar,
  triangle: symbolTriangle,
};

interface MarkProps {
  row: ModelRow;
  x: number;
  y: number;
  size: number;
}

export function Mark({ row, x, y, size }: MarkProps) {
  const { fill, stroke, shape } = lookOf(row);
  const look = isCovered(row) ? `${fill} stroke-panel stroke-[1.5]` : `fill-panel ${stroke} stroke-2`;
  return <Sign shape={shape} look={look} x={x} y={y} size={size} />;
}

interface SignProps extends Omit<MarkProps, "row"> {
  shape: Shape;
  look: string;
}

function Sign({ shape, look, x, y, size }: SignProps) {
  return <path d={symbol(SHAPES[shape], size)() ?? ""} transform={`translate(${x} ${y})`} className={look} />;
}

interface LegendProps {
  rows: readonly ModelRow[];
  /** Whether the latest one is ringed here. */
  withLatest?: boolean;
  children?: ReactNode;
}

/** What the marks of these rows mean, and no others. */
export function Legend({ rows, withLatest = false, children }: LegendProps) {
  const kinds = new Map(rows.map((row) => [lookOf(row).shape, row.kind]));
  return (
    <ul className="text-muted mb-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {providersOf(rows).map(({ provider, fill }: Look) => (
        <Entry key={provider} shape="circle" look={fill}>
          <Provider name={provider} />
        </Entry>
      ))}
      {kinds.size > 1 &&
        [...kinds].map(([shape, kind]) => (
          <Entry key={shape} shape={shape} look="fill-muted">
            {kind ? kindOfModel(kind) : "kind unknown"}
          </Entry>
        ))}
      {!rows.every(isCovered) && (
        <Entry shape="circle" look="fill-panel stroke-muted stroke-2">
          less than 95% of the tasks
        </Entry>
      )}
      {withLatest && (
        <li className="flex items-center gap-2">
          <svg width={18} height={18} aria-hidden="true">
            <circle cx={9} cy={9} r={7.5} className="stroke-ink fill-none stroke-[1.5]" />
          </svg>
          Latest ingested
        </li>
      )}
      {children}
    </ul>
  );
}

/** Shows this provider alone; or all again. What has no colour of its own is no single provider. */
function Provider({ name }: { name: string }) {
  const [params, update] = useParams();
  const isChosen = params.get("provider") === name;
  if (name === OTHERS) return name;
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      title={isChosen ? "Show all providers" : `Show ${name} only`}
      className="hover:text-ink aria-pressed:text-ink min-h-6 aria-pressed:font-semibold"
      onClick={() => update({ provider: isChosen ? null : name })}
    >
      {name}
    </button>
  );
}

function Entry({ shape, look, children }: { shape: Shape; look: string; children: ReactNode }) {
  return (
    <li className="flex items-center gap-2">
      <svg width={14} height={14} aria-hidden="true">
        <Sign shape={shape} look={look} x={7} y={7} size={70} />
      </svg>
      {children}
    </li>
  );
}
