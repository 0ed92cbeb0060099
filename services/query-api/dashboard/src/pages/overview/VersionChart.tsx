/** The score from version to version, as steps over time. */
import { scaleLinear, scaleUtc } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";

import type { Schemas } from "../../api/client.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import { percent, tick as tickText } from "../../lib/format.ts";
import { both, ends } from "../../lib/time.ts";

interface Point {
  at: Date;
  score: number;
}

const HEIGHT = 132;
const MARGIN = { top: 12, right: 14, bottom: 26, left: 44 };

export function VersionChart({ versions }: { versions: readonly Schemas["Version"][] }) {
  const [ref, width] = useWidth(320);
  const points = versions.map((each) => ({ at: new Date(each.ingestedAt), score: each.score })).reverse();
  const first = points[0]?.at ?? new Date();
  const last = points.at(-1)?.at ?? first;
  const right = width - MARGIN.right;
  const x = scaleUtc([first, last], [MARGIN.left + 6, right - 6]);
  const top = Math.max(...points.map(({ score }) => score)) || 0.01;
  const y = scaleLinear([0, top], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(3);
  const path = line<Point>(
    (point) => x(point.at),
    (point) => y(point.score),
  ).curve(curveStepAfter)(points);
  const [from, to] = ends(first, last);
  const story = points.map(({ score }) => percent(score)).join(", then ");
  return (
    <div ref={ref} className="mb-4">
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Score of ${points.length} versions: ${story}`}
        className="fill-muted text-[0.6875rem]"
      >
        {y.ticks(3).map((tick) => (
          <g key={tick}>
            <line x1={MARGIN.left} x2={right} y1={y(tick)} y2={y(tick)} className="stroke-line" />
            <text x={MARGIN.left - 8} y={y(tick)} dy="0.35em" textAnchor="end">
              {tickText(tick)}
            </text>
          </g>
        ))}
        <text x={MARGIN.left} y={HEIGHT - 6}>
          {from}
        </text>
        <text x={right} y={HEIGHT - 6} textAnchor="end">
          {to}
        </text>
        <path d={path ?? ""} className="stroke-good fill-none stroke-2" />
        {points.map((point, place) => (
          <circle
            key={place}
            cx={x(point.at)}
            cy={y(point.score)}
            r={4}
            className="fill-good stroke-panel stroke-2"
          >
            <title>{`${percent(point.score)}, ${both(point.at.toISOString())}`}</title>
          </circle>
        ))}
      </svg>
    </div>
  );
}
