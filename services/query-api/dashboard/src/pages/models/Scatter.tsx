/** Score against cost per task, on a logarithmic axis, with names. */
import { curveStepAfter, line } from "d3-shape";
import { useMemo, useState } from "react";

import type { ModelRow } from "../../api/client.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { useRoving } from "../../hooks/useRoving.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import type { Label } from "../../lib/labels.ts";
import { Empty } from "../../ui/Panel.tsx";
import { Axes } from "./Axes.tsx";
import { Legend, marksOf } from "./Mark.tsx";
import { frontiers, labelsOf, nameOf, type Plot, plotOf, ranked, type Spot, spotsOf } from "./scatter.ts";
import { SpotLink, Tip } from "./SpotLink.tsx";

export function Scatter({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  const [ref, width] = useWidth(960);
  const datasets = useDatasets();
  const [hovered, setHovered] = useState<string | null>(null);
  const spots = useMemo(() => spotsOf(rows), [rows]);
  const marks = useMemo(() => marksOf(rows), [rows]);
  const lines = useMemo(() => frontiers(spots), [spots]);
  const best = useMemo(() => new Set([...lines.values()].flat()), [lines]);
  const plot = useMemo(() => plotOf(spots, width), [spots, width]);
  const order = useMemo(() => ranked(spots, best, latest), [spots, best, latest]);
  const labels = useMemo(() => labelsOf(order, plot, latest), [order, plot, latest]);
  const byCost = useMemo(
    () => spots.toSorted((a, b) => a.cost - b.cost || a.key.localeCompare(b.key)).map(({ key }) => key),
    [spots],
  );
  const { onKeyDown, stop } = useRoving<SVGSVGElement>(byCost);
  if (!spots.length) return <Empty title="No submission here tells what it cost." />;

  const byKey = new Map(spots.map((spot) => [spot.key, spot]));
  const shown = hovered === null ? undefined : byKey.get(hovered);
  return (
    <div>
      <Legend marks={marks} withLatest={byKey.has(latest)} untold={rows.length - spots.length} />
      <div ref={ref} className="relative">
        <svg
          onKeyDown={onKeyDown}
          width={width}
          height={plot.height}
          role="group"
          aria-label="Score against cost per task. Arrow keys move from cheap to dear."
          className="block overflow-visible"
        >
          <Axes plot={plot} />
          <Frontiers lines={lines} plot={plot} />
          {labels.map(({ key, ...place }) => {
            const spot = byKey.get(key);
            if (!spot) return null;
            const strong = key === hovered || key === latest || best.has(spot);
            return <Name key={key} {...place} text={nameOf(spot, width)} strong={strong} />;
          })}
          {/* The best last: drawn above the others. */}
          {order.toReversed().map((spot) => (
            <SpotLink
              key={spot.key}
              spot={spot}
              plot={plot}
              mark={marks.get(spot.row.source)}
              set={datasets.nameOf(spot.row)}
              hovered={spot.key === hovered}
              latest={spot.key === latest}
              stop={stop(spot.key)}
              onHover={setHovered}
            />
          ))}
          {shown && <Tip spot={shown} plot={plot} shared={datasets.isShared(shown.row)} />}
        </svg>
      </div>
    </div>
  );
}

/** Joins what nothing cheaper beats. */
function Frontiers({ lines, plot }: { lines: ReadonlyMap<string, Spot[]>; plot: Plot }) {
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

function Name({ x, y, anchor, text, strong }: Omit<Label, "key"> & { text: string; strong: boolean }) {
  return (
    <text
      x={x}
      y={y}
      dy="0.35em"
      textAnchor={anchor}
      aria-hidden="true"
      className={`stroke-panel pointer-events-none [paint-order:stroke] stroke-[4] text-xs ${strong ? "fill-ink font-semibold" : "fill-muted"}`}
    >
      {text}
    </text>
  );
}
