/** The lines behind the points: what nothing cheaper beats, one model at several efforts, what people and chance reach. */
import { curveStepAfter, line } from "d3-shape";
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import type { Stop } from "../../hooks/useRoving.ts";
import type { Ladder } from "../../lib/efforts.ts";
import { short } from "../../lib/clip.ts";
import { percent } from "../../lib/format.ts";
import { lookOf } from "../../lib/look.ts";
import { modelHref } from "../../lib/rows.ts";
import type { Plot, Spot } from "./scatter.ts";

export function Frontiers({ lines, plot }: { lines: ReadonlyMap<string, Spot[]>; plot: Plot }) {
  const path = line<Spot>(
    (spot) => plot.x(spot.cost),
    (spot) => plot.y(spot.row.score),
  ).curve(curveStepAfter);
  return [...lines].map(([source, members]) => (
    <path
      key={source}
      d={path(members) ?? ""}
      className="stroke-strong fill-none stroke-2"
      strokeDasharray="1 5"
      strokeLinecap="round"
    />
  ));
}

interface LaddersProps {
  ladders: readonly Ladder<Spot>[];
  plot: Plot;
  /** The point that is looked at: its model's line stands out. */
  hovered: string | null;
}

export function Ladders({ ladders, plot, hovered }: LaddersProps) {
  const path = line<Spot>(
    (spot) => plot.x(spot.cost),
    (spot) => plot.y(spot.row.score),
  );
  return ladders.map(({ key, name, rungs }) => {
    const strong = rungs.some((rung) => rung.key === hovered);
    const [first] = rungs;
    return (
      <path
        key={key}
        d={path(rungs) ?? ""}
        data-model={name}
        className={`${first ? lookOf(first.row).stroke : ""} fill-none ${strong ? "stroke-3" : "stroke-[1.5] opacity-55"}`}
        strokeLinejoin="round"
      />
    );
  });
}

interface ReferenceProps {
  row: ModelRow;
  plot: Plot;
  /** What its dataset is called. */
  set: string;
  stop: Stop;
}

/** What people or a baseline reach: a line to read the others against. */
export function Reference({ row, plot, set, stop }: ReferenceProps) {
  const y = plot.y(row.score);
  return (
    <Link
      {...stop}
      href={modelHref(row.dataset, row.model)}
      aria-label={`${short(row.displayName, 32)} ${percent(row.score)}, a reference on ${set}`}
    >
      <line x1={plot.left} x2={plot.right} y1={y} y2={y} className="stroke-muted" strokeDasharray="7 4" />
      <text
        x={plot.left + 8}
        y={y - 6}
        className="fill-muted stroke-panel [paint-order:stroke] stroke-[4] text-xs"
      >
        {short(row.displayName, 32)} {percent(row.score)}
      </text>
    </Link>
  );
}
