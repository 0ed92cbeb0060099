/** One point of the scatter plot: a link to its model, reached by mouse, finger and keyboard. */
import { Link } from "wouter";

import { showing, type Stop } from "../../hooks/useRoving.ts";
import { money, percent } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { modelHref } from "../../lib/rows.ts";
import { isCovered } from "../../lib/standing.ts";
import { Mark } from "./Mark.tsx";
import type { Plot, Spot } from "./scatter.ts";
import { Tip } from "./Tip.tsx";

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
  const { row, cost } = spot;
  const [x, y] = [plot.x(cost), plot.y(row.score)];
  const part = isCovered(row) ? "" : `, ${row.tasksSubmitted} of ${row.tasksTotal} tasks`;
  const name = `${row.displayName} on ${set}: ${percent(row.score)} for ${money(cost)} a task${part}`;
  return (
    <Link
      {...showing(stop, onHover)}
      href={modelHref(row.dataset, row.model)}
      aria-label={latest ? `${name}, the latest` : name}
    >
      {/* A finger is wider than the mark. */}
      <circle cx={x} cy={y} r={13} className="fill-transparent" />
      {latest && <circle cx={x} cy={y} r={10} className="stroke-ink fill-none stroke-[1.5]" />}
      <Mark row={row} x={x} y={y} size={hovered ? 190 : 105} />
    </Link>
  );
}

/** What a point says of itself. */
export function SpotTip({ spot, plot, shared }: { spot: Spot; plot: Plot; shared: boolean }) {
  const { row, cost } = spot;
  const lines = [
    row.displayName,
    `${percent(row.score)} · ${money(cost)} a task`,
    `${setName(row.source)} · ${row.tasksSubmitted} of ${row.tasksTotal} tasks`,
    ...(row.releaseDate ? [`Model released ${row.releaseDate}`] : []),
    ...(shared ? [row.dataset] : []),
  ];
  return <Tip lines={lines} x={plot.x(cost)} y={plot.y(row.score)} width={plot.width} />;
}
