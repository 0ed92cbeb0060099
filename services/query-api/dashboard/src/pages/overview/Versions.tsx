/** A submission's versions over time. */
import { scaleLinear, scaleTime } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";

import type { Schemas } from "../../api/client.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import { moment, percent, tick as tickText } from "../../lib/format.ts";

type Version = Schemas["Version"];

export function Versions({ versions }: { versions: readonly Version[] }) {
  return (
    <div>
      {versions.length > 1 && <Chart versions={versions} />}
      <ol className="space-y-3">
        {versions.map((version) => (
          <li key={version.treeOid} className="border-line border-l-2 pl-3.5 text-sm">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <strong className="font-semibold">{percent(version.score)}</strong>
              <span className="text-muted">{moment(version.ingestedAt)}</span>
              {version.supersededAt === null && (
                <span className="text-good text-xs font-semibold">current</span>
              )}
            </p>
            <p className="text-muted text-xs">
              <Changed version={version} />
            </p>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Changed({ version }: { version: Version }) {
  const { changes, tasksSubmitted, errors } = version;
  if (!changes) return <>{`first version, ${tasksSubmitted} tasks${errors ? `, ${errors} unusable` : ""}`}</>;
  const parts = [
    [changes.added.length, "added"],
    [changes.removed.length, "removed"],
    [changes.changed.length, "changed"],
    [changes.newlySolved.length, "newly solved"],
    [changes.noLongerSolved.length, "no longer solved"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return <>{said.join(", ") || "nothing that counts changed"}</>;
}

const HEIGHT = 110;
const MARGIN = { top: 12, right: 14, bottom: 8, left: 44 };

function Chart({ versions }: { versions: readonly Version[] }) {
  const [ref, width] = useWidth<HTMLDivElement>(320);
  const points = versions.map((each) => ({ at: new Date(each.ingestedAt), score: each.score })).reverse();
  const first = points[0]?.at ?? new Date();
  const last = points.at(-1)?.at ?? first;
  const x = scaleTime([first, last], [MARGIN.left, width - MARGIN.right]);
  const top = Math.max(...points.map(({ score }) => score)) || 0.01;
  const y = scaleLinear([0, top], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(3);
  const path = line<(typeof points)[number]>(
    (point) => x(point.at),
    (point) => y(point.score),
  ).curve(curveStepAfter)(points);
  return (
    <div ref={ref} className="mb-4">
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Score of ${points.length} versions: ${points.map(({ score }) => percent(score)).join(", then ")}`}
      >
        {y.ticks(3).map((tick) => (
          <g key={tick}>
            <line
              x1={MARGIN.left}
              x2={width - MARGIN.right}
              y1={y(tick)}
              y2={y(tick)}
              className="stroke-line"
            />
            <text
              x={MARGIN.left - 8}
              y={y(tick)}
              dy="0.35em"
              textAnchor="end"
              className="fill-muted text-[0.6875rem]"
            >
              {tickText(tick)}
            </text>
          </g>
        ))}
        <path d={path ?? ""} className="stroke-good fill-none stroke-2" />
        {points.map((point) => (
          <circle
            key={point.at.toISOString()}
            cx={x(point.at)}
            cy={y(point.score)}
            r={4}
            className="fill-good stroke-panel stroke-2"
          />
        ))}
      </svg>
    </div>
  );
}
