/** One point of the scatter plot: a link to its model, reached by mouse, finger and keyboard. */
import { Link } from "wouter";

import { money, percent } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import type { Mark } from "../../lib/palette.ts";
import { modelHref } from "../../lib/rows.ts";
import { Shape } from "../../ui/Shape.tsx";
import type { Plot } from "./plot.ts";
import type { Spot } from "./scatter.ts";

interface SpotLinkProps {
  spot: Spot;
  plot: Plot;
  mark: Mark | undefined;
  hovered: boolean;
  latest: boolean;
  reachable: boolean;
  onFocus: (key: string) => void;
  onHover: (key: string | null) => void;
}

export function SpotLink({ spot, plot, mark, hovered, latest, reachable, onFocus, onHover }: SpotLinkProps) {
  const { row, cost, key } = spot;
  const [x, y] = [plot.x(cost), plot.y(row.score)];
  const name = `${row.displayName} on ${setName(row.source)}: ${percent(row.score)} for ${money(cost)} a task`;
  return (
    <Link
      data-key={key}
      tabIndex={reachable ? 0 : -1}
      href={modelHref(row.dataset, row.model)}
      aria-label={latest ? `${name}, the latest` : name}
      onMouseEnter={() => onHover(key)}
      onMouseLeave={() => onHover(null)}
      onFocus={() => {
        onFocus(key);
        onHover(key);
      }}
      onBlur={() => onHover(null)}
    >
      {/* A finger is wider than the mark. */}
      <circle cx={x} cy={y} r={13} className="fill-transparent" />
      {latest && <circle cx={x} cy={y} r={10} className="stroke-ink fill-none stroke-[1.5]" />}
      {mark && <Shape mark={mark} x={x} y={y} size={hovered ? 190 : 105} />}
    </Link>
  );
}
