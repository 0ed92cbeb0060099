/** Records as steps over time, a line for each bound of the cost; each step is a link to who made it. */
import { curveStepAfter, line } from "d3-shape";
import { useState } from "react";
import { Link } from "wouter";

import { showing, type Stop, useRoving } from "../../../hooks/useRoving.ts";
import { useWidth } from "../../../hooks/useWidth.ts";
import { money, percent } from "../../../lib/format.ts";
import { modelHref } from "../../../lib/rows.ts";
import { costPerTask } from "../../../lib/standing.ts";
import { date } from "../../../lib/time.ts";
import { ScoreAxis, TimeAxis } from "../Axes.tsx";
import { Mark } from "../Mark.tsx";
import { boundName, type Dated, type Holder, type Line } from "./records.ts";
import { endingsOf, endingText, namesOf, plotOf, type RecordsPlot } from "./steps.ts";
import { Tip } from "../Tip.tsx";

interface StepsProps {
  lines: readonly Line[];
  holders: readonly Holder[];
  by: Dated;
}

export function Steps({ lines, holders, by }: StepsProps) {
  const [ref, width] = useWidth(960);
  const [hovered, setHovered] = useState<string | null>(null);
  const { onKeyDown, stop } = useRoving<SVGSVGElement>(holders.map(({ key }) => key));
  const plot = plotOf(lines, width);
  const shown = holders.find(({ key }) => key === hovered);
  return (
    <div ref={ref}>
      <svg
        onKeyDown={onKeyDown}
        width={width}
        height={plot.height}
        role="group"
        aria-label="Best score over time. Arrow keys move from old to new."
        className="block overflow-visible"
      >
        <ScoreAxis y={plot.y} left={plot.left} right={plot.right} />
        <TimeAxis x={plot.x} from={plot.left} to={plot.right} y={plot.bottom} />
        <Paths lines={lines} plot={plot} />
        {namesOf(holders, plot).map(({ key, x, y, anchor, text }) => (
          <text
            key={key}
            x={x}
            y={y}
            dy="0.35em"
            textAnchor={anchor}
            aria-hidden="true"
            className="fill-muted stroke-panel pointer-events-none [paint-order:stroke] stroke-[4] text-xs"
          >
            {text}
          </text>
        ))}
        {holders.map((holder) => (
          <HolderLink
            key={holder.key}
            holder={holder}
            by={by}
            plot={plot}
            hovered={holder.key === hovered}
            stop={stop(holder.key)}
            onHover={setHovered}
          />
        ))}
        {shown && <HolderTip holder={shown} by={by} plot={plot} />}
      </svg>
    </div>
  );
}

function Paths({ lines, plot }: { lines: readonly Line[]; plot: RecordsPlot }) {
  const path = line().curve(curveStepAfter);
  const endings = endingsOf(lines, plot);
  return lines.map(({ bound, steps }, place) => {
    const ending = endings[place];
    if (!ending) return null;
    const points = steps.map(({ at, row }): [number, number] => [plot.x(at), plot.y(row.score)]);
    return (
      <g key={bound ?? "any"}>
        <path
          d={path([...points, [plot.right, ending.y]]) ?? ""}
          className={`fill-none ${place ? "stroke-muted stroke-[1.5]" : "stroke-ink stroke-2"}`}
          strokeDasharray={ending.dash}
        />
        <text x={plot.right + 8} y={ending.text} dy="0.35em" className="fill-ink text-xs">
          {endingText(ending, plot.width)}
        </text>
      </g>
    );
  });
}

/** What somebody did who set a record. */
function saidOf({ row, at, bounds }: Holder, by: Dated): string[] {
  const costs = bounds.map((bound) => (bound === null ? boundName(bound) : `${boundName(bound)} a task`));
  return [
    row.displayName,
    `${percent(row.score)} · ${money(costPerTask(row))} a task`,
    `${by === "released" ? "Model released" : "Uploaded"} ${date(at.toISOString())}`,
    `Best at ${costs.join(", ")}`,
  ];
}

interface HolderProps {
  holder: Holder;
  by: Dated;
  plot: RecordsPlot;
  hovered: boolean;
  stop: Stop;
  onHover: (key: string | null) => void;
}

function HolderLink({ holder, by, plot, hovered, stop, onHover }: HolderProps) {
  const { row, at } = holder;
  const [x, y] = [plot.x(at), plot.y(row.score)];
  return (
    <Link
      {...showing(stop, onHover)}
      href={modelHref(row.dataset, row.model)}
      aria-label={saidOf(holder, by).join(", ")}
    >
      <circle cx={x} cy={y} r={13} className="fill-transparent" />
      <Mark row={row} x={x} y={y} size={hovered ? 190 : 105} />
    </Link>
  );
}

function HolderTip({ holder, by, plot }: Pick<HolderProps, "holder" | "by" | "plot">) {
  const { at, row } = holder;
  return <Tip lines={saidOf(holder, by)} x={plot.x(at)} y={plot.y(row.score)} width={plot.width} />;
}
