/** The lines and labels of the charts' axes. */
import type { ScaleLinear, ScaleTime } from "d3-scale";

import { priceTick, tick as percentTick } from "../../lib/format.ts";
import { timeMarks } from "../../lib/time.ts";
import { apart, type Plot, ticks } from "./scatter.ts";

// "$0.00001" and some air.
const TICK = 68;

/** Of the scatter plot: scores and costs. */
export function Axes({ plot }: { plot: Plot }) {
  const { x, y, left, right, top, bottom, height } = plot;
  return (
    <g className="fill-muted text-xs">
      <ScoreAxis y={y} left={left} right={right} />
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

interface TimeAxisProps {
  x: ScaleTime<number, number>;
  from: number;
  to: number;
  y: number;
}

/** Where time is marked: as many dates as have room, with their years where these differ. */
export function TimeAxis({ x, from, to, y }: TimeAxisProps) {
  return (
    <>
      <line x1={from} x2={to} y1={y} y2={y} className="stroke-strong" />
      {timeMarks(x).map(([mark, label]) => (
        <g key={mark.toISOString()}>
          <line x1={x(mark)} x2={x(mark)} y1={y} y2={y + 5} className="stroke-strong" />
          <text x={x(mark)} y={y + 20} textAnchor="middle" className="fill-muted text-xs">
            {label}
          </text>
        </g>
      ))}
    </>
  );
}

interface ScoreAxisProps {
  y: ScaleLinear<number, number>;
  left: number;
  right: number;
}

/** A line for each round score. */
export function ScoreAxis({ y, left, right }: ScoreAxisProps) {
  return y.ticks(5).map((tick) => (
    <g key={tick} className="fill-muted text-xs">
      <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} className="stroke-line" />
      <text x={left - 10} y={y(tick)} dy="0.35em" textAnchor="end">
        {percentTick(tick)}
      </text>
    </g>
  ));
}
