/** What a point of a chart says of itself, kept within the chart. */
import { short } from "../../lib/clip.ts";
import { widthOf } from "../../lib/textWidth.ts";

interface TipProps {
  lines: readonly string[];
  x: number;
  y: number;
  width: number;
}

// Geist at 12 px is 6.4 px wide on average; a little more keeps the longest lines within.
const CHARACTER = 6.7;
const LINE = 18;
const PADDING = 12;
const AIR = 18;

export function Tip({ lines, x, y, width }: TipProps) {
  const most = Math.floor((width - 2 * PADDING - 8) / CHARACTER);
  const shown = lines.map((each) => short(each, most));
  const high = PADDING + shown.length * LINE;
  const wide = Math.max(...shown.map(widthOf)) + 2 * PADDING;
  const left = Math.max(4, Math.min(x - wide / 2, width - wide - 4));
  const top = y > high + 30 ? y - high - AIR : y + AIR;
  return (
    <g className="pointer-events-none" aria-hidden="true">
      <rect x={left} y={top} width={wide} height={high} rx={10} className="fill-ink" />
      {shown.map((each, place) => (
        <text
          key={place}
          x={left + PADDING}
          y={top + 20 + place * LINE}
          className={`fill-page text-xs ${place ? "opacity-85" : "font-semibold"}`}
        >
          {each}
        </text>
      ))}
    </g>
  );
}
