/** When submissions landed: one mark each, piled up where several came together. */
import { type ScaleTime, scaleUtc } from "d3-scale";
import { useMemo } from "react";
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { useRoving } from "../../hooks/useRoving.ts";
import { useWidth } from "../../hooks/useWidth.ts";
import { day, moment, percent } from "../../lib/format.ts";
import { keyOf, modelHref } from "../../lib/rows.ts";
import { Mark, marksOf } from "./Mark.tsx";
import { piled } from "./piles.ts";

const STEP = 15;
// Higher piles spread to their sides first: whole datasets are uploaded in one commit.
const HIGHEST = 10;
// A pile of a hundred stays as high as a hand.
const TALLEST = 200;
const AXIS = 28;
const MARGIN = 24;

const when = (row: ModelRow) => row.publishedAt ?? row.landedAt;
// One commit may bring many: what came together must not change places when the list is loaded again.
const orderOf = (row: ModelRow) => `${when(row)} ${keyOf(row)}`;

export function Timeline({ rows }: { rows: readonly ModelRow[] }) {
  const [ref, width] = useWidth(960);
  const { nameOf } = useDatasets();
  const marks = useMemo(() => marksOf(rows), [rows]);
  const ordered = rows.toSorted((one, other) => orderOf(one).localeCompare(orderOf(other)));
  const { onKeyDown, stop } = useRoving<SVGSVGElement>(ordered.map(keyOf));
  const x = scaleOf(rows, width);
  const places = piled(
    ordered.map((row) => x(new Date(when(row)))),
    STEP,
    HIGHEST,
  );
  const levels = 1 + Math.max(...places.map(({ level }) => level));
  const rise = Math.min(STEP, TALLEST / levels);
  const base = 16 + rise * levels;
  return (
    <div ref={ref}>
      <svg
        onKeyDown={onKeyDown}
        width={width}
        height={base + AXIS}
        role="group"
        aria-label="Landings over time. Arrow keys move from old to new."
        className="block"
      >
        <Axis x={x} width={width} base={base} />
        {ordered.map((row, place) => {
          const { x: at = 0, level = 0 } = places[place] ?? {};
          const name = `${row.displayName} on ${nameOf(row)}, ${moment(when(row))}: ${percent(row.score)}`;
          return (
            <Link
              key={keyOf(row)}
              {...stop(keyOf(row))}
              href={modelHref(row.dataset, row.model)}
              aria-label={name}
            >
              <title>{name}</title>
              <Mark
                kind={marks.get(row.source)}
                x={at}
                y={base - 11 - level * rise}
                size={rise < STEP ? 45 : 85}
              />
            </Link>
          );
        })}
      </svg>
    </div>
  );
}

type Scale = ScaleTime<number, number>;

function scaleOf(rows: readonly ModelRow[], width: number): Scale {
  const times = rows.map((row) => Date.parse(when(row)));
  const last = Math.max(...times);
  const first = Math.min(...times, last - 3_600_000);
  return scaleUtc([new Date(first), new Date(last)], [MARGIN, width - MARGIN]);
}

function Axis({ x, width, base }: { x: Scale; width: number; base: number }) {
  const [first = 0, last = 0] = x.domain().map(Number);
  const say = last - first < 2 * 86_400_000 ? (iso: string) => iso.slice(11, 16) : day;
  return (
    <>
      <line x1={0} x2={width} y1={base} y2={base} className="stroke-strong" />
      {x.ticks(Math.max(2, Math.floor(width / 130))).map((tick) => (
        <g key={tick.toISOString()}>
          <line x1={x(tick)} x2={x(tick)} y1={base} y2={base + 5} className="stroke-strong" />
          <text x={x(tick)} y={base + 20} textAnchor="middle" className="fill-muted text-xs">
            {say(tick.toISOString())}
          </text>
        </g>
      ))}
    </>
  );
}
