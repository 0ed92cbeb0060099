/** One point of the scatter plot: a link to its model, reached by mouse, finger and keyboard. */
import { Link } from "wouter";

import type { Stop } from "../../hooks/useRoving.ts";
import { money, percent } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { modelHref } from "../../lib/rows.ts";
import { isCovered } from "../../lib/standing.ts";
import { Mark } from "./Mark.tsx";
import { CHARACTER, type Plot, type Spot } from "./scatter.ts";

interface SpotLinkProps {
  spot: Spot;
  plot: Plot;
  /** What its dataset is called. */
  set: string;
  hovered: boolean;
  latest: boolean;
  stop: Stop;
  onHover: (key: string | null) => void;
}

export function SpotLink({ spot, plot, set, hovered, latest, stop, onHover }: SpotLinkProps) {
  const { row, cost, key } = spot;
  const [x, y] = [plot.x(cost), plot.y(row.score)];
  const part = isCovered(row) ? "" : `, ${row.tasksSubmitted} of ${row.tasksTotal} tasks`;
  const name = `${row.displayName} on ${set}: ${percent(row.score)} for ${money(cost)} a task${part}`;
  return (
    <Link
      {...stop}
      href={modelHref(row.dataset, row.model)}
      aria-label={latest ? `${name}, the latest` : name}
      onMouseEnter={() => onHover(key)}
      onMouseLeave={() => onHover(null)}
      onFocus={() => {
        stop.onFocus();
        onHover(key);
      }}
      onBlur={() => onHover(null)}
    >
      {/* A finger is wider than the mark. */}
      <circle cx={x} cy={y} r={13} className="fill-transparent" />
      {latest && <circle cx={x} cy={y} r={10} className="stroke-ink fill-none stroke-[1.5]" />}
      <Mark row={row} x={x} y={y} size={hovered ? 190 : 105} />
    </Link>
  );
}

/** What a point says of itself, kept within the plot. */
export function Tip({ spot, plot, shared }: { spot: Spot; plot: Plot; shared: boolean }) {
  const { row, cost } = spot;
  const [x, y] = [plot.x(cost), plot.y(row.score)];
  const lines = [
    row.displayName,
    `${percent(row.score)} · ${money(cost)} a task`,
    `${setName(row.source)} · ${row.tasksSubmitted} of ${row.tasksTotal} tasks`,
    ...(row.releaseDate ? [`Model released ${row.releaseDate}`] : []),
    ...(shared ? [row.dataset] : []),
  ];
  const high = 12 + lines.length * 18;
  const wide = Math.max(...lines.map((each) => each.length)) * CHARACTER + 24;
  const left = Math.max(4, Math.min(x - wide / 2, plot.width - wide - 4));
  const top = y > high + 30 ? y - high - 18 : y + 18;
  return (
    <g className="pointer-events-none" aria-hidden="true">
      <rect x={left} y={top} width={wide} height={high} rx={10} className="fill-ink" />
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
