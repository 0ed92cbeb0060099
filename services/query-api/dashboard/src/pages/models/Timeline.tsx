/** When submissions landed: one mark each at its date, piled up where several came together. */
import { scaleUtc } from "d3-scale";
import { useMemo } from "react";
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { useRoving } from "../../hooks/useRoving.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import { percent } from "../../lib/format.ts";
import { keyOf, modelHref } from "../../lib/rows.ts";
import { both } from "../../lib/time.ts";
import { TimeAxis } from "./Axes.tsx";
import { Mark } from "./Mark.tsx";
import { type Pile, piled } from "./piles.ts";

const STEP = 15;
// Whole datasets are uploaded in one commit: what is piled higher stands closer, and says how many it is.
const TALLEST = 200;
const HIGH = 12;
const AXIS = 28;
const MARGIN = 24;

const when = (row: ModelRow) => row.publishedAt ?? row.landedAt;
// One commit may bring many: what came together must not change places when the list is loaded again.
const byDate = (one: ModelRow, other: ModelRow) =>
  Date.parse(when(one)) - Date.parse(when(other)) || keyOf(one).localeCompare(keyOf(other));
const riseOf = ({ levels }: Pile) => Math.min(STEP, TALLEST / levels);

export function Timeline({ rows }: { rows: readonly ModelRow[] }) {
  const [ref, width] = useWidth(960);
  const { nameOf } = useDatasets();
  const ordered = useMemo(() => rows.toSorted(byDate), [rows]);
  const { onKeyDown, stop } = useRoving<SVGSVGElement>(ordered.map(keyOf));
  const x = scaleOf(ordered, width);
  const places = piled(
    ordered.map((row) => x(new Date(when(row)))),
    STEP,
  );
  const piles = [...new Set(places.map(({ pile }) => pile))];
  const base = 24 + Math.max(...piles.map((pile) => riseOf(pile) * pile.levels));
  return (
    <div ref={ref}>
      <svg
        onKeyDown={onKeyDown}
        width={width}
        height={base + AXIS}
        role="group"
        aria-label="Landings over time. Arrow keys move from old to new."
        className="block overflow-visible"
      >
        <TimeAxis x={x} from={0} to={width} y={base} />
        {piles.map((pile) => (
          <Height key={pile.from} pile={pile} base={base} />
        ))}
        {ordered.map((row, place) => {
          const found = places[place];
          if (!found) return null;
          const { x: at, level, pile } = found;
          const name = `${row.displayName} on ${nameOf(row)}, ${both(when(row))}: ${percent(row.score)}`;
          return (
            <Link
              key={keyOf(row)}
              {...stop(keyOf(row))}
              href={modelHref(row.dataset, row.model)}
              aria-label={name}
            >
              <title>{name}</title>
              <Mark
                row={row}
                x={at}
                y={base - 11 - level * riseOf(pile)}
                size={riseOf(pile) < STEP ? 45 : 85}
              />
            </Link>
          );
        })}
      </svg>
    </div>
  );
}

function scaleOf(ordered: readonly ModelRow[], width: number) {
  const times = ordered.map((row) => Date.parse(when(row)));
  const last = times.at(-1) ?? 0;
  const first = Math.min(times[0] ?? 0, last - 3_600_000);
  return scaleUtc([new Date(first), new Date(last)], [MARGIN, width - MARGIN]);
}

/** How many marks a pile holds that is too high to count. */
function Height({ pile, base }: { pile: Pile; base: number }) {
  if (pile.levels <= HIGH) return null;
  return (
    <text
      x={(pile.from + pile.to) / 2}
      y={base - 12 - riseOf(pile) * pile.levels}
      textAnchor="middle"
      className="fill-muted text-xs"
    >
      {pile.marks}
    </text>
  );
}
