/** Score against cost per task, on a logarithmic axis, with names. */
import { scaleLinear, scaleLog } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";
import { useMemo, useState } from "react";
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import { modelHref } from "../../live/connect.ts";
import { money, percent, plural, priceTick, setName, tick as tickText } from "../../lib/format.ts";
import { placeLabels } from "../../lib/labels.ts";
import { marksOf } from "../../lib/palette.ts";
import { Shape } from "../../ui/Shape.tsx";
import { Empty } from "../../ui/Panel.tsx";
import { apart, extent, frontiers, short, type Spot, spotsOf, ticks } from "./scatter.ts";

// Geist at 12 px is 6.4 px wide on average; a little more keeps names apart.
const CHARACTER = 6.7;
// "$0.00001" and some air.
const TICK = 68;

export function Scatter({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  const [ref, width] = useWidth<HTMLDivElement>(960);
  const [hovered, setHovered] = useState<string | null>(null);
  const spots = useMemo(() => spotsOf(rows), [rows]);
  const lines = useMemo(() => frontiers(spots), [spots]);
  const marks = useMemo(() => marksOf(rows.map(({ source }) => source)), [rows]);
  const untold = rows.length - spots.length;
  if (!spots.length) return <Empty title="No submission here tells what it cost." />;

  const narrow = width < 560;
  const height = narrow ? 340 : 460;
  const nameOf = (spot: Spot) => short(spot.row.displayName, narrow ? 20 : 40);
  const margin = { top: 16, right: 24, bottom: 44, left: 52 };
  const costs = extent(spots.map(({ cost }) => cost));
  const x = scaleLog(costs, [margin.left, width - margin.right]);
  const top = Math.max(...spots.map(({ row }) => row.score), 0.005);
  const y = scaleLinear([0, top], [height - margin.bottom, margin.top]).nice(5);
  const at = (spot: Spot) => ({ x: x(spot.cost), y: y(spot.row.score) });
  const best = [...lines.values()].flat().toSorted((a, b) => b.row.score - a.row.score);
  // The latest and the best first: where there is no room for all names, theirs are shown.
  const rest = spots.filter((spot) => !best.includes(spot)).toSorted((a, b) => b.row.score - a.row.score);
  const ranked = [...best, ...rest].toSorted((a, b) => Number(b.key === latest) - Number(a.key === latest));
  const labels = placeLabels(
    ranked.map((spot) => ({ key: spot.key, ...at(spot), width: nameOf(spot).length * CHARACTER })),
    { width, height: height - margin.bottom },
  );
  const path = line<Spot>(
    (spot) => x(spot.cost),
    (spot) => y(spot.row.score),
  ).curve(curveStepAfter);
  const shown = spots.find(({ key }) => key === hovered);

  return (
    <div>
      <ul className="text-muted mb-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {[...marks].map(([source, mark]) => (
          <li key={source} className="flex items-center gap-2">
            <svg width={14} height={14} aria-hidden="true">
              <Shape mark={mark} x={7} y={7} size={70} />
            </svg>
            {setName(source)}
          </li>
        ))}
        {spots.some(({ key }) => key === latest) && (
          <li className="flex items-center gap-2">
            <svg width={18} height={18} aria-hidden="true">
              <circle cx={9} cy={9} r={7.5} className="stroke-ink fill-none stroke-[1.5]" />
            </svg>
            Latest ingested
          </li>
        )}
        {untold > 0 && <li>{plural(untold, "submission")} without a cost: see the table</li>}
      </ul>
      <div ref={ref} className="relative">
        <svg
          width={width}
          height={height}
          role="group"
          aria-label="Score against cost per task"
          className="block overflow-visible"
        >
          {y.ticks(5).map((tick) => (
            <g key={tick}>
              <line
                x1={margin.left}
                x2={width - margin.right}
                y1={y(tick)}
                y2={y(tick)}
                className="stroke-line"
              />
              <text
                x={margin.left - 10}
                y={y(tick)}
                dy="0.35em"
                textAnchor="end"
                className="fill-muted text-xs"
              >
                {tickText(tick)}
              </text>
            </g>
          ))}
          {apart(ticks(costs), x, TICK).map((tick) => (
            <g key={tick}>
              <line
                x1={x(tick)}
                x2={x(tick)}
                y1={margin.top}
                y2={height - margin.bottom}
                className="stroke-line"
                strokeDasharray="2 4"
              />
              <text
                x={x(tick)}
                y={height - margin.bottom + 18}
                textAnchor="middle"
                className="fill-muted text-xs"
              >
                {priceTick(tick)}
              </text>
            </g>
          ))}
          <text x={width - margin.right} y={height - 6} textAnchor="end" className="fill-muted text-xs">
            cost per task, logarithmic →
          </text>
          {[...lines].map(([source, members]) => (
            <path
              key={source}
              d={path(members) ?? ""}
              className="stroke-strong fill-none stroke-2"
              strokeDasharray="1 5"
              strokeLinecap="round"
            />
          ))}
          {labels.map((label) => {
            const spot = spots.find(({ key }) => key === label.key);
            const lead = spot && best.includes(spot);
            return (
              <text
                key={label.key}
                x={label.x}
                y={label.y}
                dy="0.35em"
                textAnchor={label.anchor}
                aria-hidden="true"
                className={`stroke-panel pointer-events-none [paint-order:stroke] stroke-[4] text-xs ${lead || label.key === hovered ? "fill-ink font-semibold" : "fill-muted"}`}
              >
                {spot && nameOf(spot)}
              </text>
            );
          })}
          {ranked.toReversed().map((spot) => {
            const mark = marks.get(spot.row.source);
            return (
              <Link
                key={spot.key}
                href={modelHref(spot.row.dataset, spot.row.model)}
                aria-label={`${spot.row.displayName} on ${setName(spot.row.source)}: ${percent(spot.row.score)} for ${money(spot.cost)} a task`}
                onMouseEnter={() => setHovered(spot.key)}
                onMouseLeave={() => setHovered(null)}
                onFocus={() => setHovered(spot.key)}
                onBlur={() => setHovered(null)}
              >
                <circle
                  cx={at(spot).x}
                  cy={at(spot).y}
                  r={spot.key === latest ? 10 : 13}
                  className={`fill-transparent ${spot.key === latest ? "stroke-ink stroke-[1.5]" : ""}`}
                />
                {mark && <Shape mark={mark} {...at(spot)} size={spot.key === hovered ? 190 : 105} />}
              </Link>
            );
          })}
          {shown && <Tip spot={shown} x={at(shown).x} y={at(shown).y} width={width} />}
        </svg>
      </div>
    </div>
  );
}

function Tip({ spot, x, y, width }: { spot: Spot; x: number; y: number; width: number }) {
  const lines = [
    spot.row.displayName,
    `${percent(spot.row.score)} · ${money(spot.cost)} a task`,
    `${setName(spot.row.source)} · ${spot.row.tasksSubmitted} of ${spot.row.tasksTotal} tasks`,
  ];
  const wide = Math.max(...lines.map((each) => each.length)) * CHARACTER + 24;
  const left = Math.min(Math.max(4, x - wide / 2), width - wide - 4);
  const top = y > 96 ? y - 84 : y + 18;
  return (
    <g className="pointer-events-none" aria-hidden="true">
      <rect x={left} y={top} width={wide} height={66} rx={10} className="fill-ink" />
      {lines.map((each, place) => (
        <text
          key={each}
          x={left + 12}
          y={top + 20 + place * 18}
          className={`fill-page text-xs ${place ? "opacity-85" : "font-semibold"}`}
        >
          {each}
        </text>
      ))}
    </g>
  );
}
