/** What a point of the scatter plot says of itself, kept within the plot. */
import { money, percent } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { CHARACTER, type Plot } from "./plot.ts";
import type { Spot } from "./scatter.ts";

export function Tip({ spot, plot }: { spot: Spot; plot: Plot }) {
  const { row, cost } = spot;
  const [x, y] = [plot.x(cost), plot.y(row.score)];
  const lines = [
    row.displayName,
    `${percent(row.score)} · ${money(cost)} a task`,
    `${setName(row.source)} · ${row.tasksSubmitted} of ${row.tasksTotal} tasks`,
  ];
  const wide = Math.max(...lines.map((each) => each.length)) * CHARACTER + 24;
  const left = Math.max(4, Math.min(x - wide / 2, plot.width - wide - 4));
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
