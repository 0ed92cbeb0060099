/** The names beside the rows of the heat map. A reader of the keyboard has them in what is said of a cell. */
import { memo } from "react";
import { Link } from "wouter";

import { percent } from "../../lib/format.ts";
import { keyOf, modelHref } from "../../lib/rows.ts";
import { type Family, HEAD_PX, ROW_PX } from "./heatmap.ts";
import { CURVE_PX } from "./Plane.tsx";

export const Labels = memo(function Labels({ found, width }: { found: readonly Family[]; width: number }) {
  return (
    <div
      className="bg-panel border-line sticky left-0 z-20 shrink-0 border-r text-[0.6875rem]"
      style={{ width }}
    >
      <div
        className="bg-panel text-muted sticky top-0 z-10 flex flex-col justify-between px-2 py-1"
        style={{ height: CURVE_PX }}
      >
        <span>Solved by, of all</span>
        <span className="self-end">easiest first →</span>
      </div>
      {found.map(({ name, models }) => (
        <section key={name} aria-label={name}>
          <p className="truncate px-2 pt-1.5 font-semibold" style={{ height: HEAD_PX }} title={name}>
            {name}
          </p>
          {models.map((model) => (
            <Link
              key={keyOf(model)}
              href={modelHref(model.dataset, model.model)}
              tabIndex={-1}
              title={`${model.displayName}, ${percent(model.score)}`}
              className="text-muted hover:text-ink flex items-center gap-2 px-2 leading-none hover:underline"
              style={{ height: ROW_PX }}
            >
              <span className="min-w-0 flex-1 truncate py-0.5">{model.displayName}</span>
              <span className="hidden shrink-0 sm:inline">{percent(model.score)}</span>
            </Link>
          ))}
        </section>
      ))}
    </div>
  );
});
