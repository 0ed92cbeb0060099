/** Score against cost per task, on a logarithmic axis, with names. */
import { memo, useMemo, useState } from "react";

import type { ModelRow } from "../../api/client.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { useParams } from "../../hooks/useParams.ts";
import { useRoving } from "../../hooks/useRoving.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import { plural } from "../../lib/format.ts";
import type { Label } from "../../lib/labels.ts";
import { keyOf } from "../../lib/rows.ts";
import { Empty } from "../../ui/Panel.tsx";
import { Axes } from "./Axes.tsx";
import { Frontiers, Ladders, Reference } from "./Lines.tsx";
import { Legend } from "./Mark.tsx";
import { datedIn } from "./records/records.ts";
import { chartOf, nameOf, spotsOf } from "./scatter.ts";
import { SpotLink, SpotTip } from "./SpotLink.tsx";
import { daysOf, placeOf, thereOn } from "./until.ts";
import { Until } from "./Until.tsx";

interface ScatterProps {
  rows: readonly ModelRow[];
  latest: string;
}

export function Scatter({ rows, latest }: ScatterProps) {
  const [ref, width] = useWidth(960);
  const [params, update] = useParams();
  const by = datedIn(params, rows);
  const days = useMemo(() => daysOf(rows, by), [rows, by]);
  const place = placeOf(days, params.get("until"));
  // In the same frame on each day: what moves is what came.
  const chart = useMemo(
    () => chartOf(thereOn(rows, by, days, place), width, latest, rows),
    [rows, by, days, place, width, latest],
  );
  const marked = useMemo(() => chart.order.map(({ row }) => row), [chart]);
  const isEmpty = useMemo(() => !spotsOf(rows).length, [rows]);
  if (isEmpty) return <Empty title="No submission here tells what it cost." />;
  const { ladders, untold } = chart;
  return (
    <div>
      <Legend rows={marked} withLatest={chart.byKey.has(latest)}>
        {ladders.length > 0 && <li>Lines join one model at several efforts</li>}
        {untold > 0 && <li>{plural(untold, "submission")} without a cost: see the table</li>}
      </Legend>
      <Until
        what={by === "released" ? "Released" : "Uploaded"}
        days={days}
        place={place}
        onPick={(until) => update({ until }, { replace: true })}
      />
      <div ref={ref} className="relative overflow-x-clip">
        <Drawing chart={chart} latest={latest} />
      </div>
    </div>
  );
}

interface DrawingProps {
  chart: ReturnType<typeof chartOf>;
  latest: string;
}

/** Whoever sorts the table below changes the address, and none of these points. */
const Drawing = memo(function Drawing({ chart, latest }: DrawingProps) {
  const { plot, byKey, best, references } = chart;
  const datasets = useDatasets();
  const [hovered, setHovered] = useState<string | null>(null);
  const { onKeyDown, stop } = useRoving<SVGSVGElement>(chart.keys);
  const shown = hovered === null ? undefined : byKey.get(hovered);
  return (
    <svg
      onKeyDown={onKeyDown}
      width={plot.width}
      height={plot.height}
      role="group"
      aria-label="Score against cost per task. Arrow keys move from cheap to dear."
      className="block overflow-visible"
    >
      <Axes plot={plot} />
      <Frontiers lines={chart.lines} plot={plot} />
      <Ladders ladders={chart.ladders} plot={plot} hovered={hovered} />
      {references.map((row) => (
        <Reference
          key={keyOf(row)}
          row={row}
          plot={plot}
          set={datasets.nameOf(row)}
          stop={stop(keyOf(row))}
        />
      ))}
      {chart.labels.map(({ key, ...place }) => {
        const spot = byKey.get(key);
        if (!spot) return null;
        const strong = key === hovered || key === latest || best.has(spot);
        return <Name key={key} {...place} text={nameOf(spot, plot.width)} strong={strong} />;
      })}
      {/* The best last: drawn above the others. */}
      {chart.order.toReversed().map((spot) => (
        <SpotLink
          key={spot.key}
          spot={spot}
          plot={plot}
          set={datasets.nameOf(spot.row)}
          hovered={spot.key === hovered}
          latest={spot.key === latest}
          stop={stop(spot.key)}
          onHover={setHovered}
        />
      ))}
      {shown && <SpotTip spot={shown} plot={plot} shared={datasets.isShared(shown.row)} />}
    </svg>
  );
});

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
