/** The lines and labels of the scatter plot's two axes. */
import { priceTick, tick as percentTick } from "../../lib/format.ts";
import { apart, type Plot, ticks } from "./scatter.ts";

// "$0.00001" and some air.
const TICK = 68;

export function Axes({ plot }: { plot: Plot }) {
  const { x, y, left, right, top, bottom, height } = plot;
  return (
    <g className="fill-muted text-xs">
      {y.ticks(5).map((tick) => (
        <g key={tick}>
          <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} className="stroke-line" />
          <text x={left - 10} y={y(tick)} dy="0.35em" textAnchor="end">
            {percentTick(tick)}
          </text>
        </g>
      ))}
      {apart(ticks(plot.costs), x, TICK).map((tick) => (
        <g key={tick}>
          <line
            x1={x(tick)}
            x2={x(tick)}
            y1={top}
            y2={bottom}
            className="stroke-line"
            strokeDasharray="2 4"
          />
          <text x={x(tick)} y={bottom + 18} textAnchor="middle">
            {priceTick(tick)}
          </text>
        </g>
      ))}
      <text x={right} y={height - 6} textAnchor="end">
        cost per task, logarithmic →
      </text>
    </g>
  );
}
